#include "support/catch.hpp"
#include "support/random_conversations.hpp"
#include "support/shared_dir.hpp"
#include <zer0/text/chat_template.hpp>

#include <nlohmann/json.hpp>

#include <fstream>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace {

using support::answer, support::random_conversation;
using zer0::chat_message;
using zer0::chat_template;

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
      templates.emplace(
          name, chat_template(golden["template"].get<std::string>(), golden["special_tokens"]));
  }
  CHECK(templates.size() == 3);
  for (const auto& [name, t] : templates) check_random_conversations(name, t);
}

TEST_CASE("assistant_spans: the same with the templates of all tokenizer directories",
          "[text][chat_template]") {
  const auto shared = support::shared_dir();
  if (!shared) {
    WARN("skipped: no shared folder");
    return;
  }
  for (const std::string name :
       {"deepseek_v3", "gpt2_digits", "llama3_1", "minimind", "qwen3", "zer02llm"})
    check_random_conversations(name, chat_template::from_directory(*shared / "tokenizers" / name));
}

TEST_CASE(
    "assistant_spans: data is what messages, tools and documents became, and nothing of the "
    "template",
    "[text][chat_template]") {
  const chat_template t(
      "<tools>{% for t in tools %}{{ t | tojson }}{% endfor %}</tools>{% for m in messages %}[{{ "
      "m.role }}]"
      "{{ m.content | trim }}{% for c in m.tool_calls or [] %}<call>{{ c.name | upper }}{% endfor "
      "%}</s>{% endfor %}"
      "{% if add_generation_prompt %}[assistant]{% endif %}",
      {{"eos_token", "</s>"}});
  const auto messages = zer0::chat_json::parse(R"([
      {"role": "user", "content": " q "},
      {"role": "assistant", "content": "a", "tool_calls": [{"name": "f"}]},
      {"role": "tool", "content": "r"}])");
  const zer0::rendered_chat chat = t.render_with_spans(messages, {.tools = {{{"name", "f"}}}});
  CHECK(chat.text ==
        R"(<tools>{"name": "f"}</tools>[user]q</s>[assistant]a<call>F</s>[tool]r</s>)");
  std::vector<std::string> data;
  for (const zer0::text_range& r : chat.data)
    data.push_back(chat.text.substr(r.begin, r.end - r.begin));
  CHECK(data == std::vector<std::string>{R"({"name": "f"})", "q", "a", "F", "r"});
  REQUIRE(chat.assistant.size() == 1);
  CHECK(chat.text.substr(chat.assistant[0].begin,
                         chat.assistant[0].end - chat.assistant[0].begin) == "a<call>F</s>");
}
