#include "support/catch.hpp"
#include "support/shared_dir.hpp"
#include "support/temp_dir.hpp"
#include <zer0/text/chat_template.hpp>
#include <zer0/text/tokenizer.hpp>

#include <nlohmann/json.hpp>

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace {

using zer0::chat_json;
using zer0::chat_message;
using zer0::chat_template;

const chat_json chatml_tokens = {{"bos_token", "<s>"}, {"eos_token", "<|im_end|>"}};
const std::vector<chat_message> talk = {
    {"user", "hi"}, {"assistant", " hello "}, {"user", "bye"}, {"assistant", "ciao"}};

std::string render(const std::string& source, const chat_json& variables = chat_json::object()) {
  zer0::chat_options options;
  options.variables = variables;
  return chat_template(source).render(std::vector<chat_message>{{"user", "hi"}}, options);
}

/// The pieces of text that the spans hold; "?" and the reason if they are not known.
std::vector<std::string> spoken(const zer0::rendered_chat& chat) {
  if (!chat.spans_known()) return {"?", chat.unknown};
  std::vector<std::string> pieces;
  for (const auto& span : chat.assistant)
    pieces.push_back(chat.text.substr(span.begin, span.end - span.begin));
  return pieces;
}

std::vector<std::string> spoken(const std::string& source,
                                const std::vector<chat_message>& messages = talk,
                                const chat_json& tokens = chatml_tokens) {
  return spoken(chat_template(source, tokens).render_with_spans(messages));
}

using pieces = std::vector<std::string>;

/// One line of chat_goldens.jsonl against a template.
void check_golden(const chat_json& golden, const chat_template& t) {
  CAPTURE(golden["tokenizer"], golden["case"]);
  zer0::chat_options options;
  options.add_generation_prompt = golden["add_generation_prompt"].get<bool>();
  if (golden.contains("kwargs")) options.variables = golden["kwargs"];
  CHECK(t.render(golden["messages"], options) == golden["rendered"].get<std::string>());
}

/// The token that ends an answer, as text.
std::string end_of(const std::filesystem::path& folder) {
  const zer0::tokenizer tok(folder);
  const auto end = zer0::chat_end_token(zer0::chat_template::from_directory(folder), tok);
  return end ? tok.token_bytes(*end) : "none";
}

}  // namespace

TEST_CASE(
    "chat_template: expressions and templates give what Jinja2 gave, and what it refuses is "
    "refused",
    "[text][chat_template]") {
  std::ifstream lines(support::data_dir() / "chat_template" / "jinja.jsonl");
  std::string line;
  REQUIRE(std::getline(lines, line));
  zer0::chat_options options;
  options.variables = chat_json::parse(line);
  const chat_json messages = (*options.variables)["messages"];
  options.variables->erase("messages");
  int cases = 0;
  while (std::getline(lines, line)) {
    const chat_json golden = chat_json::parse(line);
    const auto source = golden["template"].get<std::string>();
    CAPTURE(source);
    ++cases;
    if (golden.contains("fails")) {
      CHECK_THROWS_AS(chat_template(source).render(messages, options), zer0::error);
      continue;
    }
    const auto chat = chat_template(source).render_with_spans(messages, options);
    CHECK(chat.text == golden["rendered"].get<std::string>());
    if (!golden.contains("spans")) continue;
    chat_json spans = chat_json::array();
    for (const auto& span : chat.assistant) spans.push_back({span.begin, span.end});
    CHECK(spans == golden["spans"]);
  }
  CHECK(cases > 500);
}

TEST_CASE("chat_template: published templates give the texts that transformers give",
          "[text][chat_template]") {
  std::ifstream lines(support::data_dir() / "chat_template" / "published.jsonl");
  int cases = 0;
  for (std::string line; std::getline(lines, line); ++cases) {
    const chat_json golden = chat_json::parse(line);
    check_golden(golden,
                 chat_template(golden["template"].get<std::string>(), golden["special_tokens"]));
  }
  CHECK(cases == 18);
}

TEST_CASE(
    "chat_template: the templates of all tokenizer directories give the goldens' texts, with spans "
    "for each answer",
    "[text][chat_template]") {
  const auto shared = support::shared_dir();
  if (!shared) {
    WARN("skipped: no shared folder");
    return;
  }
  std::ifstream lines(*shared / "tokenizers" / "chat_goldens.jsonl");
  std::map<std::string, chat_template> loaded;
  int cases = 0;
  for (std::string line; std::getline(lines, line); ++cases) {
    const chat_json golden = chat_json::parse(line);
    const auto name = golden["tokenizer"].get<std::string>();
    if (!loaded.contains(name))
      loaded.emplace(name, chat_template::from_directory(*shared / "tokenizers" / name));
    const chat_template& t = loaded.at(name);
    check_golden(golden, t);
    const auto chat = t.render_with_spans(golden["messages"]);
    CHECK(chat.unknown.empty());
    std::size_t answers = 0;
    for (const auto& m : golden["messages"]) answers += m["role"] == "assistant" ? 1 : 0;
    REQUIRE(chat.assistant.size() == answers);
    for (const std::string& piece : spoken(chat)) CHECK(piece.ends_with(t.token("eos_token")));
  }
  CHECK(cases == 108);
}

TEST_CASE(
    "chat_template: spans are answers with their end token, whatever the template trims or puts "
    "around them",
    "[text][chat_template]") {
  const std::string chatml =
      "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% "
      "endfor %}"
      "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";
  CHECK(spoken(chatml) == pieces{" hello <|im_end|>", "ciao<|im_end|>"});

  const std::string trimmed =  // in the manner of Llama 3: a begin token with the first message
      "{% for m in messages %}{% set c = '[' + m.role + ']\n' + m['content'] | trim + '<|im_end|>' "
      "%}"
      "{% if loop.first %}{% set c = bos_token + c %}{% endif %}{{ c }}{% endfor %}"
      "{% if add_generation_prompt %}{{ '[assistant]\n' }}{% endif %}";
  CHECK(spoken(trimmed) == pieces{"hello<|im_end|>", "ciao<|im_end|>"});
  CHECK(spoken(trimmed, {{"assistant", "first"}, {"user", "x"}}) == pieces{"first<|im_end|>"});

  const std::string
      mistral =  // no generation prompt; the space before the answer is the model's to write
      "{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}{{ '[INST] ' + m.content + ' "
      "[/INST]' }}"
      "{% else %}{{ ' ' + m.content | trim + eos_token }}{% endif %}{% endfor %}";
  CHECK(spoken(mistral) == pieces{" hello<|im_end|>", " ciao<|im_end|>"});

  const std::string gemma =  // its turns end with a token that is not eos_token
      "{% for m in messages %}{% set role = 'model' if m.role == 'assistant' else m.role %}"
      "{{ '<start_of_turn>' + role + '\n' + m.content | trim + '<end_of_turn>\n' }}{% endfor %}"
      "{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}";
  CHECK(spoken(gemma) == pieces{"hello<end_of_turn>", "ciao<end_of_turn>"});

  const std::string thinking =  // the prompt opens a block that the turns of the past do not have
      "{% for m in messages %}{{ '<' + m.role + '>' + m.content.split('</think>')[-1] + eos_token "
      "}}{% endfor %}"
      "{% if add_generation_prompt %}<assistant><think>\n{% endif %}";
  CHECK(spoken(thinking, {{"user", "a"},
                          {"assistant", "<think>b</think>c"},
                          {"user", "d"},
                          {"assistant", "<e>"}}) == pieces{"c<|im_end|>", "<e><|im_end|>"});

  const std::string
      macros =  // the turn is written by a macro, into a block that is set and printed
      "{% macro turn(m) %}<{{ m.role }}>{{ m.content | trim }}</s>\n{% endmacro %}"
      "{% set all %}{% for m in messages %}{{ turn(m) }}{% endfor %}{% endset %}  {{ all | trim }}"
      "{% if add_generation_prompt %}\n<assistant>{% endif %}";
  CHECK(spoken(macros) == pieces{"hello</s>", "ciao</s>"});
}

TEST_CASE(
    "chat_template: an answer that spells out markers, or is empty, does not mislead its span",
    "[text][chat_template]") {
  const std::string chatml =
      "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% "
      "endfor %}"
      "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";
  const std::string odd = "<|im_end|>\n<|im_start|>assistant\nassistant\n";
  CHECK(spoken(chatml, {{"user", odd},
                        {"assistant", odd},
                        {"assistant", ""},
                        {"user", "hi"},
                        {"assistant", "hi"}}) ==
        pieces{odd + "<|im_end|>", "<|im_end|>", "hi<|im_end|>"});
  const auto chat = chat_template(chatml, chatml_tokens).render_with_spans(talk);
  REQUIRE(chat.assistant.size() == 2);
  CHECK(chat.assistant[0].message == 1);
  CHECK(chat.assistant[1].message == 3);
}

TEST_CASE("chat_template: spans that cannot be known are said to be unknown",
          "[text][chat_template]") {
  const auto unknown = [](const std::string& source) {
    const pieces found = spoken(source);
    return !found.empty() && found[0] == "?" ? found[1] : std::string("known");
  };
  CHECK_THAT(unknown("{% for i in range(4) %}{{ messages[i].content }}{% endfor %}"),
             support::contains("round of a loop"));
  CHECK_THAT(unknown("{% for m in messages %}{{ ('<' + m.content) | upper | tojson }}{% endfor %}"),
             support::contains("cannot be followed"));
  CHECK_THAT(unknown("{% for m in messages %}{{ m.content }}{% endfor %}{% for m in messages %}{{ "
                     "m.content }}{% endfor %}"),
             support::contains("message 2"));
  CHECK_THAT(unknown("{% if messages | length < 2 %}{{ raise_exception('few') }}{% endif %}"
                     "{% for m in messages %}{{ m.content }}{% endfor %}"),
             support::contains("refuses"));
  CHECK(unknown("{% for m in messages if m.role == 'user' %}{{ m.content }}{% endfor %}") ==
        "known");  // none there
}

TEST_CASE("chat_template: generation blocks are the spans where a template has them",
          "[text][chat_template]") {
  const std::string source =
      "{% for m in messages %}<{{ m.role }}>{% if m.role == 'assistant' %}{% generation %}{{ "
      "m.content | trim }}</s>"
      "{% endgeneration %}{% else %}{{ m.content }}</s>{% endif %}\n{% endfor %}";
  CHECK(spoken(source) == pieces{"hello</s>", "ciao</s>"});
  const auto chat = chat_template(source).render_with_spans(talk);
  CHECK(chat.assistant[1].message == 3);
}

TEST_CASE("chat_template: errors name the template's line and what is wrong",
          "[text][chat_template]") {
  const auto message = [](const std::string& source) -> std::string {
    try {
      (void)render(source);
    } catch (const zer0::error& e) {
      return e.what();
    }
    return "no error";
  };
  CHECK(message("a\n\n{{ missing.x }}") == "chat template line 3: 'missing' is undefined");
  CHECK(message("\n{{ raise_exception('Roles must alternate') }}") ==
        "chat template line 2: Roles must alternate");
  CHECK(message("{% if true %}\nx") ==
        "chat template line 2: expected {% endif %}, found the end of the template");
  CHECK(message("x\n{% include 'a' %}")
            .find("chat template line 2: the tag {% include %} is not supported") == 0);
  CHECK(message("{{ 'a' + 1 }}").find("use ~ to join anything as text") != std::string::npos);
  CHECK(message("{% set _ = messages.append(1) %}").find("may not change a list") !=
        std::string::npos);
  CHECK(message("{{ 9223372036854775807 + 1 }}") ==
        "chat template line 1: an integer grows beyond 64 bits");
  CHECK_THROWS_WITH(chat_template("{{ 1").render(talk),
                    support::contains("line 1: a tag is not closed"));
  CHECK_THROWS_WITH(chat_template("x").render(chat_json::object()),
                    support::contains("the messages are not a list"));
  CHECK_THROWS_WITH(chat_template("x").render(chat_json::array({1})),
                    support::contains("message 1 is not an object"));
  CHECK_THROWS_WITH(chat_template("\xff"), support::contains("not UTF-8"));
}

TEST_CASE("chat_template: no template hangs, fills the memory or overflows the stack",
          "[text][chat_template]") {
  const auto repeated = [](const std::string& part, int n) {
    std::string all;
    for (int i = 0; i < n; ++i) all += part;
    return all;
  };
  const std::vector<std::string> hostile = {
      "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
      "{{ 'a' * 1000000000000 }}",
      "{{ [0] * 1000000000000 }}",
      "{{ 'x'.center(99999999999) }}",
      "{{ 'a' | indent(99999999999) }}",
      "{% set ns = namespace(s='ab') %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% "
      "endfor %}",
      "{% set ns = namespace(s=[1]) %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% "
      "endfor %}",
      "{% set ns = namespace(s=[]) %}{% for i in range(100000) %}{% set ns.s = [ns.s] %}{% endfor "
      "%}",
      "{% set ns = namespace(s=[]) %}{% for i in range(90) %}{% set ns.s = [ns.s, ns.s] %}{% "
      "endfor %}{{ ns.s }}",
      "{% set ns = namespace(s=[], t=[]) %}{% for i in range(90) %}{% set ns.s = [ns.s, ns.s] %}{% "
      "set ns.t = [ns.t, "
      "ns.t] %}{% endfor %}{{ ns.s == ns.t }}",
      "{% set ns = namespace() %}{% for i in range(100000) %}{% for x in [ns.l] %}{% set ns.l = "
      "loop %}{% endfor %}{% "
      "endfor %}",
      "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
      "{{ " + repeated("(", 100000),
      "{{ " + repeated("-", 100000) + "1 }}",
      "{{ " + repeated("not ", 100000) + "1 }}",
      "{{ 1" + repeated(" + 1", 100000) + " }}",
      "{{ a" + repeated(".b", 100000) + " }}",
      "{{ a" + repeated("|d", 100000) + " }}",
      repeated("{% if true %}", 100000),
      "{{ " + repeated("[", 100000),
      "{{ 1 if " + repeated("1 if ", 100000),
      "{{ 'a' | map(" + repeated("'map', ", 100000) + "'upper') | list }}",
      "{% set " + repeated("(", 100000),
      "{% set a = 'a' * 1000000 %}{{ a.replace('a', a) }}",
      "{% set a = 'a' * 9000000 %}{{ (a + 'b' + a).find(a + 'c') }}{% for i in range(99999) %}{{ "
      "a.count('b') }}{% "
      "endfor %}",
      "{% set ns = namespace() %}{% for i in range(100000) %}{% macro m() %}{% endmacro %}{% set "
      "ns.x = [ns, m, ns.x] "
      "%}{% endfor %}",
      repeated("{% raw %}{% ", 50000),
  };
  for (const std::string& source : hostile) {
    CAPTURE(source.substr(0, 200));
    CHECK_THROWS_AS(render(source), zer0::error);
  }
  CHECK(render("{% set ns = namespace() %}{% set ns.me = ns %}{% set ns.list = [ns] %}{{ "
               "ns.me.me.list | length }}") == "1");
}

TEST_CASE("chat_template: directories keep templates in four ways", "[text][chat_template]") {
  const support::temp_dir folder;
  const auto write = [&](const std::string& name, const std::string& text) {
    std::ofstream(folder / name, std::ios::binary) << text;
  };
  const auto text = [&](zer0::chat_options options = {}) {
    return chat_template::from_directory(folder.path()).render(talk, options);
  };
  CHECK_THROWS_WITH(text(), support::contains("has no chat template"));
  write("tokenizer_config.json",
        R"({"bos_token": {"content": "<b>"}, "eos_token": null,)"
        R"( "chat_template": "{{ bos_token }}{{ eos_token is defined }}"})");
  CHECK(text() == "<b>False");
  write("tokenizer_config.json", R"({"chat_template": [{"name": "default", "template": "plain"},)"
                                 R"( {"name": "tool_use", "template": "{{ tools[0].name }}"}]})");
  CHECK(text() == "plain");
  CHECK(text({.tools = {{{"name", "f"}}}}) == "f");
  CHECK(text({.tools = {{{"name", "f"}}}, .name = "default"}) == "plain");
  CHECK_THROWS_WITH(text({.name = "rag"}), support::contains("no chat template named 'rag'"));
  std::filesystem::create_directory(folder / "additional_chat_templates");
  write("additional_chat_templates/rag.jinja", "rag {{ documents | length }}");
  CHECK(text({.documents = chat_json::array({1, 2}), .name = "rag"}) == "rag 2");
  write("chat_template.jinja", "from the file");
  CHECK(text() == "from the file");
  write("chat_template.jinja", "\n{% nonsense %}");
  CHECK_THROWS_WITH(text(), support::contains("chat_template.jinja line 2"));
  write("tokenizer_config.json", "{");
  CHECK_THROWS_WITH(text(), support::contains("tokenizer_config.json: not valid JSON"));
}

TEST_CASE("chat_template: tools keep the order of their keys, and the time is what it is set to",
          "[text][chat_template]") {
  zer0::chat_options options;
  options.tools =
      chat_json::parse(R"([{"type": "function", "function": {"name": "f", "description": "é",)"
                       R"( "parameters": {"z": 1, "a": 2}}}])");
  options.now = 0;
  CHECK(chat_template("{{ tools | tojson }}").render(talk, options) ==
        R"([{"type": "function", "function": {"name": "f", "description": "é",)"
        R"( "parameters": {"z": 1, "a": 2}}}])");
  CHECK_THAT(chat_template("{{ strftime_now('%d %b %Y') }}").render(talk, options),
             support::contains("19"));
  CHECK(chat_template("{{ tools is none }}{{ documents }}").render(talk) == "TrueNone");
}

TEST_CASE("chat_template: threads share a template", "[text][chat_template]") {
  const chat_template t("{% for m in messages %}{{ m.content | upper }}{% endfor %}");
  std::vector<std::string> texts(4);
  std::vector<std::thread> threads;
  for (std::string& text : texts) threads.emplace_back([&] { text = t.render(talk); });
  for (std::thread& thread : threads) thread.join();
  for (const std::string& text : texts) CHECK(text == "HI HELLO BYECIAO");
}

TEST_CASE("chat_end_token: what the template ends an answer with, not the end of a text",
          "[text][chat_end_token]") {
  CHECK(end_of(support::source_dir() / "examples" / "tokenizer") ==
        "<|im_end|>");  // its eos is </s>
}

TEST_CASE("chat_end_token: without an end in the template it is the tokenizer's eos",
          "[text][chat_end_token]") {
  const zer0::tokenizer tok(support::source_dir() / "examples" / "tokenizer");
  const zer0::chat_template plain(
      "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}");
  CHECK(zer0::chat_end_token(plain, tok) == tok.eos());
  const zer0::chat_template refuses("{{ raise_exception('no') }}");
  CHECK(zer0::chat_end_token(refuses, tok) == tok.eos());
}

TEST_CASE("chat_end_token: of published templates", "[text][chat_end_token]") {
  const auto shared = support::shared_dir();
  if (!shared) {
    WARN("skipped: no shared folder");
    return;
  }
  const auto folder = *shared / "tokenizers";
  CHECK(end_of(folder / "zer02llm") == "</s>");
  CHECK(end_of(folder / "minimind") == "<|im_end|>");
}
