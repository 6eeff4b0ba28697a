#include "support/catch.hpp"
#include "text/tokenizer_data.hpp"
#include <zer0/data/count_words.hpp>

#include <map>

using namespace support;
namespace fs = std::filesystem;

namespace {

using counts = std::map<std::string, std::int64_t>;

counts counts_of(const zer0::counted_words& counted) {
  counts all;
  std::int64_t sum = 0;
  for (const zer0::word_counts& part : counted.parts)
    part.each([&](std::string_view word, std::uint64_t, std::int64_t count) {
      CHECK(all.emplace(word, count).second);
      sum += count;
    });
  CHECK(counted.words == sum);
  CHECK(counted.different == all.size());
  return all;
}

/// The definition: each line with its line feed is a text.
counts count_lines(const std::string& text) {
  zer0::counted_words plain;
  plain.parts.resize(1);
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.find('\n', from), text.size() - 1) + 1;
    plain.parts[0].add_text(std::string_view(text).substr(from, end - from));
    from = end;
  }
  counts all;
  plain.parts[0].each(
      [&](std::string_view word, std::uint64_t, std::int64_t n) { all.emplace(word, n); });
  return all;
}

}  // namespace

TEST_CASE("count_words: neither threads nor pieces change the counts of a text",
          "[data][count_words]") {
  const temp_dir dir;
  std::mt19937 random(1);
  for (int round = 0; round < 12; ++round) {
    std::string text;
    for (int i = 0; i < 40; ++i) text += random_text(random, 50) + (random() % 3 == 0 ? "\n" : "");
    write_file(dir / "a.txt", text);
    const counts expected = count_lines(text);
    for (const zer0::index_t piece : {1, 2, 3, 7, 64, 1000, 1 << 20}) {
      for (const int threads : {1, 2, 3}) {
        const auto counted =
            zer0::count_words({dir / "a.txt"}, {.num_workers = threads, .piece_bytes = piece});
        REQUIRE((counts_of(counted) == expected));
        REQUIRE(counted.bytes == static_cast<zer0::index_t>(text.size()));
      }
    }
  }
}

TEST_CASE("count_words: a text without line ends is cut as well", "[data][count_words]") {
  using zer0::detail::text_cuts;
  CHECK(text_cuts("", 3) == std::vector<std::size_t>{0});
  CHECK(text_cuts("ab cd, 12 e", 1) == std::vector<std::size_t>{0, 2, 5, 9, 11});
  CHECK(text_cuts("it's 'tis", 1) == std::vector<std::size_t>{0, 2, 4, 9});
  CHECK(text_cuts("a\n\nb", 1) == std::vector<std::size_t>{0, 2, 4});
  CHECK(text_cuts("猫猫，狗", 1) == std::vector<std::size_t>{0, 6, 12});
  CHECK(text_cuts("aaaaaaaa", 2) == std::vector<std::size_t>{0, 8});
}

TEST_CASE("count_words: texts of JSON Lines are counted one by one", "[data][count_words]") {
  const temp_dir dir;
  std::string lines = "\xef\xbb\xbf";
  for (int i = 0; i < 30; ++i)
    lines +=
        "{\"text\": \"a b\\n\\n c\"}\n\n{\"messages\": [{\"content\": \"b b\"}, {\"content\": \"a "
        "\"}]}\n";
  write_file(dir / "a.jsonl", lines);
  write_file(dir / "b.txt", "a\n");
  for (const int threads : {1, 2, 3}) {
    for (const zer0::index_t piece : {1, 100, 100000}) {
      const auto counted = zer0::count_words({dir / "a.jsonl", dir / "b.txt"},
                                             {.num_workers = threads, .piece_bytes = piece});
      REQUIRE(
          (counts_of(counted) ==
           counts{
               {"a", 61}, {" b", 60}, {"\n\n", 30}, {" c", 30}, {"b", 30}, {" ", 30}, {"\n", 1}}));
      REQUIRE(counted.bytes == 30 * (7 + 3 + 2) + 2);
    }
  }
}

TEST_CASE("count_words: what is not UTF-8 is named with its offset, whatever the pieces",
          "[data][count_words]") {
  const temp_dir dir;
  const fs::path file = dir / "a.txt";
  for (const std::string& bad :
       {std::string("\xff"), std::string("\xe4\xbd"), std::string("\xc3 ")}) {
    std::string text;
    for (int i = 0; i < 20; ++i) text += "caf\u00e9 \u732b\n";
    write_file(file, text + "abc" + bad + text + bad);
    for (const zer0::index_t piece : {1, 10, 1000})
      for (const int threads : {1, 3})
        CHECK_THROWS_WITH(
            zer0::count_words({file}, {.num_workers = threads, .piece_bytes = piece}),
            contains(file.string() + ": byte " + std::to_string(text.size() + 3) + " "));
  }
}

TEST_CASE("count_words: bad lines are an error with file and line, or left out and counted",
          "[data][count_words]") {
  const temp_dir dir;
  const fs::path file = dir / "a.jsonl";
  write_file(file, "{\"text\": \"a\"}\n\n{\"txt\": 1}\n{\"text\": \"b\"}\nno\n");
  for (const int threads : {1, 3}) {
    CHECK_THROWS_WITH(
        zer0::count_words({file}, {.num_workers = threads, .piece_bytes = 1}),
        contains(file.string() + ":3: it has neither") && contains("set skip_bad_lines"));
    const auto counted = zer0::count_words(
        {file}, {.num_workers = threads, .piece_bytes = 1, .skip_bad_lines = true});
    CHECK((counts_of(counted) == counts{{"a", 1}, {"b", 1}}));
    CHECK(counted.bad.count == 2);
    REQUIRE(counted.bad.first.size() == 2);
    CHECK_THAT(counted.bad.first[1], contains(":5: not valid JSON"));
  }
}

TEST_CASE("count_words: files that cannot be counted are named before any is",
          "[data][count_words]") {
  const temp_dir dir;
  write_file(dir / "a.txt", "a b c d e f g h");
  write_file(dir / "empty.txt", "");
  write_file(dir / "empty.jsonl", "\n");
  CHECK_THROWS_WITH(
      zer0::count_words({dir / "a.txt", dir / "no.txt"}, {.progress = [](double) { FAIL(); }}),
      contains("cannot open " + (dir / "no.txt").string()));
  CHECK_THROWS_WITH(zer0::count_words({dir / "empty.jsonl"}), contains("has no records"));
  CHECK_THROWS_WITH(zer0::count_words({}), contains("no files"));
  CHECK_THROWS_WITH(zer0::count_words({dir / "a.txt"}, {.piece_bytes = 0}),
                    contains("piece_bytes is 0"));
  CHECK(zer0::count_words({dir / "empty.txt"}).words == 0);
}

TEST_CASE("count_words: more different words than fit the limit are refused",
          "[data][count_words]") {
  const temp_dir dir;
  std::string text;
  for (int i = 0; i < 100000; ++i) text += " " + std::to_string(i);
  write_file(dir / "a.txt", text);
  CHECK_THROWS_WITH(
      zer0::count_words({dir / "a.txt"},
                        {.num_workers = 2, .piece_bytes = 10000, .max_bytes = 1 << 20}),
      contains("more than the limit of 1 MiB"));
  CHECK(zer0::count_words({dir / "a.txt"}, {.max_bytes = 100 << 20}).different == 100000);
}

TEST_CASE("count_words: progress grows to 1 over all files", "[data][count_words]") {
  const temp_dir dir;
  write_file(dir / "a.txt", std::string(1000, 'a') + "\nb\n");
  write_file(dir / "b.jsonl", "{\"text\": \"a\"}\n{\"text\": \"b\"}\n");
  std::vector<double> told;
  zer0::count_words(
      {dir / "a.txt", dir / "b.jsonl"},
      {.piece_bytes = 10, .progress = [&](double fraction) { told.push_back(fraction); }});
  CHECK(told.size() >= 4);
  CHECK(std::ranges::is_sorted(told));
  CHECK(told.back() == 1.0);
}

namespace {

using texts = std::vector<std::string>;

texts read_line(const std::string& line) {
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

TEST_CASE("read_training_texts: the text of a record, and the contents of its messages",
          "[data][count_words]") {
  CHECK(read_line(R"({"text": "a\n", "source": "x", "n": [1, {"text": 2}]})") == texts{"a\n"});
  CHECK(read_line(R"({"text": ""})") == texts{""});
  CHECK(
      read_line(
          R"({"conversations": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]})") ==
      texts{"a", "b"});
  CHECK(
      read_line(
          R"({"messages": [{"content": "a", "tools": [{"content": "no"}], "role": "x"}, {"content": null}]})") ==
      texts{"a"});
  CHECK(
      read_line(
          R"({"chosen": [{"content": "a"}], "rejected": [{"content": "b"}], "other": [{"content": "no"}]})") ==
      texts{"a", "b"});
  CHECK(
      read_line(
          R"({"messages": [{"content": "a"}], "other": [["no"]], "more": {"x": [{"content": "no"}]}})") ==
      texts{"a"});
  CHECK(read_line(R"({"conversations": []})").empty());
}

TEST_CASE("read_training_texts: what is wrong with a line", "[data][count_words]") {
  CHECK_THAT(problem_of(R"({"txt": "a"})"), contains("has neither \"text\" nor \"conversations\""));
  CHECK_THAT(problem_of(R"({"a": {"text": "a"}})"), contains("has neither"));
  CHECK_THAT(problem_of(R"({"text": 1})"), contains("\"text\" is a number, not a string"));
  CHECK_THAT(problem_of(R"({"text": ["a"]})"), contains("\"text\" is an array"));
  CHECK_THAT(problem_of(R"({"messages": [{"content": {"a": 1}}]})"),
             contains("\"content\" is an object"));
  CHECK_THAT(problem_of(R"({"messages": "a"})"), contains("messages are a string, not an array"));
  CHECK_THAT(problem_of(R"({"chosen": {"content": "a"}})"), contains("messages are an object"));
  CHECK_THAT(problem_of(R"({"messages": ["a"]})"),
             contains("a message is a string, not an object"));
  CHECK_THAT(problem_of(R"({"messages": [[{"content": "a"}]]})"),
             contains("a message is an array"));
  CHECK_THAT(problem_of(R"("a")"), contains("it is a string, not an object"));
  CHECK_THAT(problem_of(R"(["a"])"), contains("it is an array, not an object"));
  CHECK_THAT(problem_of(R"({"text": "a)"), contains("not valid JSON at byte"));
}

TEST_CASE("read_training_texts: JSON Lines are told by the name", "[data][count_words]") {
  for (const char* name : {"a.jsonl", "b/c.ndjson", "d.json"}) CHECK(zer0::is_json_lines(name));
  for (const char* name : {"a.txt", "jsonl", "a.jsonl.txt"}) CHECK_FALSE(zer0::is_json_lines(name));
}

TEST_CASE("count_tokens: texts, bytes and tokens of a file, and whether they come back",
          "[data][count_words]") {
  const temp_dir dir;
  const zer0::tokenizer tok(small_tokenizer_file());
  const std::string text = "the cat <|im_end|>\n\u732b\n";
  write_file(dir / "a.txt", text);
  const zer0::counted_tokens plain = zer0::count_tokens(dir / "a.txt", tok);
  CHECK(plain.texts == 1);
  CHECK(plain.bytes == text.size());
  CHECK(plain.tokens == tok.encode(text, {.parse_special = false}).size());
  CHECK(plain.tokens > tok.encode(text).size());
  CHECK(plain.changed == 0);
  CHECK(plain.bytes_per_token() ==
        Catch::Approx(static_cast<double>(plain.bytes) / static_cast<double>(plain.tokens)));

  write_file(dir / "b.jsonl",
             "{\"text\": \"abc\"}\n{\"messages\": [{\"content\": \"d\"}, {\"content\": \"e\"}]}\n");
  const zer0::counted_tokens lines = zer0::count_tokens(dir / "b.jsonl", tok);
  CHECK(lines.texts == 3);
  CHECK(lines.bytes == 5);

  const zer0::tokenizer composes = patched_tokenizer({{"normalizer", {{"type", "NFC"}}}});
  write_file(dir / "c.txt", "e\u0301");
  CHECK(zer0::count_tokens(dir / "c.txt", composes).changed == 1);

  write_file(dir / "bad.txt", "abc\xff");
  CHECK_THROWS_WITH(zer0::count_tokens(dir / "bad.txt", tok),
                    contains("bad.txt: byte 3 (counted from 0) is not UTF-8"));
  write_file(dir / "bad.jsonl", "{\"text\": \"a\"}\n{}\n");
  CHECK_THROWS_WITH(zer0::count_tokens(dir / "bad.jsonl", tok), contains("bad.jsonl:2: "));
}
