// How often each different word occurs: what byte-pair merges are learned from.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/text/detail/word_cache.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace zer0 {

namespace detail {
class known_pattern;
}

/// Words and their counts, in the order in which they came first. Memory: the bytes of the different words and about 35
/// for each of them. For one thread.
class word_counts {
 public:
  /// Adds the words of a text as the ByteLevel pre-tokenizer with GPT-2's regex cuts them; `text` is valid UTF-8.
  void add_text(std::string_view text);

  void add(std::string_view word, std::int64_t times = 1) { add(word, detail::word_cache::hash(word), times); }

  /// The same; `hash` must be word_cache::hash(word).
  void add(std::string_view word, std::uint64_t hash, std::int64_t times);

  /// How many different words there are.
  [[nodiscard]] std::size_t size() const { return words_.size(); }

  /// Calls each(word, hash, count) for every different word.
  template <class Each>
  void each(Each&& each) const {
    for (std::size_t i = 0; i < words_.size(); ++i) each(word(i), words_[i].hash, words_[i].count);
  }

  /// The memory that they occupy.
  [[nodiscard]] std::size_t memory() const {
    return bytes_.capacity() + words_.capacity() * sizeof(entry) + slots_.capacity() * sizeof(slots_[0]);
  }

  static const detail::known_pattern& pattern();

 private:
  struct entry {
    std::uint64_t hash;
    std::size_t begin;  // of its bytes; they end where those of the next begin
    std::int64_t count;
  };

  [[nodiscard]] std::string_view word(std::size_t i) const {
    const std::size_t end = i + 1 < words_.size() ? words_[i + 1].begin : bytes_.size();
    return std::string_view(bytes_).substr(words_[i].begin, end - words_[i].begin);
  }

  [[nodiscard]] std::size_t place(std::uint64_t hash) const {
    return static_cast<std::size_t>(hash * 0x9E3779B97F4A7C15ULL >> 20) & (slots_.size() - 1);
  }

  void grow();

  std::vector<entry> words_;
  std::string bytes_;
  std::vector<std::uint32_t> slots_;  // 1 + index of a word; open addressing, at most half full
};

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/text/detail/word_counts.ipp>
#endif
