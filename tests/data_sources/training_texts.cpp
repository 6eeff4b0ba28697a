#include "support/catch.hpp"
#include <zer0/data/training_texts.hpp>

using texts = std::vector<std::string>;

namespace {

texts read(const std::string& line) {
  texts list{"old"};
  const std::string problem = zer0::read_training_texts(line, list);
  INFO(line);
  CHECK(problem == "");
  return list;
}

std::string problem_of(const std::string& line) {
  texts list;
  return zer0::read_training_texts(line, list);
}

}  // namespace

TEST_CASE("training_texts: the text of a record, and the contents of its messages", "[data][training_texts]") {
  CHECK(read(R"({"text": "a\n", "source": "x", "n": [1, {"text": 2}]})") == texts{"a\n"});
  CHECK(read(R"({"text": ""})") == texts{""});
  CHECK(read(R"({"conversations": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]})") ==
        texts{"a", "b"});
  CHECK(read(R"({"messages": [{"content": "a", "tools": [{"content": "no"}], "role": "x"}, {"content": null}]})") ==
        texts{"a"});
  CHECK(read(R"({"chosen": [{"content": "a"}], "rejected": [{"content": "b"}], "other": [{"content": "no"}]})") ==
        texts{"a", "b"});
  CHECK(read(R"({"messages": [{"content": "a"}], "other": [["no"]], "more": {"x": [{"content": "no"}]}})") ==
        texts{"a"});
  CHECK(read(R"({"conversations": []})").empty());
}

TEST_CASE("training_texts: what is wrong with a line", "[data][training_texts]") {
  CHECK_THAT(problem_of(R"({"txt": "a"})"), support::contains("has neither \"text\" nor \"conversations\""));
  CHECK_THAT(problem_of(R"({"a": {"text": "a"}})"), support::contains("has neither"));
  CHECK_THAT(problem_of(R"({"text": 1})"), support::contains("\"text\" is a number, not a string"));
  CHECK_THAT(problem_of(R"({"text": ["a"]})"), support::contains("\"text\" is an array"));
  CHECK_THAT(problem_of(R"({"messages": [{"content": {"a": 1}}]})"), support::contains("\"content\" is an object"));
  CHECK_THAT(problem_of(R"({"messages": "a"})"), support::contains("messages are a string, not an array"));
  CHECK_THAT(problem_of(R"({"chosen": {"content": "a"}})"), support::contains("messages are an object"));
  CHECK_THAT(problem_of(R"({"messages": ["a"]})"), support::contains("a message is a string, not an object"));
  CHECK_THAT(problem_of(R"({"messages": [[{"content": "a"}]]})"), support::contains("a message is an array"));
  CHECK_THAT(problem_of(R"("a")"), support::contains("it is a string, not an object"));
  CHECK_THAT(problem_of(R"(["a"])"), support::contains("it is an array, not an object"));
  CHECK_THAT(problem_of(R"({"text": "a)"), support::contains("not valid JSON at byte"));
}

TEST_CASE("training_texts: JSON Lines are told by the name", "[data][training_texts]") {
  for (const char* name : {"a.jsonl", "b/c.ndjson", "d.json"}) CHECK(zer0::is_json_lines(name));
  for (const char* name : {"a.txt", "jsonl", "a.jsonl.txt"}) CHECK_FALSE(zer0::is_json_lines(name));
}
