// Bodies of zer0/generate/conversation.hpp.
#pragma once

#include <zer0/generate/conversation.hpp>

#include <nlohmann/json.hpp>

namespace zer0 {

ZER0_INLINE prompt_encoder::prompt_encoder(tokenizer tok)
    : tokenizer_(std::move(tok)), end_(tokenizer_.eos()) {}

ZER0_INLINE prompt_encoder::prompt_encoder(tokenizer tok, const chat_template& chat,
                                           std::string system)
    : tokenizer_(std::move(tok)),
      end_(chat_end_token(chat, tokenizer_)),
      chat_(std::in_place, tokenizer_, chat),
      system_(std::move(system)) {}

ZER0_INLINE const conversation_encoder& prompt_encoder::encoder() const {
  require(chats(), "prompts are beginnings of texts, not messages of a chat");
  return *chat_;
}

ZER0_INLINE std::vector<token_id> prompt_encoder::operator()(const std::string& prompt) const {
  if (chats()) {
    const chat_json question = {{"role", "user"}, {"content", prompt}};
    return (*this)(chat_json::array({question}), nullptr);
  }
  std::vector<token_id> ids;
  if (tokenizer_.bos()) ids.push_back(*tokenizer_.bos());
  tokenizer_.encode(prompt, ids);
  return ids;
}

ZER0_INLINE std::vector<token_id> prompt_encoder::operator()(
    const question_record& question) const {
  return question.is_conversation() ? (*this)(*question.messages, *question.tools)
                                    : (*this)(question.asked);
}

ZER0_INLINE std::vector<token_id> prompt_encoder::operator()(const chat_json& messages,
                                                             const chat_json& tools) const {
  const conversation_encoder& encode = encoder();
  if (system_.empty() || (!messages.empty() && messages.front()["role"] == "system"))
    return encode.prompt(messages, tools);
  chat_json told = {{{"role", "system"}, {"content", system_}}};
  told.insert(told.end(), messages.begin(), messages.end());
  return encode.prompt(told, tools);
}

ZER0_INLINE conversation::conversation(prompt_encoder encode, index_t remembered)
    : encode_(std::move(encode)),
      remembered_(encode_.chats() ? 2 * static_cast<std::size_t>(remembered) : 0),
      earlier_(chat_json::array()) {}

ZER0_INLINE std::vector<token_id> conversation::tokens(const std::string& question) const {
  if (!encode_.chats()) return encode_(question);
  chat_json messages = *earlier_;
  messages.push_back({{"role", "user"}, {"content", question}});
  return encode_(messages, nullptr);
}

ZER0_INLINE std::vector<token_id> conversation::ask(const std::string& question, index_t room) {
  std::vector<token_id> ids = tokens(question);
  while (static_cast<index_t>(ids.size()) > room && !earlier_->empty()) {
    forget();
    ids = tokens(question);
  }
  return ids;
}

ZER0_INLINE void conversation::remember(const std::string& question, const std::string& answer) {
  if (remembered_ == 0) return;
  earlier_->push_back({{"role", "user"}, {"content", question}});
  earlier_->push_back({{"role", "assistant"}, {"content", answer}});
  while (earlier_->size() > remembered_) forget();
}

/// The oldest question and its answer.
ZER0_INLINE void conversation::forget() {
  earlier_->erase(earlier_->begin(), earlier_->begin() + 2);
}

}  // namespace zer0
