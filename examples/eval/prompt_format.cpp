// How eval's prompts become tokens.
#include "eval/prompt_format.hpp"

#include <zer0/data/encoders.hpp>
#include <zer0/text/chat_template.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>

namespace program {

struct prompt_format::chat {
  zer0::conversation_encoder encoder;
  std::optional<token_id> end;
  std::string system;
  std::size_t history;  // messages
  index_t room;         // for a prompt, if the answer is as long as it may be
  zer0::chat_json earlier = zer0::chat_json::array();

  [[nodiscard]] std::vector<token_id> tokens(const std::string& question) const {
    zer0::chat_json messages = zer0::chat_json::array();
    if (!system.empty()) messages.push_back({{"role", "system"}, {"content", system}});
    for (const auto& m : earlier) messages.push_back(m);
    messages.push_back({{"role", "user"}, {"content", question}});
    return encoder.prompt(messages);
  }
};

prompt_format::prompt_format(const zer0::tokenizer& tok, const eval_options& o, index_t context)
    : tok_(tok) {
  if (!o.chats()) return;
  const auto chat_template = zer0::chat_template::from_directory(tok.directory());
  chat_ = std::make_unique<chat>(chat{.encoder = zer0::conversation_encoder(tok, chat_template),
                                      .end = zer0::chat_end_token(chat_template, tok),
                                      .system = o.system,
                                      .history = 2 * static_cast<std::size_t>(o.history_cnt),
                                      .room = context - o.max_new_tokens});
}

prompt_format::~prompt_format() = default;

std::optional<token_id> prompt_format::end() const { return chats() ? chat_->end : tok_.eos(); }
const std::string& prompt_format::system() const { return chat_->system; }
const zer0::conversation_encoder& prompt_format::encoder() const { return chat_->encoder; }

std::vector<token_id> prompt_format::tokens(const std::string& prompt) {
  std::vector<token_id> ids;
  if (!chats()) {
    if (tok_.bos()) ids.push_back(*tok_.bos());
    tok_.encode(prompt, ids);
    return ids;
  }
  zer0::chat_json& earlier = chat_->earlier;
  ids = chat_->tokens(prompt);
  while (static_cast<index_t>(ids.size()) > chat_->room && !earlier.empty()) {
    earlier.erase(earlier.begin(), earlier.begin() + 2);
    ids = chat_->tokens(prompt);
  }
  return ids;
}

void prompt_format::remember(const std::string& question, const std::string& answer) {
  if (!chats() || chat_->history == 0) return;
  zer0::chat_json& earlier = chat_->earlier;
  earlier.push_back({{"role", "user"}, {"content", question}});
  earlier.push_back({{"role", "assistant"}, {"content", answer}});
  while (earlier.size() > chat_->history) earlier.erase(earlier.begin(), earlier.begin() + 2);
}

}  // namespace program
