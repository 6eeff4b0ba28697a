#include "support/catch.hpp"
#include "support/shared_dir.hpp"
#include <zer0/data/records.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <utility>
#include <vector>

using zer0::chat_json;
using zer0::preference_record;
using zer0::preference_records;

namespace {

chat_json say(const std::string& role, const std::string& content) {
  return {{"role", role}, {"content", content}};
}

std::string line(const chat_json& chosen, const chat_json& rejected) {
  return chat_json{{"chosen", chosen}, {"rejected", rejected}}.dump() + "\n";
}

const std::string good =
    line({say("user", "q"), say("assistant", "yes")}, {say("user", "q"), say("assistant", "no")});

preference_record only(const std::string& text) {
  const preference_records records(text, "memory");
  REQUIRE(records.size() == 1);
  preference_record out;
  records.read(0, out);
  return out;
}

}  // namespace

TEST_CASE("preference_records: the messages that both sides share are the prompt",
          "[data][preference_records]") {
  const preference_record one = only(good);
  CHECK(one.prompt == 1);
  CHECK((*one.chosen)[1]["content"] == "yes");
  CHECK((*one.rejected)[1]["content"] == "no");
  CHECK(one.tools->is_null());
  const chat_json shared{say("system", "s"), say("user", "a"), say("assistant", "b"),
                         say("user", "c")};
  chat_json chosen = shared;
  chat_json rejected = shared;
  chosen.push_back(say("assistant", "x"));
  rejected.push_back(say("assistant", "y"));
  rejected.push_back(say("user", "more"));
  rejected.push_back(say("assistant", "z"));
  CHECK(only(line(chosen, rejected)).prompt == 4);
  CHECK(only(line(chat_json::array({say("assistant", "x")}),
                  chat_json::array({say("assistant", "y")})))
            .prompt == 0);
  CHECK(
      *only(
           R"({"rejected":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}],"score":3,"tools":[1],)"
           R"("chosen":[{"role":"user","content":"q"},{"role":"assistant","content":"b"}]})")
           .tools == chat_json::array({1}));
}

TEST_CASE("preference_records: what is no pair is refused, saying where and why",
          "[data][preference_records]") {
  const chat_json q = say("user", "q");
  const std::vector<std::pair<std::string, std::string>> refused = {
      {"[]", "it is an array, not an object like {\"chosen\": [...]}"},
      {"{}", "it has neither \"chosen\" nor \"rejected\""},
      {R"({"chosen":[{"role":"user","content":"q"}]})", "it has no \"rejected\""},
      {R"({"rejected":[{"role":"user","content":"q"}]})", "it has no \"chosen\""},
      {R"({"chosen":[],"chosen":[]})", "it has \"chosen\" twice"},
      {line(chat_json::array(), chat_json::array({q})), ":2: its \"chosen\" is empty"},
      {line({q, say("assistant", "a")}, {q, say("robot", "b")}),
       "\"rejected\": the role of message 2 is \"robot\""},
      {line({q, say("assistant", "a")}, {q, say("assistant", "a")}),
       "\"chosen\" and \"rejected\" are the same"},
      {line({q, say("assistant", "a")}, {say("user", "other"), say("assistant", "b")}),
       "have different prompts: they differ in message 1, before the answer"},
      {line(chat_json::array({q}), {q, say("assistant", "b")}),
       "its \"chosen\" has no answer of the assistant"},
      {line({q, say("assistant", "b")}, chat_json::array({q})),
       "its \"rejected\" has no answer of the assistant"},
      {line({q, say("assistant", " ")}, {q, say("assistant", "b")}),
       "the assistant says nothing in \"chosen\""},
      {line({q, say("assistant", "a")}, {q, say("assistant", "")}),
       "the assistant says nothing in \"rejected\""},
  };
  for (const auto& [text, why] : refused) {
    INFO(text);
    const std::string file = good + text + "\n" + good;
    CHECK_THROWS_WITH(preference_records(file, "pairs.jsonl"),
                      support::contains("pairs.jsonl:2: ") && support::contains(why));
    const preference_records rest(file, "pairs.jsonl", {.skip_bad_lines = true});
    CHECK(rest.size() == 2);
    CHECK(rest.bad_lines() == 1);
    CHECK_THAT(rest.first_bad().at(0), support::contains(why));
  }
}

TEST_CASE("preference_records: malformed files are refused by line, or their good lines taken",
          "[data][preference_records]") {
  const auto shared = support::shared_dir();
  if (!shared) {
    WARN("skipped: no shared folder");
    return;
  }
  const auto folder = *shared / "data" / "malformed";
  struct expected {
    const char* file;
    zer0::index_t good, bad;
    const char* first;
  };
  for (const auto& e :
       {expected{"dpo_chosen_equals_rejected.jsonl", 2, 1,
                 ":2: \"chosen\" and \"rejected\" are the same"},
        expected{"dpo_different_prompts.jsonl", 2, 1,
                 ":2: \"chosen\" and \"rejected\" have different"},
        expected{"dpo_missing_side.jsonl", 2, 3, ":2: it has no \"rejected\""},
        expected{"dpo_no_assistant.jsonl", 2, 2, ":2: its \"chosen\" has no answer"}}) {
    CHECK_THROWS_WITH(preference_records(folder / e.file),
                      support::contains(std::string(e.file) + e.first));
    const preference_records rest(folder / e.file, {.skip_bad_lines = true});
    CHECK(rest.size() == e.good);
    CHECK(rest.bad_lines() == e.bad);
  }
  for (const char* name : {"dpo_en.jsonl", "dpo_zh.jsonl"})
    CHECK(preference_records(*shared / "data" / name).size() == 300);
}
