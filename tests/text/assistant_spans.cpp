#include "support/catch.hpp"
#include "support/shared_dir.hpp"
#include <zer0/text/chat_template.hpp>

#include <fstream>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace {

using zer0::chat_message;
using zer0::chat_template;

/// Contents that look like markers, begin or end in white space, or are empty.
std::string random_content(std::mt19937& random) {
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

std::vector<chat_message> random_conversation(std::mt19937& random) {
  std::vector<chat_message> messages;
  if (random() % 2 == 0) messages.push_back({"system", random_content(random)});
  for (unsigned turns = 1 + random() % 4; turns > 0; --turns) {
    messages.push_back({"user", random_content(random)});
    messages.push_back({"assistant", random_content(random)});
  }
  return messages;
}

std::string without_leading(std::string text, const char* characters) {
  text.erase(0, std::min(text.find_first_not_of(characters), text.size()));
  return text;
}

/// What the template of a tokenizer makes of an answer, read off the template by hand.
std::string answer(const std::string& tokenizer, const chat_message& m, bool last) {
  if (tokenizer == "llama3_1") {
    std::string text = without_leading(m.content, " \n\t");
    text.erase(text.find_last_not_of(" \n\t") + 1);
    return text;
  }
  if (tokenizer == "minimind") return without_leading(m.content, "\n");
  if (tokenizer == "qwen3" && last) return "<think>\n\n</think>\n\n" + without_leading(m.content, "\n");
  return m.content;
}

void check_random_conversations(const std::string& tokenizer, const chat_template& t) {
  std::mt19937 random(7);
  for (int i = 0; i < 50; ++i) {
    const std::vector<chat_message> messages = random_conversation(random);
    const zer0::rendered_chat chat = t.render_with_spans(messages);
    CAPTURE(tokenizer, i, chat.text, chat.unknown);
    REQUIRE(chat.spans_known());
    auto span = chat.assistant.begin();
    for (std::size_t m = 0; m < messages.size(); ++m) {
      if (messages[m].role != "assistant") continue;
      REQUIRE(span != chat.assistant.end());
      CHECK(span->message == static_cast<int>(m));
      CHECK(chat.text.substr(span->begin, span->end - span->begin) ==
            answer(tokenizer, messages[m], m + 1 == messages.size()) + t.token("eos_token"));
      ++span;
    }
    CHECK(span == chat.assistant.end());
  }
}

}  // namespace

TEST_CASE("assistant_spans: of random conversations they are exactly the answers and end tokens",
          "[text][chat_template]") {
  std::ifstream lines(support::data_dir() / "chat_template" / "published.jsonl");
  std::map<std::string, chat_template> templates;
  for (std::string line; std::getline(lines, line);) {
    const auto golden = zer0::chat_json::parse(line);
    const auto name = golden["tokenizer"].get<std::string>();
    if (!templates.contains(name))
      templates.emplace(name, chat_template(golden["template"].get<std::string>(), golden["special_tokens"]));
  }
  CHECK(templates.size() == 3);
  for (const auto& [name, t] : templates) check_random_conversations(name, t);
}

TEST_CASE("assistant_spans: the same with the templates of all tokenizer directories", "[text][chat_template]") {
  const auto shared = support::shared_dir();
  if (!shared) {
    WARN("skipped: no shared folder");
    return;
  }
  for (const std::string name : {"deepseek_v3", "gpt2_digits", "llama3_1", "minimind", "qwen3", "zer02llm"})
    check_random_conversations(name, chat_template::from_directory(*shared / "tokenizers" / name));
}
