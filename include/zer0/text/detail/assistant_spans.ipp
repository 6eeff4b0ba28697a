// Bodies of zer0/text/detail/assistant_spans.hpp.
#pragma once

#include <zer0/text/chat_template.hpp>
#include <zer0/text/detail/assistant_spans.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

namespace zer0::detail {

class assistant_span_finder {
 public:
  static void find(const jinja::marked_text& text, const std::vector<int>& messages,
                   const std::string& eos, const prompt_function& prompt, rendered_chat& result) {
    assistant_span_finder finder(text, eos, prompt);
    for (const int m : messages) {
      if (finder.add(m, result.assistant)) continue;
      result.assistant.clear();
      result.unknown = "message " + std::to_string(m + 1) + ": " + finder.why_;
      return;
    }
  }

 private:
  using kind = jinja::mark::kind;
  static constexpr auto npos = std::string_view::npos;

  struct range {
    std::size_t begin, end;
  };

  assistant_span_finder(const jinja::marked_text& text, const std::string& eos,
                        const prompt_function& prompt)
      : text_(text), eos_(eos), prompt_(prompt) {}

  bool refuse(std::string why) {
    why_ = std::move(why);
    return false;
  }

  bool add(int message, std::vector<assistant_span>& to) {
    std::vector<range> turns;
    std::vector<range> content;
    for (const jinja::mark& m : text_.marks) {
      if (m.what == kind::mixed)
        return refuse("the template changes the assistant's text in a way that cannot be followed");
      if (m.message != message) continue;
      (m.what == kind::turn ? turns : content).push_back({m.begin, m.end});
    }
    if (turns.empty() && content.empty()) return true;  // left out by the template
    if (turns.size() != 1)
      return refuse("the template does not write it in one round of a loop over the messages");
    const range turn = turns[0];
    range inner{turn.end, turn.begin};
    for (const range& c : content)
      inner = {std::min(inner.begin, c.begin), std::max(inner.end, c.end)};
    if (inner.end > turn.end || (!content.empty() && inner.begin < turn.begin))
      return refuse("the template writes it outside of its turn");
    const auto begin = begin_of(static_cast<std::size_t>(message), turn, inner.begin);
    if (!begin)
      return refuse(
          "the template refuses the messages before it, so where its prompt ends is not known");
    const std::size_t end = end_of(turn, std::max(inner.end, *begin));
    if (!to.empty() && to.back().end > *begin)
      return refuse("its turn begins before the turn of another ends");
    if (*begin < end) to.push_back({*begin, end, message});
    return true;
  }

  /// Where the prompt ends, at `content` at the latest.
  [[nodiscard]] std::optional<std::size_t> begin_of(std::size_t message, const range& turn,
                                                    std::size_t content) const {
    const std::string_view all = text_.bytes;
    const auto prompt = prompt_(message, true);
    if (!prompt) return std::nullopt;
    if (std::string_view(*prompt).starts_with(all.substr(0, turn.begin))) {
      const std::size_t same = common(all, *prompt);
      if (same == prompt->size() || same >= content) return std::min(same, content);
    }
    const auto without = prompt_(message, false);
    if (!without || !prompt->starts_with(*without)) return std::nullopt;
    // The text before the turn differs from the prompt's, as where a template drops earlier
    // reasoning: look for what the prompt adds.
    const std::string_view added = std::string_view(*prompt).substr(without->size());
    const std::string_view head = all.substr(turn.begin, content - turn.begin);
    if (const std::size_t found = head.rfind(added); found != npos && !added.empty())
      return turn.begin + found + added.size();
    const std::size_t same = common(head, added);
    if (same == head.size()) return content;
    // Turn and prompt differ inside what the prompt adds, as where it opens a block of reasoning
    // that this answer lacks: go back to the last end of a line or tag that both have.
    const std::size_t last = head.substr(0, same).find_last_of("\n>]");
    return last == npos ? turn.begin : turn.begin + last + 1;
  }

  static std::size_t common(std::string_view a, std::string_view b) {
    const auto parts = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
    return static_cast<std::size_t>(parts.first - a.begin());
  }

  /// `content_end`: where the message's own text ends.
  [[nodiscard]] std::size_t end_of(const range& turn, std::size_t content_end) const {
    const std::string_view tail =
        std::string_view(text_.bytes).substr(content_end, turn.end - content_end);
    const std::size_t token = eos_.empty() ? npos : tail.find(eos_);
    if (token != npos) return content_end + token + eos_.size();
    return content_end + (tail.find_last_not_of(" \t\r\n") + 1);  // npos + 1 is 0
  }

  const jinja::marked_text& text_;
  const std::string& eos_;
  const prompt_function& prompt_;
  std::string why_;
};

ZER0_INLINE void find_assistant_spans(const jinja::marked_text& text,
                                      const std::vector<int>& messages, const std::string& eos,
                                      const prompt_function& prompt, rendered_chat& result) {
  assistant_span_finder::find(text, messages, eos, prompt, result);
}

ZER0_INLINE void find_generation_spans(const jinja::marked_text& text, rendered_chat& result) {
  using kind = jinja::mark::kind;
  for (const jinja::mark& g : text.marks) {
    if (g.what != kind::generation) continue;
    assistant_span span{g.begin, g.end, -1};
    for (const jinja::mark& t : text.marks) {
      if (t.what == kind::turn && t.begin <= g.begin && g.end <= t.end) span.message = t.message;
    }
    result.assistant.push_back(span);
  }
  std::sort(result.assistant.begin(), result.assistant.end(),
            [](const auto& a, const auto& b) { return a.begin < b.begin; });
}

ZER0_INLINE void find_data(const jinja::marked_text& text, rendered_chat& result) {
  using kind = jinja::mark::kind;
  std::vector<text_range> all;
  for (const jinja::mark& m : text.marks)
    if (m.what == kind::content || m.what == kind::given || m.what == kind::mixed)
      all.push_back({m.begin, m.end});
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.begin < b.begin; });
  std::vector<text_range>& merged = result.data;
  for (const text_range& r : all) {
    if (!merged.empty() && r.begin <= merged.back().end)
      merged.back().end = std::max(merged.back().end, r.end);
    else
      merged.push_back(r);
  }
}

}  // namespace zer0::detail
