// Bodies of zer0/text/bpe_trainer.hpp: counting words.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/text/bpe_trainer.hpp>
#include <zer0/text/detail/known_pattern.hpp>
#include <zer0/text/detail/word_cache.hpp>

#include <limits>

namespace zer0 {

ZER0_INLINE void word_counts::add_text(std::string_view text) {
  detail::known_pattern::gpt2().split(text, [&](std::string_view word) { add(word); });
}

ZER0_INLINE void word_counts::add(std::string_view word, std::int64_t times) {
  add(word, detail::word_cache::hash(word), times);
}

ZER0_INLINE void word_counts::add(std::string_view word, std::uint64_t hash, std::int64_t times) {
  if (words_.size() >= slots_.size() / 2) grow();
  std::size_t i = place(hash);
  for (; slots_[i] != 0; i = (i + 1) & (slots_.size() - 1)) {
    entry& known = words_[slots_[i] - 1];
    if (known.hash != hash || this->word(slots_[i] - 1) != word) continue;
    known.count += times;
    return;
  }
  require(words_.size() < std::numeric_limits<std::uint32_t>::max() - 1, "there are more than ",
          words_.size(), " different words; train on fewer texts");
  words_.push_back({hash, bytes_.size(), times});
  bytes_.append(word);
  slots_[i] = static_cast<std::uint32_t>(words_.size());
}

ZER0_INLINE void word_counts::grow() {
  slots_.assign(slots_.empty() ? 64 : 2 * slots_.size(), 0);
  for (std::size_t word = 0; word < words_.size(); ++word) {
    std::size_t i = place(words_[word].hash);
    while (slots_[i] != 0) i = (i + 1) & (slots_.size() - 1);
    slots_[i] = static_cast<std::uint32_t>(word + 1);
  }
}

}  // namespace zer0
