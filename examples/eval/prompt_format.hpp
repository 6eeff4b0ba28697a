// How eval's prompts become tokens: as beginnings of texts, or as questions of a chat that
// remembers.
#pragma once

#include "eval/options.hpp"
#include <zer0/text/tokenizer.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace zer0 {
class conversation_encoder;
}

namespace program {

using zer0::token_id;

/// Its members are in eval/prompt_format.cpp, so that no compiler of a device sees what chat
/// templates take.
class prompt_format {
 public:
  /// `context`: the longest that the model accepts. Throws zer0::error if a chat is asked for and
  /// the tokenizer's folder has no chat template.
  prompt_format(const zer0::tokenizer& tok, const eval_options& o, index_t context);
  ~prompt_format();

  [[nodiscard]] bool chats() const { return chat_ != nullptr; }

  /// The token that ends an answer.
  [[nodiscard]] std::optional<token_id> end() const;

  /// What comes before the prompt's continuation: the text itself; in a chat what is remembered and
  /// the question, as much of it as leaves room for an answer.
  [[nodiscard]] std::vector<token_id> tokens(const std::string& prompt);

  /// A question of a chat and its answer, remembered as long as the options say.
  void remember(const std::string& question, const std::string& answer);

  [[nodiscard]] const std::string& system() const;
  [[nodiscard]] const zer0::conversation_encoder& encoder() const;

 private:
  struct chat;

  const zer0::tokenizer& tok_;
  std::unique_ptr<chat> chat_;  // none: beginnings of texts
};

}  // namespace program
