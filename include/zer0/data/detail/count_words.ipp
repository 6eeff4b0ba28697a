// Bodies of zer0/data/count_words.hpp.
#pragma once

#include <zer0/data/count_words.hpp>
#include <zer0/data/detail/work_through.hpp>
#include <zer0/file/detail/json_sax.hpp>
#include <zer0/file/mapped_file.hpp>
#include <zer0/text/detail/known_pattern.hpp>
#include <zer0/text/detail/unicode_class.hpp>
#include <zer0/text/detail/word_cache.hpp>
#include <zer0/text/utf8.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>

namespace zer0 {

namespace detail {

/// Reads the string "text" of a JSON object, and every "content" of the messages in its
/// "conversations", "messages", "chosen" and "rejected".
class training_text_events final : public json_events {
 public:
  explicit training_text_events(std::vector<std::string>& texts) : texts_(texts) {}

  bool null() override {
    return at_content() || other("null");
  }  // a message may say nothing, calling a tool instead
  bool boolean(bool) override { return other("a boolean"); }
  bool number_integer(std::int64_t) override { return other("a number"); }
  bool number_unsigned(std::uint64_t) override { return other("a number"); }
  bool number_float(double) override { return other("a number"); }

  bool string(std::string& value) override {
    if (!at_text() && !at_content()) return other("a string");
    texts_.emplace_back().swap(value);
    return true;
  }

  bool start_object() override { return open(depth_ == 0 || at_message(), "an object"); }
  bool start_array() override { return open(at_messages(), "an array"); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(std::string& name) override {
    if (depth_ == 1) {
      is_text_ = name == "text";
      is_chat_ =
          name == "conversations" || name == "messages" || name == "chosen" || name == "rejected";
      found_ = found_ || is_text_ || is_chat_;
    } else if (depth_ == 3) {
      is_content_ = name == "content";
    }
    return true;
  }

  [[nodiscard]] bool found() const { return found_; }

 private:
  // What the next value is: "text", an array of messages, a message, or the "content" of a message.
  [[nodiscard]] bool at_text() const { return depth_ == 1 && is_text_; }
  [[nodiscard]] bool at_messages() const { return depth_ == 1 && is_chat_; }
  [[nodiscard]] bool at_message() const { return depth_ == 2 && is_chat_; }
  [[nodiscard]] bool at_content() const { return depth_ == 3 && is_chat_ && is_content_; }

  /// Meets a value of the type that `what` describes; refuses the line if its place demands another
  /// type.
  bool other(const std::string& what) {
    if (depth_ == 0) return refuse("it is " + what + ", not an object like {\"text\": \"...\"}");
    if (at_text()) return refuse("its \"text\" is " + what + ", not a string");
    if (at_messages()) return refuse("its messages are " + what + ", not an array");
    if (at_message()) return refuse("a message is " + what + ", not an object");
    return !at_content() || refuse("a \"content\" is " + what + ", not a string");
  }

  bool open(bool expected, const char* what) {
    if (!expected && !other(what)) return false;
    ++depth_;
    return true;
  }

  bool close() {
    --depth_;
    return true;
  }

  std::vector<std::string>& texts_;
  index_t depth_ = 0;
  bool is_text_ = false, is_chat_ = false, is_content_ = false;
  bool found_ = false;
};

ZER0_INLINE std::size_t next_cut(std::string_view text, std::size_t from) {
  if (from >= text.size()) return text.size();
  const char* const end = text.data() + text.size();
  const char* p = text.data() + from;
  while (p != end && (static_cast<unsigned char>(*p) & 0xC0U) == 0x80)
    ++p;  // never cut inside a character
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

ZER0_INLINE std::vector<std::size_t> text_cuts(std::string_view text, std::size_t piece) {
  std::vector<std::size_t> cuts{0};
  while (cuts.back() < text.size())
    cuts.push_back(next_cut(text, cuts.back() + std::max<std::size_t>(piece, 1)));
  return cuts;
}

class word_counter {
 public:
  explicit word_counter(const count_options& options) : options_(options) {}

  void add_text(std::string_view text, const std::string& name,
                const std::function<void(index_t)>& progress) {
    const std::vector<std::size_t> cuts =
        text_cuts(text, static_cast<std::size_t>(options_.piece_bytes));
    const auto begin_of = [&](index_t piece) { return cuts[static_cast<std::size_t>(piece)]; };
    const auto work = [&](index_t first, index_t last) {
      const std::size_t begin = begin_of(first);
      const std::string_view piece = text.substr(begin, begin_of(last) - begin);
      const std::size_t bad = find_invalid_utf8(piece);
      require(bad == std::string_view::npos, name, ": byte ", begin + bad,
              " (counted from 0) is not UTF-8");
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
    work_through(static_cast<index_t>(cuts.size()) - 1, 1, options_.num_workers, work,
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
          require(options_.skip_bad_lines, message, "; set skip_bad_lines to leave such lines out");
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
    work_through(
        file.size(), (file.size() + pieces - 1) / pieces, options_.num_workers, work,
        [&](index_t done) { progress(done < file.size() ? file.offset(done) : file.bytes()); });
    std::sort(bad.begin(), bad.end());
    result_.bad.count += static_cast<index_t>(bad.size());
    for (const auto& [line, message] : bad)
      if (static_cast<index_t>(result_.bad.first.size()) < bad_lines::reported)
        result_.bad.first.push_back(message);
  }

  counted_words take() {
    for (shard& s : collected_) {
      result_.different += s.words.size();
      result_.parts.push_back(std::move(s.words));
    }
    return std::move(result_);
  }

 private:
  static constexpr std::size_t n_shards = 16;

  /// Words are divided by their hash, so that threads seldom wait for each other.
  struct shards {
    std::array<word_counts, n_shards> parts;

    void add_text(std::string_view text) {
      known_pattern::gpt2().split(text, [&](std::string_view word) {
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
    require(options_.max_bytes == 0 || memory <= options_.max_bytes,
            "the different words of the texts occupy ", memory >> 20,
            " MiB, more than the limit of ", options_.max_bytes >> 20,
            " MiB; train on a part of the texts, or raise the limit");
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

ZER0_INLINE std::string read_training_texts(std::string_view line,
                                            std::vector<std::string>& texts) {
  texts.clear();
  detail::training_text_events events(texts);
  const std::string problem = detail::read_json(line, events);
  if (!problem.empty()) return problem;
  return events.found() ? std::string()
                        : "it has neither \"text\" nor \"conversations\" or \"messages\"";
}

ZER0_INLINE bool is_json_lines(const std::filesystem::path& path) {
  const std::string ending = path.extension().string();
  return ending == ".jsonl" || ending == ".ndjson" || ending == ".json";
}

ZER0_INLINE counted_words count_words(const std::vector<std::filesystem::path>& files,
                                      const count_options& options) {
  require(options.piece_bytes > 0, "piece_bytes is ", options.piece_bytes,
          "; it must be at least 1");
  require(!files.empty(), "there are no files to count the words of");
  double total = 0;
  for (const auto& path : files)
    total += static_cast<double>(mapped_file(path).size());  // throws at once if a file is missing
  detail::word_counter counter(options);
  double before = 0;
  for (const auto& path : files) {
    const auto progress = [&](index_t done) {
      if (options.progress && total > 0)
        options.progress((before + static_cast<double>(done)) / total);
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

ZER0_INLINE counted_tokens count_tokens(const std::filesystem::path& path, const tokenizer& tok) {
  counted_tokens counted;
  std::vector<token_id> ids;
  const auto add = [&](std::string_view text) {
    const std::size_t bad = find_invalid_utf8(text);
    require(bad == std::string_view::npos, path.string(), ": byte ", bad,
            " (counted from 0) is not UTF-8");
    ids.clear();
    tok.encode(text, ids, {.parse_special = false});
    ++counted.texts;
    counted.bytes += text.size();
    counted.tokens += ids.size();
    counted.changed += tok.decode(ids) == text ? 0 : 1;
  };
  if (!is_json_lines(path)) {
    add(mapped_file(path).text());
    return counted;
  }
  const jsonl_file file(path);
  std::vector<std::string> texts;
  for (index_t i = 0; i < file.size(); ++i) {
    const std::string problem = read_training_texts(file.line(i), texts);
    if (!problem.empty()) fail(file.where(i), ": ", problem);
    for (const std::string& text : texts) add(text);
  }
  return counted;
}

}  // namespace zer0
