// From a conversation to tokens, and which of them are learned.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/core/types.hpp>
#include <zer0/text/chat_template.hpp>
#include <zer0/text/tokenizer.hpp>
#include <zer0/text/unicode_class.hpp>
#include <zer0/text/utf8.hpp>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace zer0 {

struct encoded_conversation {
  std::vector<token_id> tokens;
  std::vector<std::uint8_t> supervised;  ///< 1: the model is to produce this token; as many as tokens

  void clear() {
    tokens.clear();
    supervised.clear();
  }
};

/// Renders conversations by a chat template and encodes them. What the assistant produced, as the template tells it
/// (chat_template::render_with_spans), is supervised, the token that ends its turn included.
///
/// A text is cut where an answer begins and ends, and the parts are encoded one by one: no token stands across such a
/// place, and the tokens are those of inference, where a prompt is encoded and then an answer begins. An answer goes on
/// from its prompt, so tokenizers that begin a text with a space put none there.
///
/// What messages hold is data: special tokens that are spelled out in it are encoded as the text they are, and cannot
/// end or begin a turn. Thread-safe, as tokenizer and template are; copies share both.
class conversation_encoder {
 public:
  /// `options`: further variables, the name of a template, the time it sees; `add_generation_prompt` is not looked at.
  conversation_encoder(tokenizer tok, chat_template chat, chat_options options = {})
      : tokenizer_(std::move(tok)), chat_(std::move(chat)), options_(std::move(options)) {}

  /// Replaces `out` by the tokens of the conversation up to the last one that is supervised; of answers only those in
  /// messages numbered `from_message` (from 0) or later are. Empty if nothing is. Throws: zer0::error if the template
  /// refuses the messages, or does not tell which text is the assistant's, saying why.
  void encode(const chat_json& messages, const chat_json& tools, encoded_conversation& out,
              std::size_t from_message = 0) const {
    const rendered_chat chat = render(messages, tools, false);
    require(chat.spans_known(), "the chat template does not tell which text is the assistant's: ", chat.unknown,
            "; put {% generation %} ... {% endgeneration %} around it in the template");
    encode_parts(chat, from_message, out);
    const auto last = std::find(out.supervised.rbegin(), out.supervised.rend(), 1);
    const auto kept = static_cast<std::size_t>(out.supervised.rend() - last);
    out.tokens.resize(kept);
    out.supervised.resize(kept);
  }

  /// The tokens of what comes before the assistant's next answer; they are encoded as for training.
  [[nodiscard]] std::vector<token_id> prompt(const chat_json& messages, const chat_json& tools = nullptr) const {
    encoded_conversation out;
    encode_parts(render(messages, tools, true), 0, out);
    return std::move(out.tokens);
  }

  /// What fills the places that hold no token: the tokenizer's pad token, else its eos, else 0. Nothing is learned
  /// there.
  [[nodiscard]] token_id pad() const { return tokenizer_.pad().value_or(tokenizer_.eos().value_or(0)); }

 private:
  [[nodiscard]] rendered_chat render(const chat_json& messages, const chat_json& tools, bool prompt) const {
    chat_options options = options_;
    options.add_generation_prompt = prompt;
    if (!tools.is_null()) options.tools = tools;
    return chat_.render_with_spans(messages, options);
  }

  void encode_parts(const rendered_chat& chat, std::size_t from_message, encoded_conversation& out) const {
    const std::string_view text = chat.text;
    std::vector<text_range> strange;  // data that spells out special tokens
    std::vector<std::size_t> edges{0, text.size()};
    const auto add = [&](std::size_t begin, std::size_t end) {
      edges.push_back(begin);
      edges.push_back(end);
    };
    for (const text_range& r : chat.data) {
      if (!tokenizer_.spells_special(text.substr(r.begin, r.end - r.begin))) continue;
      strange.push_back(r);
      add(r.begin, r.end);
    }
    for (const assistant_span& s : chat.assistant) {
      require(from_message == 0 || s.message >= 0, "the chat template does not tell which message an answer is of");
      add(s.begin, s.end);
    }
    std::ranges::sort(edges);

    out.clear();
    auto span = chat.assistant.begin();
    auto data = strange.begin();
    for (std::size_t i = 0; i + 1 < edges.size(); ++i) {
      const std::size_t begin = edges[i];
      const std::size_t end = edges[i + 1];
      if (begin == end) continue;
      while (span != chat.assistant.end() && span->end <= begin) ++span;
      while (data != strange.end() && data->end <= begin) ++data;
      const bool answer = span != chat.assistant.end() && span->begin <= begin;
      const bool plain = data != strange.end() && data->begin <= begin;
      encode_part(text.substr(begin, end - begin), answer, plain, out.tokens);
      const bool learned = answer && (from_message == 0 || static_cast<std::size_t>(span->message) >= from_message);
      out.supervised.resize(out.tokens.size(), learned ? 1 : 0);
    }
  }

  /// The part of a text that follows what `tokens` has.
  void encode_part(std::string_view part, bool answer, bool plain, std::vector<token_id>& tokens) const {
    const bool behind_added = !tokens.empty() && tokenizer_.is_added(tokens.back());
    if (behind_added && !answer && tokenizer_.takes_space_after(tokens.back())) part = without_leading_space(part);
    const bool begins = tokens.empty() || behind_added;  // where the tokenizer puts a space before a word if it does
    tokenizer_.encode(part, tokens, {.continues = answer || !begins, .parse_special = !plain});
  }

  static std::string_view without_leading_space(std::string_view text) {
    while (!text.empty()) {
      const utf8_char c = read_utf8(text.data(), text.data() + text.size());
      if (!detail::is_white_space(c.code)) break;
      text.remove_prefix(static_cast<std::size_t>(c.length));
    }
    return text;
  }

  tokenizer tokenizer_;
  chat_template chat_;
  chat_options options_;
};

}  // namespace zer0
