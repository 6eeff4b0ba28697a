// A conversation with a model: prompts in the form that it was trained on, the questions and
// answers so far, and new answers.
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

/// Encodes what a model is asked: the beginning of a text for a pretrained model, or a question in
/// the chat template for a model that was fine-tuned on conversations. Copies share tokenizer and
/// template.
class prompt_encoder {
 public:
  /// For beginnings of texts: the begin-of-text token, if the tokenizer has one, and the text.
  explicit prompt_encoder(tokenizer tok);
  /// For questions in a chat, which begins with the system message `system` unless it is empty.
  prompt_encoder(tokenizer tok, const chat_template& chat, std::string system = {});

  [[nodiscard]] bool chats() const { return chat_.has_value(); }

  /// The tokens of the beginning of a text, or of the first question of a chat.
  [[nodiscard]] std::vector<token_id> operator()(const std::string& prompt) const;
  /// The tokens of a question, or of the messages of a chat up to the answer. `system` is put
  /// before messages that do not begin with a system message. Throws zer0::error for messages if
  /// this encodes beginnings of texts.
  [[nodiscard]] std::vector<token_id> operator()(const question_record& question) const;
  [[nodiscard]] std::vector<token_id> operator()(const chat_json& messages,
                                                 const chat_json& tools) const;

  /// The token that ends an answer (chat_end_token) or a text; none if the tokenizer has none.
  [[nodiscard]] std::optional<token_id> end() const { return end_; }
  [[nodiscard]] const tokenizer& vocabulary() const { return tokenizer_; }
  /// The encoder of the chat. Throws zer0::error if this encodes beginnings of texts.
  [[nodiscard]] const conversation_encoder& encoder() const;

 private:
  tokenizer tokenizer_;
  std::optional<token_id> end_;
  std::optional<conversation_encoder> chat_;  // none: beginnings of texts
  std::string system_;
};

/// The last questions and answers, which are put before the next question.
///
///   zer0::conversation chat({tok, zer0::chat_template::from_directory(tok.directory())}, 5);
///   std::cout << zer0::answer(llm, chat, "Where does an owl live?");
///   std::cout << zer0::answer(llm, chat, "And what does it say?");
class conversation {
 public:
  /// `remembered`: how many earlier questions, with their answers, are put before a question.
  /// Nothing is put before the beginning of a text.
  explicit conversation(prompt_encoder encode, index_t remembered = 0);

  /// The tokens of what is remembered and of the question after it. The oldest questions are
  /// forgotten until all fits into `room` tokens; a question that is too long alone stays whole.
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

/// The text that the model generates after a prompt that `encode` made, up to the token that ends
/// an answer or the tokenizer's end-of-text token. `on_text` gets each piece of the text as soon as
/// its characters are complete.
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

/// The texts that the model generates after several prompts, in one batch.
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
