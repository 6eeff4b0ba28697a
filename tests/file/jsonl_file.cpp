#include "support/catch.hpp"
#include "support/temp_dir.hpp"
#include <zer0/file/mapped_file.hpp>

#include <fstream>
#include <string>
#include <vector>

namespace {

std::vector<std::string> lines_of(const zer0::jsonl_file& file) {
  std::vector<std::string> lines;
  for (zer0::index_t i = 0; i < file.size(); ++i) lines.emplace_back(file.line(i));
  return lines;
}

std::vector<std::string> lines_of(const std::string& text) {
  return lines_of(zer0::jsonl_file(text, "memory"));
}

using list = std::vector<std::string>;

}  // namespace

TEST_CASE("jsonl_file: lines end with LF, CRLF or the file", "[data][jsonl_file]") {
  CHECK(lines_of("a\nb\n") == list{"a", "b"});
  CHECK(lines_of("a\nb") == list{"a", "b"});
  CHECK(lines_of("a\r\nb\r\n") == list{"a", "b"});
  CHECK(lines_of("a\r\nb\r") == list{"a", "b"});
  CHECK(lines_of("a\rb") == list{"a\rb"});
}

TEST_CASE("jsonl_file: blank lines and a byte order mark at the start are no lines",
          "[data][jsonl_file]") {
  CHECK(lines_of("").empty());
  CHECK(lines_of("\n\n").empty());
  CHECK(lines_of("\xef\xbb\xbf").empty());
  CHECK(lines_of("\xef\xbb\xbf"
                 "a\n") == list{"a"});
  CHECK(lines_of("\n  \t\r\n a \n\r\n") == list{" a "});
}

TEST_CASE("jsonl_file: line numbers count from 1 and count blank lines", "[data][jsonl_file]") {
  const std::string text = "\xef\xbb\xbf\na\n\n\nb\n c";
  const zer0::jsonl_file file(text, "memory");
  REQUIRE(file.size() == 3);
  CHECK(file.where(0) == "memory:2");
  CHECK(file.where(1) == "memory:5");
  CHECK(file.where(2) == "memory:6");
  CHECK(file.offset(1) == 8);
}

TEST_CASE("jsonl_file: removing lines leaves the others with their numbers", "[data][jsonl_file]") {
  const std::string text = "a\nb\nc\nd\ne\n";
  const auto without = [&](const std::vector<zer0::index_t>& lines) {
    zer0::jsonl_file file(text, "memory");
    file.remove(lines);
    return lines_of(file);
  };
  CHECK(without({}) == list{"a", "b", "c", "d", "e"});
  CHECK(without({0}) == list{"b", "c", "d", "e"});
  CHECK(without({1, 2, 4}) == list{"a", "d"});
  CHECK(without({0, 1, 2, 3, 4}).empty());
  zer0::jsonl_file file(text, "memory");
  file.remove(std::vector<zer0::index_t>{1, 3});
  CHECK(file.where(1) == "memory:3");
}

TEST_CASE("jsonl_file: a file reads like its text, also after a move", "[data][jsonl_file]") {
  const support::temp_dir dir;
  std::ofstream(dir / "file.jsonl", std::ios::binary) << "a\n\nb";
  zer0::jsonl_file first(dir / "file.jsonl");
  const zer0::jsonl_file file(std::move(first));
  CHECK(lines_of(file) == list{"a", "b"});
  CHECK(file.where(1) == (dir / "file.jsonl").string() + ":3");
  CHECK_THROWS_WITH(zer0::jsonl_file(dir / "absent"), support::contains("No such file"));
}
