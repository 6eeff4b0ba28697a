// Conversations to test with: answers that look like markers, and what templates make of them.
#pragma once

#include <zer0/text/chat_template.hpp>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace support {

/// Contents that look like markers, begin or end in white space, or are empty.
inline std::string random_content(std::mt19937& random) {
  static const std::vector<std::string> parts = {" ",
                                                 "\n",
                                                 "\n\n",
                                                 "a",
                                                 "Hello",
                                                 "12 ships",
                                                 "assistant\n",
                                                 "<|im_end|>",
                                                 "<|im_start|>assistant\n",
                                                 "</s>",
                                                 "<s>user\n",
                                                 "<think>",
                                                 "\u4e16\u754c",
                                                 "\U0001F6A2",
                                                 "\u00e9",
                                                 "\t",
                                                 "<\uff5cAssistant\uff5c>",
                                                 "<|eot_id|>",
                                                 "'",
                                                 "\"",
                                                 "{{ x }}",
                                                 "."};
  std::string text;
  for (unsigned n = random() % 6; n > 0; --n) text += parts[random() % parts.size()];
  return text;
}

inline std::vector<zer0::chat_message> random_conversation(std::mt19937& random) {
  std::vector<zer0::chat_message> messages;
  if (random() % 2 == 0) messages.push_back({"system", random_content(random)});
  for (unsigned turns = 1 + random() % 4; turns > 0; --turns) {
    messages.push_back({"user", random_content(random)});
    messages.push_back({"assistant", random_content(random)});
  }
  return messages;
}

inline std::string without_leading(std::string text, const char* characters) {
  text.erase(0, std::min(text.find_first_not_of(characters), text.size()));
  return text;
}

/// What the template of a tokenizer makes of an answer, read off the template by hand.
inline std::string answer(const std::string& tokenizer, const zer0::chat_message& m, bool last) {
  if (tokenizer == "llama3_1") {
    std::string text = without_leading(m.content, " \n\t");
    text.erase(text.find_last_not_of(" \n\t") + 1);
    return text;
  }
  if (tokenizer == "minimind") return without_leading(m.content, "\n");
  if (tokenizer == "qwen3" && last)
    return "<think>\n\n</think>\n\n" + without_leading(m.content, "\n");
  return m.content;
}

}  // namespace support
