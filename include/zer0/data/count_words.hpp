// Counting the words of files, on all cores: what a tokenizer is trained on.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/core/types.hpp>
#include <zer0/data/checked_lines.hpp>
#include <zer0/data/jsonl_file.hpp>
#include <zer0/data/parallel_pieces.hpp>
#include <zer0/data/training_texts.hpp>
#include <zer0/io/mapped_file.hpp>
#include <zer0/text/unicode_class.hpp>
#include <zer0/text/utf8.hpp>
#include <zer0/text/word_counts.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace zer0 {

struct count_options {
  int num_workers = 1;                        ///< threads that count; the result does not depend on it
  index_t piece_bytes = index_t{4} << 20;     ///< how much a thread takes at once; nor on this
  std::size_t max_bytes = 0;                  ///< refuse when the different words occupy more memory; 0: no limit
  bool skip_bad_lines = false;                ///< leave bad lines of JSON Lines out and count them
  std::function<void(double)> progress = {};  ///< told the fraction that is done, on the calling thread
};

struct counted_words {
  std::vector<word_counts> parts;  ///< no word is in two of them
  index_t bytes = 0;               ///< of text
  std::int64_t words = 0;          ///< all of them
  std::size_t different = 0;
  zer0::bad_lines bad;  ///< lines that were left out
};

namespace detail {

class word_counter {
 public:
  explicit word_counter(const count_options& options) : options_(options) {}

  void add_text(std::string_view text, const std::string& name, const std::function<void(index_t)>& progress) {
    const std::vector<std::size_t> cuts = text_cuts(text, static_cast<std::size_t>(options_.piece_bytes));
    const auto begin_of = [&](index_t piece) { return cuts[static_cast<std::size_t>(piece)]; };
    const auto work = [&](index_t first, index_t last) {
      const std::size_t begin = begin_of(first);
      const std::string_view piece = text.substr(begin, begin_of(last) - begin);
      const std::size_t bad = find_invalid_utf8(piece);
      require(bad == std::string_view::npos, name, ": byte ", begin + bad, " (counted from 0) is not UTF-8");
      shards mine;
      for (std::size_t from = 0; from < piece.size();) {
        const std::size_t feed = piece.find('\n', from);
        const std::size_t end = feed == std::string_view::npos ? piece.size() : feed + 1;
        mine.add_text(piece.substr(from, end - from));
        from = end;
      }
      collect(mine, static_cast<index_t>(piece.size()));
      return true;
    };
    parallel_pieces(static_cast<index_t>(cuts.size()) - 1, 1, options_.num_workers, work,
                    [&](index_t done) { progress(static_cast<index_t>(begin_of(done))); });
  }

  void add_lines(const jsonl_file& file, const std::function<void(index_t)>& progress) {
    require(file.size() > 0, file.name(), " has no records");
    std::vector<std::pair<index_t, std::string>> bad;
    const auto work = [&](index_t first, index_t last) {
      shards mine;
      index_t bytes = 0;
      std::vector<std::string> texts;
      for (index_t i = first; i < last; ++i) {
        const std::string problem = read_training_texts(file.line(i), texts);
        if (!problem.empty()) {
          const std::string message = bad_line_message(file, i, problem);
          require(options_.skip_bad_lines, message, "; use --skip_bad_lines to skip such lines");
          const std::lock_guard lock(mutex_);
          bad.emplace_back(i, message);
          continue;
        }
        for (const std::string& text : texts) {
          mine.add_text(text);
          bytes += static_cast<index_t>(text.size());
        }
      }
      collect(mine, bytes);
      return true;
    };
    const index_t pieces = std::max<index_t>(1, file.bytes() / options_.piece_bytes);
    parallel_pieces(file.size(), (file.size() + pieces - 1) / pieces, options_.num_workers, work,
                    [&](index_t done) { progress(done < file.size() ? file.offset(done) : file.bytes()); });
    std::ranges::sort(bad);
    result_.bad.count += static_cast<index_t>(bad.size());
    for (const auto& [line, message] : bad)
      if (static_cast<index_t>(result_.bad.first.size()) < bad_lines::reported) result_.bad.first.push_back(message);
  }

  counted_words take() {
    for (shard& s : collected_) {
      result_.different += s.words.size();
      result_.parts.push_back(std::move(s.words));
    }
    return std::move(result_);
  }

  /// Where a text may be cut: 0, places at least `piece` apart, its size. What is cut there gives the same words: a
  /// line with its line feed is a text of its own, and inside a line no match of GPT-2's pattern goes across the place
  /// between a letter or number and a character of another kind, or looks across it.
  static std::vector<std::size_t> text_cuts(std::string_view text, std::size_t piece) {
    std::vector<std::size_t> cuts{0};
    while (cuts.back() < text.size()) cuts.push_back(next_cut(text, cuts.back() + std::max<std::size_t>(piece, 1)));
    return cuts;
  }

 private:
  static constexpr std::size_t n_shards = 16;

  /// Parted by hash, so that threads seldom wait for each other.
  struct shards {
    std::array<word_counts, n_shards> parts;

    void add_text(std::string_view text) {
      word_counts::pattern().split(text, [&](std::string_view word) {
        const std::uint64_t hash = word_cache::hash(word);
        parts[static_cast<std::size_t>(hash % n_shards)].add(word, hash, 1);
      });
    }
  };

  struct shard {
    std::mutex mutex;
    word_counts words;
    std::size_t memory = 0;
  };

  static std::size_t next_cut(std::string_view text, std::size_t from) {
    if (from >= text.size()) return text.size();
    const char* const end = text.data() + text.size();
    const char* p = text.data() + from;
    while (p != end && (static_cast<unsigned char>(*p) & 0xC0U) == 0x80) ++p;  // not inside a character
    char_class before = char_class::other;
    const char_class_table& table = char_class_table::get();
    while (p != end) {
      const utf8_char c = read_utf8(p, end);
      const char_class now = c.valid ? table[c.code] : char_class::other;
      const bool after_word = before == char_class::letter || before == char_class::number;
      if (c.valid && after_word && now != before) break;
      p += c.length;
      if (c.code == U'\n') break;
      before = now;
    }
    return static_cast<std::size_t>(p - text.data());
  }

  void collect(const shards& mine, index_t bytes) {
    std::int64_t total = 0;
    for (std::size_t i = 0; i < n_shards; ++i) {
      shard& to = collected_[i];
      const std::lock_guard lock(to.mutex);
      mine.parts[i].each([&](std::string_view word, std::uint64_t hash, std::int64_t count) {
        to.words.add(word, hash, count);
        total += count;
      });
      memory_ += to.words.memory() - std::exchange(to.memory, to.words.memory());
    }
    const std::size_t memory = memory_;
    require(options_.max_bytes == 0 || memory <= options_.max_bytes, "the different words of the texts occupy ",
            memory >> 20, " MiB, more than the limit of ", options_.max_bytes >> 20,
            " MiB; train on a part of the texts, or raise --max_memory");
    const std::lock_guard lock(mutex_);
    result_.bytes += bytes;
    result_.words += total;
  }

  const count_options& options_;
  std::array<shard, n_shards> collected_;
  std::atomic<std::size_t> memory_{0};
  std::mutex mutex_;
  counted_words result_;
};

}  // namespace detail

/// Counts the words of files as the ByteLevel pre-tokenizer with GPT-2's regex cuts them. In JSON Lines
/// (`is_json_lines`) every string that `read_training_texts` finds is a text. Any other file is plain UTF-8, each line
/// with its line feed a text, as for `train(files)` of Hugging Face's `tokenizers`.
/// Memory: the different words and their counts, and a few pieces; files are mapped, so they may be larger than the
/// memory (8 bytes a line of JSON Lines). Too many different words are an error that says so, by `max_bytes`.
/// Throws: zer0::error naming a file that cannot be read, the offset of what is not UTF-8, or file and line.
inline counted_words count_words(const std::vector<std::filesystem::path>& files, const count_options& options = {}) {
  require(options.piece_bytes > 0, "piece_bytes is ", options.piece_bytes, "; it must be at least 1");
  require(!files.empty(), "there are no files to count the words of");
  double total = 0;
  for (const auto& path : files) total += static_cast<double>(mapped_file(path).size());  // all are there: say so now
  detail::word_counter counter(options);
  double before = 0;
  for (const auto& path : files) {
    const auto progress = [&](index_t done) {
      if (options.progress && total > 0) options.progress((before + static_cast<double>(done)) / total);
    };
    if (is_json_lines(path)) {
      const jsonl_file file(path);
      counter.add_lines(file, progress);
      before += static_cast<double>(file.bytes());
    } else {
      const mapped_file file(path, file_access::sequential);
      counter.add_text(file.text(), path.string(), progress);
      before += static_cast<double>(file.size());
    }
  }
  return counter.take();
}

}  // namespace zer0
