#include "support/catch.hpp"
#include "support/shared_dir.hpp"
#include <zer0/data/records.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <utility>
#include <vector>

using zer0::question_record;
using zer0::question_records;

namespace {

const std::string good = R"({"prompt": "q", "answer": "a"})"
                         "\n";

question_record only(const std::string& line) {
  const question_records records(line, "memory");
  REQUIRE(records.size() == 1);
  question_record out;
  records.read(0, out);
  return out;
}

std::string fault_of(const std::string& line) {
  try {
    (void)question_records(good + line + "\n", "memory");
  } catch (const zer0::error& e) {
    return e.what();
  }
  return {};
}

}  // namespace

TEST_CASE("question_records: a prompt, or a conversation whose last message is the answer",
          "[data][question_records]") {
  const question_record plain = only(good);
  CHECK(plain.asked == "q");
  CHECK(plain.answer == "a");
  CHECK_FALSE(plain.is_conversation());

  const question_record chat = only(
      R"({"tools": [1], "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]})");
  CHECK(chat.asked == "q");
  CHECK(chat.answer == "a");
  REQUIRE(chat.is_conversation());
  CHECK(chat.messages->size() == 2);
  CHECK(chat.tools->dump() == "[1]");

  const question_record called = only(
      R"({"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": null, "tool_calls": [1]}, {"role": "assistant", "content": "a"}]})");
  CHECK(called.asked.empty());
  CHECK(called.messages->size() == 2);
}

TEST_CASE(
    "question_records: a record that was a conversation becomes a prompt when it is read again",
    "[data][question_records]") {
  const std::string text =
      R"({"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]})"
      "\n" +
      good;
  const question_records records(text, "memory");
  question_record out;
  records.read(0, out);
  CHECK(out.is_conversation());
  records.read(1, out);
  CHECK_FALSE(out.is_conversation());
}

TEST_CASE("question_records: every way to be no question is named with file and line",
          "[data][question_records]") {
  const std::vector<std::pair<std::string, std::string>> faults{
      {"nonsense", "memory:2: "},
      {"{}", "it has neither \"conversations\" nor \"messages\""},
      {R"({"prompt": "q"})", "it has no \"answer\""},
      {R"({"answer": "a"})", "it has no \"prompt\""},
      {R"({"prompt": 1, "answer": "a"})", "its \"prompt\" is not a string"},
      {R"({"prompt": "q", "answer": null})", "its \"answer\" is not a string"},
      {R"({"prompt": "", "answer": "a"})", "its \"prompt\" is empty"},
      {R"({"messages": [{"role": "assistant", "content": "a"}, {"role": "user", "content": "q"}]})",
       "its last message is not an answer of the assistant"},
      {R"({"messages": [{"role": "assistant", "content": "a"}]})",
       "nothing stands before its answer"}};
  for (const auto& [line, what] : faults) {
    INFO(line);
    CHECK_THAT(fault_of(line), support::contains(what));
  }
}
