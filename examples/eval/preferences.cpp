// Pairs of answers of which one is preferred.
#include "support/preferences.hpp"

#include "support/terminal.hpp"
#include <zer0/data/chat_record.hpp>
#include <zer0/data/checked_lines.hpp>
#include <zer0/data/conversation_encoder.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace program {

namespace {

struct pair_line {
  zer0::chat_json chosen, rejected, tools;

  /// How many messages both sides begin with.
  [[nodiscard]] std::size_t shared() const {
    const auto ends = std::mismatch(chosen.begin(), chosen.end(), rejected.begin(), rejected.end());
    return static_cast<std::size_t>(ends.first - chosen.begin());
  }
};

bool answers_after(const zer0::chat_json& messages, std::size_t shared) {
  return std::any_of(messages.begin() + static_cast<std::ptrdiff_t>(shared), messages.end(),
                     [](const auto& m) { return m["role"] == "assistant" && zer0::detail::says_something(m); });
}

/// Returns what is wrong with the line, or nothing.
std::string read_line(std::string_view text, pair_line& out) {
  zer0::detail::chat_line_reader reader({"chosen", "rejected"}, "it has neither \"chosen\" nor \"rejected\"");
  std::string problem = reader.read(text);
  if (!problem.empty()) return problem;
  for (auto& [name, messages] : reader.found()) {
    problem = zer0::detail::problem_of_messages(messages, name);
    if (!problem.empty()) return problem;
    (name == "chosen" ? out.chosen : out.rejected) = std::move(messages);
  }
  if (out.chosen.is_null() || out.rejected.is_null())
    return std::string("it has no \"") + (out.chosen.is_null() ? "chosen" : "rejected") + "\"";
  out.tools = std::move(reader.tools());
  const std::size_t shared = out.shared();
  if (shared == out.chosen.size() && shared == out.rejected.size()) return "both sides are the same";
  if (!answers_after(out.chosen, shared)) return "its \"chosen\" has no answer of its own";
  if (!answers_after(out.rejected, shared)) return "its \"rejected\" has no answer of its own";
  return {};
}

zer0::token_batch batch_of(const zer0::encoded_conversation& e) {
  return {.ids = {e.tokens.begin(), e.tokens.end() - 1},
          .targets = {e.tokens.begin() + 1, e.tokens.end()},
          .weights = {e.supervised.begin() + 1, e.supervised.end()},
          .starts = {0, static_cast<std::int32_t>(e.tokens.size()) - 1}};
}

}  // namespace

answer_pairs open_pairs(const std::filesystem::path& path, const prompt_format& format, index_t context) {
  zer0::jsonl_file file(path);
  const auto check = [](std::string_view text) {
    pair_line line;
    return read_line(text, line);
  };
  (void)zer0::check_lines(file, check, {.progress = show_percent("reading")});
  answer_pairs result;
  for (index_t i = 0; i < file.size(); ++i) {
    pair_line line;
    (void)read_line(file.line(i), line);
    try {
      zer0::encoded_conversation chosen, rejected;
      format.encoder().encode(line.chosen, line.tools, chosen, line.shared());
      format.encoder().encode(line.rejected, line.tools, rejected, line.shared());
      zer0::require(chosen.tokens.size() > 1 && rejected.tokens.size() > 1, "the chat template leaves out an answer");
      const auto longest = static_cast<index_t>(std::max(chosen.tokens.size(), rejected.tokens.size()));
      if (longest - 1 > context)
        ++result.too_long;
      else
        result.pairs.push_back({batch_of(chosen), batch_of(rejected)});
    } catch (const zer0::error& e) {
      zer0::fail(file.where(i), ": ", e.what());
    }
  }
  return result;
}

}  // namespace program
