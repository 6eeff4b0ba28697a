#include "support/catch.hpp"
#include "support/temp_dir.hpp"
#include <zer0/file/mapped_file.hpp>

#include <sys/stat.h>

#include <fstream>
#include <string>

namespace {

void put(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

}  // namespace

TEST_CASE("mapped_file: the bytes are the file's", "[io][mapped_file]") {
  const support::temp_dir dir;
  const std::string text = std::string("a\0b\n", 4) + std::string(100'000, 'x');
  put(dir / "file", text);
  for (const auto access :
       {zer0::file_access::normal, zer0::file_access::sequential, zer0::file_access::random}) {
    const zer0::mapped_file file(dir / "file", access);
    CHECK(file.text() == text);
    CHECK(file.size() == text.size());
    CHECK(file.bytes().size() == text.size());
  }
}

TEST_CASE("mapped_file: an empty file is an empty range", "[io][mapped_file]") {
  const support::temp_dir dir;
  put(dir / "empty", "");
  const zer0::mapped_file file(dir / "empty", zer0::file_access::random);
  CHECK(file.text().empty());
  CHECK(zer0::mapped_file().bytes().empty());
}

TEST_CASE("mapped_file: moving keeps the addresses", "[io][mapped_file]") {
  const support::temp_dir dir;
  put(dir / "file", "content");
  zer0::mapped_file first(dir / "file");
  const char* address = first.text().data();
  zer0::mapped_file second(std::move(first));
  CHECK(second.text().data() == address);
  zer0::mapped_file third;
  third = std::move(second);
  CHECK(third.text().data() == address);
  CHECK(third.text() == "content");
  CHECK(third.path() == dir / "file");
}

TEST_CASE("mapped_file: an unreadable file is an error that names path and reason",
          "[io][mapped_file]") {
  const support::temp_dir dir;
  CHECK_THROWS_WITH(zer0::mapped_file(dir / "absent"),
                    "cannot open " + (dir / "absent").string() + ": No such file or directory");
  CHECK_THROWS_WITH(zer0::mapped_file(dir.path()),
                    "cannot read " + dir.path().string() + ": Is a directory");
  CHECK_THROWS_WITH(zer0::mapped_file("/dev/null"),
                    support::contains("/dev/null: not a regular file"));
}

TEST_CASE("file_fingerprint: a number of the content alone, the same in every version",
          "[io][mapped_file]") {
  const support::temp_dir dir;
  put(dir / "a", "the content of a file");
  put(dir / "b", "the content of a file");
  put(dir / "c", "the content of a fil");
  put(dir / "empty", "");
  CHECK(zer0::file_fingerprint(dir / "a") ==
        9883160573849513489u);  // checkpoints hold such numbers
  CHECK(zer0::file_fingerprint(dir / "b") == zer0::file_fingerprint(dir / "a"));
  CHECK(zer0::file_fingerprint(dir / "c") != zer0::file_fingerprint(dir / "a"));
  CHECK(zer0::file_fingerprint(dir / "empty") == 14695981039346656037u);
}
