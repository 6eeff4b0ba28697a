// A conversation with a model: prompts as its training had them, what was said before, answers.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/data/encoders.hpp>
#include <zer0/data/records.hpp>
#include <zer0/generate/generate.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace zer0 {

/// From what a model is asked to the tokens that it goes on from: the beginning of a text for a
/// pretrained model, a question in its chat template for one that answers. Copies share tokenizer
/// and template.
class prompt_encoder {
 public:
  /// Beginnings of texts: the begin-of-text token, if there is one, and the text.
  explicit prompt_encoder(tokenizer tok);
  /// Questions, in a chat that is told `system` first unless that is empty.
  prompt_encoder(tokenizer tok, const chat_template& chat, std::string system = {});

  [[nodiscard]] bool chats() const { return chat_.has_value(); }

  /// The tokens of a text, or of a chat's first question.
  [[nodiscard]] std::vector<token_id> operator()(const std::string& prompt) const;
  /// Of a question, or of a chat's messages up to the answer; `system` comes before messages that
  /// do not begin with one of the system. Throws zer0::error for a conversation if this encodes
  /// texts.
  [[nodiscard]] std::vector<token_id> operator()(const question_record& question) const;
  [[nodiscard]] std::vector<token_id> operator()(const chat_json& messages,
                                                 const chat_json& tools) const;

  /// The token that ends an answer (chat_end_token), or a text.
  [[nodiscard]] std::optional<token_id> end() const { return end_; }
  [[nodiscard]] const tokenizer& vocabulary() const { return tokenizer_; }
  /// That of a chat. Throws zer0::error if this encodes texts.
  [[nodiscard]] const conversation_encoder& encoder() const;

 private:
  tokenizer tokenizer_;
  std::optional<token_id> end_;
  std::optional<conversation_encoder> chat_;  // none: beginnings of texts
  std::string system_;
};

/// Questions and their answers, of which later questions remember the last ones.
///
///   zer0::conversation chat({tok, zer0::chat_template::from_directory(tok.directory())}, 5);
///   std::cout << zer0::answer(llm, chat, "Where does an owl live?");
///   std::cout << zer0::answer(llm, chat, "And what does it say?");
class conversation {
 public:
  /// `remembered`: how many questions with their answers a later question follows. Beginnings of
  /// texts follow nothing.
  explicit conversation(prompt_encoder encode, index_t remembered = 0);

  /// The tokens of the question behind what is remembered. The oldest of that is forgotten until
  /// all fits into `room` tokens; a question that is too long by itself stays whole.
  [[nodiscard]] std::vector<token_id> ask(const std::string& question, index_t room);

  void remember(const std::string& question, const std::string& answer);

  [[nodiscard]] const prompt_encoder& encode() const { return encode_; }

 private:
  [[nodiscard]] std::vector<token_id> tokens(const std::string& question) const;
  void forget();

  prompt_encoder encode_;
  std::size_t remembered_;  // messages
  held<chat_json> earlier_;
};

/// The model's text behind a prompt that `encode` made, up to the token that ends an answer or the
/// tokenizer's end-of-text token. `on_text` gets each whole piece of it as soon as it is there.
template <class Model>
std::string answer(Model& model, const prompt_encoder& encode, const std::vector<token_id>& prompt,
                   generate_options options = {},
                   const std::function<void(std::string_view)>& on_text = {}) {
  if (!options.stop_token) options.stop_token = encode.end();
  return detail::generate_text(model, encode.vocabulary(), prompt, options, on_text,
                               encode.vocabulary().eos());
}

/// The model's answer to a question, which the conversation remembers.
template <class Model>
std::string answer(Model& model, conversation& chat, const std::string& question,
                   const generate_options& options = {},
                   const std::function<void(std::string_view)>& on_text = {}) {
  const auto prompt = chat.ask(question, model.sizes().max_seq_len - options.max_new_tokens);
  std::string text = answer(model, chat.encode(), prompt, options, on_text);
  chat.remember(question, text);
  return text;
}

/// The texts behind several prompts, side by side.
template <class Model>
std::vector<std::string> answers(Model& model, const prompt_encoder& encode,
                                 const std::vector<std::vector<token_id>>& prompts,
                                 generate_options options = {}) {
  if (!options.stop_token) options.stop_token = encode.end();
  const auto eos = encode.vocabulary().eos();
  std::vector<std::string> texts;
  for (const auto& ids : generate_tokens(model, prompts, options,
                                         [&](index_t, token_id token) { return token != eos; }))
    texts.push_back(encode.vocabulary().decode(ids, true));
  return texts;
}

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/generate/detail/conversation.ipp>
#endif
