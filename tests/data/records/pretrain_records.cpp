#include "support/catch.hpp"
#include "support/shared_dir.hpp"
#include "support/temp_dir.hpp"
#include <zer0/data/records.hpp>

#include <fstream>
#include <map>
#include <string>
#include <vector>

using zer0::index_t;
using zer0::pretrain_records;

namespace {

const zer0::open_options skipping{.skip_bad_lines = true};
const std::string good = R"({"text": "fine"})"
                         "\n";

std::vector<std::string> texts_of(const pretrain_records& records) {
  std::vector<std::string> texts;
  std::string text;
  for (index_t i = 0; i < records.size(); ++i) {
    records.read(i, text);
    texts.push_back(text);
  }
  return texts;
}

/// What is said against the line, opened between two good ones; empty if nothing.
std::string fault_of(const std::string& line) {
  try {
    (void)pretrain_records(good + line + "\n" + good, "memory");
  } catch (const zer0::error& e) {
    return e.what();
  }
  return {};
}

/// The text of the one record.
std::string text_of(const std::string& line) {
  return texts_of(pretrain_records(line, "memory")).at(0);
}

}  // namespace

TEST_CASE("pretrain_records: the texts come out as JSON means them", "[data][pretrain_records]") {
  CHECK(text_of(R"({"text": "plain"})") == "plain");
  CHECK(text_of(R"( { "text" : "a\n\t\"\\\/\u00e9\u4f60" } )") == "a\n\t\"\\/\xc3\xa9\xe4\xbd\xa0");
  CHECK(text_of(R"({"text": "good pair \ud83d\ude00"})") == "good pair \xf0\x9f\x98\x80");
  CHECK(text_of(R"({"text": "nul \u0000 inside"})") == std::string("nul \0 inside", 12));
  CHECK(text_of(R"({"te\u0078t": "escaped key"})") == "escaped key");
  CHECK(
      text_of(
          R"({"id": 7, "text": "a", "b": null, "c": [1, {"text": "no"}], "d": {"text": 1}, "e": "text"})") ==
      "a");
  CHECK(text_of(R"({"text": " kept \n"})") == " kept \n");
}

TEST_CASE("pretrain_records: every way to be no record is named with file and line",
          "[data][pretrain_records]") {
  const std::vector<std::pair<std::string, std::string>> faults{
      {R"({"text": "stops in the mid)",
       "not valid JSON at byte 27: invalid string: missing closing quote"},
      {R"({"text": "a"} {"text": "b"})",
       "not valid JSON at byte 15: unexpected '{'; expected end of input"},
      {R"({"text": "a",})", "not valid JSON at byte 14"},
      {R"({text: "a"})", "not valid JSON at byte 3"},
      {R"({'text': 'a'})", "not valid JSON at byte 2"},
      {R"({"text": "a", "n": 1e999})",
       "not valid JSON at byte 24: number overflow parsing '1e999'"},
      {R"({"text": NaN})", "not valid JSON at byte 10"},
      {"{\"text\": \"raw\ttab\"}", "invalid string: control character U+0009 (HT) must be escaped"},
      {"{\"text\": \"bad \xff\xfe\"}", "ill-formed UTF-8 byte"},
      {"{\"text\": \"bad \xc3(\"}", "ill-formed UTF-8 byte"},
      {"{\"text\": \"overlong \xc0\xaf\"}", "ill-formed UTF-8 byte"},
      {"{\"text\": \"surrogate \xed\xa0\x80\"}", "ill-formed UTF-8 byte"},
      {"{\"text\": \"above \xf4\x90\x80\x80\"}", "ill-formed UTF-8 byte"},
      {"{\"other\": \"\xff\", \"text\": \"a\"}", "ill-formed UTF-8 byte"},
      {R"({"text": "lone \ud83d high"})", "must be followed by U+DC00..U+DFFF"},
      {R"({"text": "lone \ude00 low"})", "must follow U+D800..U+DBFF"},
      {std::string("{\"text\": \"a\"}\0x", 15), "it holds a NUL byte"},
      {R"({"txt": "a"})", "it has no \"text\""},
      {"{}", "it has no \"text\""},
      {R"({"nested": {"text": "a"}})", "it has no \"text\""},
      {R"({"text": "a", "text": "b"})", "it has \"text\" twice"},
      {R"({"text": 12345})", "its \"text\" is a number, not a string"},
      {R"({"text": -1})", "its \"text\" is a number, not a string"},
      {R"({"text": 1.5})", "its \"text\" is a number, not a string"},
      {R"({"text": null})", "its \"text\" is null, not a string"},
      {R"({"text": true})", "its \"text\" is a boolean, not a string"},
      {R"({"text": ["a", "b"]})", "its \"text\" is an array, not a string"},
      {R"({"text": {"a": "b"}})", "its \"text\" is an object, not a string"},
      {R"("just a string")", "it is a string, not an object like"},
      {"[1, 2, 3]", "it is an array, not an object like"},
      {"42", "it is a number, not an object like"},
      {"true", "it is a boolean, not an object like"},
      {"null", "it is null, not an object like"},
      {R"({"text": ""})", "its \"text\" is empty"},
      {R"({"text": " \n\t"})", "its \"text\" is empty"},
  };
  for (const auto& [line, message] : faults) {
    INFO(line);
    const std::string fault = fault_of(line);
    CHECK(fault.starts_with("memory:2: "));
    CHECK_THAT(fault, support::contains(message));
    CHECK(fault.ends_with("; set skip_bad_lines to leave such lines out"));
    CHECK(fault.size() < 250);
    const std::string text = good + line + "\n" + good;
    const pretrain_records records(text, "memory", skipping);
    CHECK(texts_of(records) == std::vector<std::string>{"fine", "fine"});
    CHECK(records.bad_lines() == 1);
    REQUIRE(records.first_bad().size() == 1);
    CHECK(fault == records.first_bad()[0] + "; set skip_bad_lines to leave such lines out");
    CHECK(records.where(1) == "memory:3");
  }
}

TEST_CASE(
    "pretrain_records: with thousands of lines the first bad one is told, for any number of "
    "workers",
    "[data][pretrain_records]") {
  std::string text;
  for (int i = 0; i < 20000; ++i)
    text += i >= 700 && i % 4 != 1 ? "\n{}\n" : R"({"text": ")" + std::to_string(i) + "\"}\n";
  std::vector<std::string> first_bad;
  std::vector<std::string> texts;
  for (const int workers : {1, 2, 4, 7}) {
    CHECK_THROWS_WITH(pretrain_records(text, "memory", {.num_workers = workers}),
                      support::contains("memory:702: it has"));
    const pretrain_records records(text, "memory",
                                   {.skip_bad_lines = true, .num_workers = workers});
    CHECK(records.size() == 700 + 4825);
    CHECK(records.bad_lines() == 14475);
    CHECK(records.where(700) == "memory:703");  // line 701 is blank, 702 bad
    if (workers == 1) {
      first_bad = records.first_bad();
      texts = texts_of(records);
    }
    CHECK(records.first_bad() == first_bad);
    CHECK(texts_of(records) == texts);
  }
  CHECK(first_bad.front() == "memory:702: it has no \"text\"");
}

TEST_CASE("pretrain_records: only the first few bad lines are kept as messages",
          "[data][pretrain_records]") {
  std::string text = good;
  for (int i = 0; i < 100; ++i) text += "{}\n";
  const pretrain_records records(text, "memory", skipping);
  CHECK(records.bad_lines() == 100);
  CHECK(records.first_bad().size() == 5);
}

TEST_CASE("pretrain_records: progress grows to 1", "[data][pretrain_records]") {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += good;
  for (const int workers : {1, 3}) {
    std::vector<double> told;
    (void)pretrain_records(
        text, "memory", {.num_workers = workers, .progress = [&](double f) { told.push_back(f); }});
    CHECK(std::ranges::is_sorted(told));
    CHECK(told.front() > 0);
    CHECK(told.back() == 1.0);
  }
}

TEST_CASE("pretrain_records: a file without records says so", "[data][pretrain_records]") {
  const auto open = [](const std::string& text) {
    return pretrain_records(text, "memory", skipping);
  };
  CHECK_THROWS_WITH(open(""), "memory has no records: it is empty");
  CHECK_THROWS_WITH(open("\n\n\n"), "memory has no records: it has no line that is not blank");
  CHECK_THROWS_WITH(open("\xef\xbb\xbf"),
                    "memory has no records: it has no line that is not blank");
  CHECK_THROWS_WITH(open("{}\n{}\n"),
                    "memory has no records: all its lines are bad; memory:1: it has no \"text\"");
}

TEST_CASE("pretrain_records: a JSON array is told from JSON Lines, with the way to convert it",
          "[data][pretrain_records]") {
  const std::string advice =
      "if the file is a JSON array, make it one object a line: jq -c '.[]' memory > new.jsonl";
  for (const std::string text :
       {"[{\"text\": \"a\"},\n {\"text\": \"b\"}]\n", "[{\"text\": \"a\"}, {\"text\": \"b\"}]",
        " [\n{\"text\": \"a\"},\n{\"text\": \"b\"}\n]\n", "\xef\xbb\xbf[]"}) {
    INFO(text);
    CHECK_THROWS_WITH(pretrain_records(text, "memory"),
                      support::contains("memory:1: ") && support::contains(advice));
  }
}

TEST_CASE("pretrain_records: nesting of any depth in other fields is accepted",
          "[data][pretrain_records]") {
  for (const std::size_t depth : {5'000u, 2'000'000u}) {
    const std::string line =
        R"({"meta": )" + std::string(depth, '[') + std::string(depth, ']') + R"(, "text": "a"})";
    CHECK(text_of(line) == "a");
  }
  CHECK_THAT(fault_of(R"({"text": "a", "meta": )" + std::string(1'000'000, '[')),
             support::contains("not valid JSON"));
}

TEST_CASE("pretrain_records: a line of five megabytes reads whole", "[data][pretrain_records]") {
  const std::string piece = "lorem ipsum \xe4\xbd\xa0\xe5\xa5\xbd ";
  std::string text;
  while (text.size() < 5'000'000) text += piece;
  CHECK(text_of("{\"text\": \"" + text + "\"}") == text);
  const std::string fault = fault_of("{\"text\": \"" + text + "\xff\"}");
  CHECK_THAT(fault, support::contains("memory:2: not valid JSON at byte 50"));
  CHECK(fault.size() < 250);
}

TEST_CASE("pretrain_records: the broken files of tests/data are answered as docs/data.md says",
          "[data][pretrain_records]") {
  const auto dir = support::data_dir() / "jsonl";
  for (const std::string name : {"crlf_bom_blank.jsonl", "no_final_newline.jsonl"}) {
    INFO(name);
    CHECK(texts_of(pretrain_records(dir / name)) ==
          std::vector<std::string>{"The first.", "The last \xe4\xbd\xa0."});
  }
  CHECK_THROWS_WITH(
      pretrain_records(dir / "broken.jsonl"),
      support::contains((dir / "broken.jsonl").string() + ":2: not valid JSON at byte 23"));
  const pretrain_records rest(dir / "broken.jsonl", skipping);
  CHECK(rest.bad_lines() == 6);
  CHECK(texts_of(rest) == std::vector<std::string>{"The first.", "The last \xe4\xbd\xa0."});
  CHECK_THROWS_WITH(pretrain_records(dir / "array.json"), support::contains("jq -c '.[]'"));
}

TEST_CASE("pretrain_records: every shared broken file has the answer of docs/data.md",
          "[data][pretrain_records]") {
  const auto shared = support::shared_dir();
  if (!shared) {
    WARN("skipped: no shared folder");
    return;
  }
  struct answer {
    index_t records;      // with skip_bad_lines; 0: an error all the same
    index_t bad;          // lines left out
    std::string message;  // without; empty if the file is fine
  };
  const std::map<std::string, answer> answers{
      {"empty.jsonl", {0, 0, "has no records: it is empty"}},
      {"only_bom.jsonl", {0, 0, "has no records: it has no line that is not blank"}},
      {"only_newlines.jsonl", {0, 0, "has no records: it has no line that is not blank"}},
      {"pretrain_blank_lines.jsonl", {2, 0, ""}},
      {"pretrain_bom.jsonl", {2, 0, ""}},
      {"pretrain_crlf.jsonl", {2, 0, ""}},
      {"pretrain_deep_nesting.jsonl", {3, 0, ""}},
      {"pretrain_duplicate_key.jsonl", {2, 1, ":2: it has \"text\" twice"}},
      {"pretrain_empty_text.jsonl", {2, 2, ":2: its \"text\" is empty"}},
      {"pretrain_invalid_utf8.jsonl",
       {2, 1, ":2: not valid JSON at byte 21: invalid string: ill-formed UTF-8 byte"}},
      {"pretrain_json_array.json", {0, 2, "jq -c '.[]'"}},
      {"pretrain_lone_surrogate_escape.jsonl",
       {3, 2, ":2: not valid JSON at byte 27: invalid string: surrogate U+D800"}},
      {"pretrain_missing_text.jsonl", {2, 2, ":2: it has no \"text\""}},
      {"pretrain_no_final_newline.jsonl", {2, 0, ""}},
      {"pretrain_not_an_object.jsonl", {2, 4, ":2: it is a string, not an object"}},
      {"pretrain_overlong_and_surrogate_bytes.jsonl",
       {2, 1, "invalid string: ill-formed UTF-8 byte"}},
      {"pretrain_raw_control_chars.jsonl", {3, 1, "control character U+0009 (HT) must be escaped"}},
      {"pretrain_text_not_string.jsonl", {2, 4, ":2: its \"text\" is a number, not a string"}},
      {"pretrain_trailing_garbage.jsonl", {2, 2, ":2: not valid JSON at byte 37: unexpected '{'"}},
      {"pretrain_truncated_eof.jsonl",
       {2, 1, ":3: not valid JSON at byte 28: invalid string: missing closing quote"}},
      {"pretrain_truncated_line.jsonl",
       {2, 1, ":2: not valid JSON at byte 37: invalid string: missing closing quote"}},
  };
  for (const auto& file : std::filesystem::directory_iterator(*shared / "data" / "malformed")) {
    const std::string name = file.path().filename().string();
    if (!name.starts_with("pretrain_") && !name.starts_with("only_") && name != "empty.jsonl")
      continue;
    INFO(name);
    REQUIRE(answers.contains(name));
    const answer& expected = answers.at(name);
    if (expected.message.empty()) {
      CHECK(pretrain_records(file.path()).size() == expected.records);
      continue;
    }
    CHECK_THROWS_WITH(pretrain_records(file.path()),
                      support::contains(name) && support::contains(expected.message));
    if (expected.records == 0) {
      CHECK_THROWS_WITH(pretrain_records(file.path(), skipping),
                        support::contains("has no records"));
    } else {
      const pretrain_records records(file.path(), skipping);
      CHECK(records.size() == expected.records);
      CHECK(records.bad_lines() == expected.bad);
    }
  }
}

TEST_CASE("pretrain_records: the shared pretraining files have no bad line",
          "[data][pretrain_records]") {
  const auto shared = support::shared_dir();
  if (!shared) {
    WARN("skipped: no shared folder");
    return;
  }
  CHECK(pretrain_records(*shared / "data" / "pretrain_tinystories.jsonl").size() == 1000);
  CHECK(
      pretrain_records(*shared / "data" / "pretrain_poetry_zh.jsonl", {.num_workers = 2}).size() ==
      9276);
}
