#include "support/catch.hpp"
#include "support/shared_dir.hpp"
#include <zer0/data/records.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <utility>
#include <vector>

using zer0::chat_records;
using zer0::index_t;

namespace {

const zer0::open_options skipping{.skip_bad_lines = true};
const std::string good =
    R"({"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]})"
    "\n";

/// What is said against the line, opened between two good ones; empty if nothing.
std::string fault_of(const std::string& line) {
  try {
    (void)chat_records(good + line + "\n" + good, "memory");
  } catch (const zer0::error& e) {
    return e.what();
  }
  return {};
}

std::string line_of(const std::string& messages) {
  return R"({"conversations": )" + messages + "}";
}

zer0::chat_record record_of(const std::string& line) {
  zer0::chat_record record;
  chat_records(line, "memory").read(0, record);
  return record;
}

}  // namespace

TEST_CASE("chat_records: messages come out in the order of the file, with all their keys",
          "[data][chat_records]") {
  const auto r = record_of(
      R"({"id": 3, "tools": [{"name": "f"}], "x": [[[{"messages": 1}]]], "conversations": [{"content": "q\n\u4e16", "role": "user", "name": "N"},)"
      R"({"role": "assistant", "content": null, "tool_calls": [{"function": {"name": "f", "arguments": {"b": 1, "a": [true, -2, 0.5, null]}}}]},)"
      R"({"role": "tool", "content": ""}, {"role": "assistant", "reasoning_content": "r", "content": " "}]})");
  CHECK(
      r.messages->dump() ==
      R"([{"content":"q\n)"
      "\xe4\xb8\x96"
      R"(","role":"user","name":"N"},)"
      R"({"role":"assistant","content":null,"tool_calls":[{"function":{"name":"f","arguments":{"b":1,"a":[true,-2,0.5,null]}}}]},)"
      R"({"role":"tool","content":""},{"role":"assistant","reasoning_content":"r","content":" "}])");
  CHECK(r.tools->dump() == R"([{"name":"f"}])");
  CHECK(record_of(good).tools->is_null());
}

TEST_CASE("chat_records: every way to be no conversation is named with file and line",
          "[data][chat_records]") {
  const std::string q = R"({"role": "user", "content": "q"})";
  const std::string a = R"({"role": "assistant", "content": "a"})";
  std::string deep = R"({"messages": [{"role": "user", "content": "q", "x": )";
  for (int i = 0; i < 100; ++i) deep += "[";
  const std::vector<std::pair<std::string, std::string>> faults{
      {R"("text")", "it is a string, not an object like {\"conversations\": [...]}"},
      {R"([)" + a + "]", "it is an array, not an object"},
      {"{}", "it has neither \"conversations\" nor \"messages\""},
      {R"({"text": "a"})", "it has neither"},
      {line_of("null"), "its \"conversations\" is null, not an array"},
      {line_of("\"no\""), "its \"conversations\" is a string, not an array"},
      {line_of("{}"), "its \"conversations\" is an object, not an array"},
      {line_of("[]"), "its \"conversations\" is empty"},
      {line_of(R"(["user", "assistant"])"),
       "message 1 is a string, not an object with \"role\" and \"content\""},
      {line_of("[" + q + R"(, {"content": "x"}])"), "message 2 has no \"role\""},
      {line_of(R"([{"from": "human", "value": "x"}])"),
       "message 1 has no \"role\"; rename \"from\" and \"value\""},
      {line_of(R"([{"role": 1, "content": "x"}])"),
       "the \"role\" of message 1 is a number, not a string"},
      {line_of("[" + q + R"(, {"role": "bot", "content": "x"}])"),
       "the role of message 2 is \"bot\"; it must be system, user, assistant or tool"},
      {line_of(R"([{"role": "user"}, )" + a + "]"), "message 1 has no \"content\""},
      {line_of(R"([{"role": "user", "content": null}, )" + a + "]"),
       "the \"content\" of message 1 is null, not a string"},
      {line_of("[" + q + R"(, {"role": "assistant", "content": ["x"]}])"),
       "the \"content\" of message 2 is an array, not a string"},
      {line_of("[" + q + "]"), "it has no message of the assistant"},
      {line_of("[" + q + R"(, {"role": "assistant", "content": " \n"}])"),
       "the assistant says nothing"},
      {R"({"messages": [)" + a + R"(], "conversations": []})",
       "it has \"conversations\" and \"messages\""},
      {R"({"messages": [)" + a + R"(], "messages": []})", "it has \"messages\" twice"},
      {line_of(R"([{"role": "user", "role": "user", "content": "x"}])"), "it has \"role\" twice"},
      {deep, "nested more than 64 deep"},
      {line_of("[" + a), "not valid JSON at byte"},
      {line_of("[{\"role\": \"user\", \"content\": \"\xff\"}]"), "ill-formed UTF-8 byte"}};
  for (const auto& [line, what] : faults) {
    CAPTURE(line);
    const std::string fault = fault_of(line);
    CHECK_THAT(fault, support::contains(what));
    CHECK(fault.starts_with("memory:2: "));
    CHECK(fault.ends_with("; set skip_bad_lines to leave such lines out"));
    const std::string text = good + line + "\n" + good;
    const chat_records left(text, "memory", skipping);
    CHECK(left.size() == 2);
    CHECK(left.bad_lines() == 1);
  }
}

TEST_CASE(
    "chat_records: the order of roles is the template's business; a last word of the user is no "
    "fault",
    "[data][chat_records]") {
  const std::string a = R"({"role": "assistant", "content": "a"})";
  const std::string q = R"({"role": "user", "content": ""})";
  const std::string s = R"({"role": "system", "content": "s"})";
  const std::vector<std::vector<std::string>> fine{{a},       {a, q},    {q, q, a},
                                                   {q, s, a}, {q, a, a}, {s, q, a, q}};
  for (const auto& messages : fine) {
    std::string list;
    for (const std::string& m : messages) list += (list.empty() ? "" : ", ") + m;
    CHECK(fault_of(line_of("[" + list + "]")).empty());
  }
}

TEST_CASE("chat_records: deep nesting in a field that is ignored is ignored",
          "[data][chat_records]") {
  std::string line = R"({"x": )";
  for (int i = 0; i < 5000; ++i) line += "[";
  for (int i = 0; i < 5000; ++i) line += "]";
  line += R"(, "messages": [{"role": "assistant", "content": "a"}]})";
  CHECK(fault_of(line).empty());
}

TEST_CASE("chat_records: the malformed files of shared/data get the documented answers",
          "[data][chat_records]") {
  const auto shared = support::shared_dir();
  if (!shared) {
    WARN("skipped: no shared folder");
    return;
  }
  struct expected {
    const char* file;
    int line;  ///< the first bad one; 0: none is bad
    const char* what;
    index_t good, bad;
  };
  const std::vector<expected> all{
      {"sft_wrong_roles.jsonl", 2, "the role of message 1 is \"human\"; it must be system", 5, 2},
      {"sft_empty_conversations.jsonl", 2, "its \"conversations\" is empty", 2, 3},
      {"sft_only_user.jsonl", 2, "it has no message of the assistant", 3, 2},
      {"sft_missing_fields.jsonl", 2, "message 1 has no \"content\"", 2, 5},
      {"sft_empty_answer.jsonl", 2, "the assistant says nothing", 3, 1},
      {"sft_special_tokens_in_content.jsonl", 0, "", 3, 0},
      {"pretrain_json_array.json", 1, "jq -c '.[]'", 0, 0},
      {"pretrain_crlf.jsonl", 1, "it has neither \"conversations\" nor \"messages\"", 0, 0},
      {"empty.jsonl", 0, "has no records: it is empty", 0, 0},
      {"only_bom.jsonl", 0, "has no records", 0, 0},
      {"only_newlines.jsonl", 0, "has no records: it has no line that is not blank", 0, 0}};
  for (const expected& e : all) {
    const auto path = *shared / "data" / "malformed" / e.file;
    CAPTURE(e.file);
    if (*e.what != '\0') {
      const std::string where =
          path.string() + (e.line > 0 ? ":" + std::to_string(e.line) + ": " : "");
      CHECK_THROWS_WITH(chat_records(path), support::contains(where) && support::contains(e.what));
    }
    if (e.good == 0) {
      CHECK_THROWS_AS(chat_records(path, skipping), zer0::error);
      continue;
    }
    const chat_records records(path, skipping);
    CHECK(records.size() == e.good);
    CHECK(records.bad_lines() == e.bad);
  }
}

TEST_CASE("chat_records: the real files hold what their README says", "[data][chat_records]") {
  const auto shared = support::shared_dir();
  if (!shared) {
    WARN("skipped: no shared folder");
    return;
  }
  const std::vector<std::pair<const char*, index_t>> files{{"alpaca_en", 999},
                                                           {"alpaca_zh", 1000},
                                                           {"multiturn_en", 147},
                                                           {"multiturn_zh", 141},
                                                           {"chat_en", 150}};
  for (const auto& [name, size] : files)
    CHECK(chat_records(*shared / "data" / ("sft_" + std::string(name) + ".jsonl")).size() == size);
}
