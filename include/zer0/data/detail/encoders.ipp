// Bodies of zer0/data/encoders.hpp.
#pragma once

#include <zer0/data/encoders.hpp>
#include <zer0/file/detail/content_hash.hpp>
#include <zer0/text/detail/unicode_class.hpp>
#include <zer0/text/utf8.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <utility>

namespace zer0 {

ZER0_INLINE void document_encoder::operator()(std::string_view text,
                                              std::vector<token_id>& tokens) const {
  tokens.clear();
  if (bos_) tokens.push_back(*bos_);
  encode_(text, tokens);
  if (eos_) tokens.push_back(*eos_);
  constexpr std::size_t most = std::numeric_limits<std::int32_t>::max();
  require(tokens.size() <= most, "the text has ", tokens.size(), " tokens, over ", most);
}

ZER0_INLINE std::optional<std::uint64_t> document_encoder::fingerprint() const {
  if (!fingerprint_) return std::nullopt;
  std::uint64_t sum = *fingerprint_;
  for (const auto& id : {bos_, eos_})
    sum = sum * 31 + static_cast<std::uint64_t>(id.value_or(no_token) - no_token);
  return sum;
}

namespace detail {

ZER0_INLINE std::string_view without_leading_space(std::string_view text) {
  while (!text.empty()) {
    const utf8_char c = read_utf8(text.data(), text.data() + text.size());
    if (!is_white_space(c.code)) break;
    text.remove_prefix(static_cast<std::size_t>(c.length));
  }
  return text;
}

}  // namespace detail

ZER0_INLINE std::string marked_text(const encoded_conversation& c, const tokenizer& tok,
                                    std::string_view begin, std::string_view end) {
  std::string text;
  for (std::size_t i = 0; i < c.tokens.size();) {
    std::size_t to = i;
    while (to < c.tokens.size() && c.supervised[to] == c.supervised[i]) ++to;
    const bool learned = c.supervised[i] == 1 && i > 0;
    const std::string part = tok.decode(std::span(c.tokens).subspan(i, to - i));
    text.append(learned ? begin : "").append(part).append(learned ? end : "");
    i = to;
  }
  return text;
}

ZER0_INLINE conversation_encoder::conversation_encoder(tokenizer tok, chat_template chat,
                                                       chat_options options)
    : tokenizer_(std::move(tok)), chat_(std::move(chat)), options_(std::move(options)) {}

ZER0_INLINE void conversation_encoder::encode(const chat_json& messages, const chat_json& tools,
                                              encoded_conversation& out,
                                              std::size_t from_message) const {
  const rendered_chat chat = render(messages, tools, false);
  require(chat.spans_known(),
          "the chat template does not tell which text is the assistant's: ", chat.unknown,
          "; put {% generation %} ... {% endgeneration %} around it in the template");
  encode_parts(chat, from_message, out);
  const auto last = std::find(out.supervised.rbegin(), out.supervised.rend(), 1);
  const auto kept = static_cast<std::size_t>(out.supervised.rend() - last);
  out.tokens.resize(kept);
  out.supervised.resize(kept);
}

ZER0_INLINE std::vector<token_id> conversation_encoder::prompt(const chat_json& messages) const {
  return prompt(messages, nullptr);
}

ZER0_INLINE std::vector<token_id> conversation_encoder::prompt(const chat_json& messages,
                                                               const chat_json& tools) const {
  encoded_conversation out;
  encode_parts(render(messages, tools, true), 0, out);
  return std::move(out.tokens);
}

ZER0_INLINE token_id conversation_encoder::pad() const {
  return tokenizer_.pad().value_or(tokenizer_.eos().value_or(0));
}

ZER0_INLINE std::optional<std::uint64_t> conversation_encoder::fingerprint() const {
  const chat_options& o = options_;
  if (!o.now && chat_.text().find("strftime_now") != std::string::npos) return std::nullopt;
  const auto text = [](const chat_json& value) {
    return value.dump(-1, ' ', false, chat_json::error_handler_t::replace) + '\n';
  };
  const std::string options = text(*o.tools) + text(*o.documents) + text(*o.variables) + o.name +
                              '\n' + (o.now ? std::to_string(*o.now) : "no time") + '\n' +
                              std::to_string(o.most.steps) + '\n' + std::to_string(o.most.text) +
                              '\n' + std::to_string(o.most.memory);
  return (tokenizer_.fingerprint() * 31 + detail::content_hash(chat_.text())) * 31 +
         detail::content_hash(options);
}

ZER0_INLINE rendered_chat conversation_encoder::render(const chat_json& messages,
                                                       const chat_json& tools, bool prompt) const {
  chat_options options = options_;
  options.add_generation_prompt = prompt;
  if (!tools.is_null()) options.tools = tools;
  return chat_.render_with_spans(messages, options);
}

ZER0_INLINE void conversation_encoder::encode_parts(const rendered_chat& chat,
                                                    std::size_t from_message,
                                                    encoded_conversation& out) const {
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
    require(from_message == 0 || s.message >= 0,
            "the chat template does not tell which message an answer is of");
    add(s.begin, s.end);
  }
  std::sort(edges.begin(), edges.end());

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
    const bool learned =
        answer && (from_message == 0 || static_cast<std::size_t>(span->message) >= from_message);
    out.supervised.resize(out.tokens.size(), learned ? 1 : 0);
  }
}

ZER0_INLINE void conversation_encoder::encode_part(std::string_view part, bool answer, bool plain,
                                                   std::vector<token_id>& tokens) const {
  const bool behind_added = !tokens.empty() && tokenizer_.is_added(tokens.back());
  if (behind_added && !answer && tokenizer_.takes_space_after(tokens.back()))
    part = detail::without_leading_space(part);
  const bool begins = tokens.empty() || behind_added;  // a tokenizer may put a space here
  tokenizer_.encode(part, tokens, {.continues = answer || !begins, .parse_special = !plain});
}

}  // namespace zer0
