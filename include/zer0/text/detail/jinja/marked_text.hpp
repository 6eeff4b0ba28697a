// A string that remembers where parts of it came from.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace zer0::detail::jinja {

/// What the bytes [begin, end) of a text are.
struct mark {
  enum class kind {
    content,  ///< written by the assistant, in message `message`
    given,    ///< data of another author: what is in other messages, tools, documents
    mixed,    ///< made of content and of something else by a filter that does not say which byte is
              ///< which
    turn,     ///< written while a loop over the messages stood at `message`
    generation  ///< written inside {% generation %}
  };
  std::size_t begin = 0, end = 0;
  kind what = kind::content;
  int message = -1;
};

struct marked_text {
  std::string bytes;
  std::vector<mark> marks;

  marked_text() = default;
  marked_text(std::string text)
      : bytes(std::move(text)) {}  // NOLINT: a plain string is one without marks

  [[nodiscard]] marked_text sub(std::size_t begin, std::size_t end) const {
    end = std::min(end, bytes.size());
    begin = std::min(begin, end);
    marked_text part(bytes.substr(begin, end - begin));
    for (mark m : marks) {
      m.begin = std::max(m.begin, begin);
      m.end = std::min(m.end, end);
      if (m.begin >= m.end) continue;
      m.begin -= begin;
      m.end -= begin;
      part.marks.push_back(m);
    }
    return part;
  }

  template <std::convertible_to<std::string_view> Plain>
  void append(const Plain& plain) {
    bytes += plain;
  }

  void append(const marked_text& other) {
    for (mark m : other.marks) {
      m.begin += bytes.size();
      m.end += bytes.size();
      add(m);
    }
    bytes += other.bytes;
  }

  void add(const mark& m) {
    if (m.begin >= m.end) return;
    if (!marks.empty() && (m.what == mark::kind::content || m.what == mark::kind::given)) {
      mark& last = marks.back();
      if (last.what == m.what && last.message == m.message && last.end == m.begin) {
        last.end = m.end;
        return;
      }
    }
    marks.push_back(m);
  }

  /// `result`, made of this text in a way that says nothing of single bytes, with its mark: content
  /// if all of this text is content of one message, given if all its marks are given, else mixed.
  [[nodiscard]] marked_text become(std::string result) const {
    marked_text made(std::move(result));
    if (marks.empty()) return made;
    const mark& m = marks.front();
    if (std::all_of(marks.begin(), marks.end(),
                    [](const mark& a) { return a.what == mark::kind::given; })) {
      made.add({0, made.bytes.size(), mark::kind::given, -1});
      return made;
    }
    const bool all =
        marks.size() == 1 && m.what == mark::kind::content && m.begin == 0 && m.end == bytes.size();
    made.add({0, made.bytes.size(), all ? mark::kind::content : mark::kind::mixed, m.message});
    return made;
  }
};

}  // namespace zer0::detail::jinja
