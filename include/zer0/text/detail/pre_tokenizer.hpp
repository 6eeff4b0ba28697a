// Cuts text into the pieces inside which byte-pair merges happen: the steps of a tokenizer file's
// "pre_tokenizer".
#pragma once

#include <zer0/text/detail/known_pattern.hpp>
#include <zer0/text/detail/regex.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace zer0::detail {

/// What becomes of the matches of a split.
enum class split_behavior { isolated, removed, merged_with_previous, merged_with_next, contiguous };

struct split_piece {
  std::size_t begin, end;
  bool match;
};

/// Each number character alone, or each run of them.
struct digits_rule {};

struct split_step {
  std::variant<known_pattern, regex, digits_rule> rule;
  split_behavior behavior = split_behavior::isolated;
  bool invert = false;
};

/// One thread's working memory for pre-tokenizing.
struct pre_tokenizer_scratch {
  regex_scratch regex;
  std::string prefixed;
};

class pre_tokenizer {
 public:
  void add(split_step step) { steps_.push_back(std::move(step)); }

  /// Puts a space before every piece that the steps added so far give, unless it begins with one.
  void add_prefix_space() { prefix_before_ = steps_.size(); }

  /// Calls sink(piece) for every non-empty piece of `text` (valid UTF-8), in order. A text that
  /// `continues` another gets no space before its first piece.
  template <class Sink>
  void split(std::string_view text, pre_tokenizer_scratch& scratch, Sink&& sink,
             bool continues = false) const {
    run(0, text, continues ? text.data() : nullptr, scratch, sink);
  }

 private:
  template <class Sink>
  void run(std::size_t step, std::string_view text, const char* without_prefix,
           pre_tokenizer_scratch& scratch, Sink& sink) const {
    if (text.empty()) return;
    if (step == prefix_before_ && text.front() != ' ' && text.data() != without_prefix) {
      scratch.prefixed.assign(1, ' ').append(text);
      text = scratch.prefixed;
    }
    if (step == steps_.size()) return sink(text);
    const split_step& now = steps_[step];
    const auto next = [&](std::string_view piece) {
      run(step + 1, piece, without_prefix, scratch, sink);
    };
    if (const auto* known = std::get_if<known_pattern>(&now.rule)) return known->split(text, next);
    if (now.behavior == split_behavior::isolated) {
      return each_piece(now, text, scratch,
                        [&](split_piece p) { next(text.substr(p.begin, p.end - p.begin)); });
    }
    for (const split_piece p : arranged(now, text, scratch))
      next(text.substr(p.begin, p.end - p.begin));
  }

  /// Calls sink for matches and for what lies between them.
  template <class Sink>
  static void each_piece(const split_step& step, std::string_view text,
                         pre_tokenizer_scratch& scratch, Sink&& sink) {
    std::size_t done = 0;
    const auto found = [&](std::size_t begin, std::size_t end) {
      if (begin > done) sink(split_piece{done, begin, step.invert});
      sink(split_piece{begin, end, !step.invert});
      done = end;
    };
    if (const auto* pattern = std::get_if<regex>(&step.rule))
      each_match(*pattern, text, scratch.regex, found);
    else
      each_digit(text, found);
    if (done < text.size()) sink(split_piece{done, text.size(), step.invert});
  }

  template <class Sink>
  static void each_match(const regex& pattern, std::string_view text, regex_scratch& scratch,
                         Sink&& sink) {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::size_t from = 0;
    std::optional<std::size_t> last_end;
    while (from <= text.size() && pattern.find(text, from, begin, end, scratch)) {
      if (begin == end && last_end == end) {  // an empty match right after a match does not count
        if (from == text.size()) return;
        from += static_cast<std::size_t>(
            read_utf8(text.data() + from, text.data() + text.size()).length);
        continue;
      }
      sink(begin, end);
      last_end = from = end;
    }
  }

  template <class Sink>
  static void each_digit(std::string_view text, Sink&& sink) {
    const char_class_table& table = char_class_table::get();
    for (std::size_t i = 0; i < text.size();) {
      const utf8_char c = read_utf8(text.data() + i, text.data() + text.size());
      const std::size_t end = i + static_cast<std::size_t>(c.length);
      if (table[c.code] == char_class::number) sink(i, end);
      i = end;
    }
  }

  static std::vector<split_piece> arranged(const split_step& step, std::string_view text,
                                           pre_tokenizer_scratch& scratch) {
    std::vector<split_piece> pieces;
    each_piece(step, text, scratch, [&](split_piece p) { pieces.push_back(p); });
    if (step.behavior == split_behavior::removed) {
      std::erase_if(pieces, [](split_piece p) { return p.match; });
      return pieces;
    }
    const bool backwards = step.behavior == split_behavior::merged_with_next;
    if (backwards) std::reverse(pieces.begin(), pieces.end());
    std::vector<split_piece> result;
    bool previous = false;
    for (const split_piece p : pieces) {
      const bool join =
          step.behavior == split_behavior::contiguous ? p.match == previous : p.match && !previous;
      previous = p.match;
      if (!join || result.empty())
        result.push_back(p);
      else if (backwards)
        result.back().begin = p.begin;
      else
        result.back().end = p.end;
    }
    if (backwards) std::reverse(result.begin(), result.end());
    return result;
  }

  std::vector<split_step> steps_;
  std::size_t prefix_before_ = static_cast<std::size_t>(-1);
};

}  // namespace zer0::detail
