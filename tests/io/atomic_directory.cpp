#include "support/catch.hpp"
#include "support/temp_dir.hpp"
#include <zer0/io/atomic_directory.hpp>

#include <fstream>
#include <iterator>

namespace {

std::size_t entries_in(const std::filesystem::path& directory) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(directory), {}));
}

void write(const std::filesystem::path& path, const std::string& text) { std::ofstream(path) << text; }

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("atomic_directory: the name appears with commit, not before", "[io][atomic_directory]") {
  const support::temp_dir dir;
  {
    zer0::atomic_directory out(dir / "a");
    write(out.path() / "file", "text");
    CHECK_FALSE(std::filesystem::exists(dir / "a"));
    out.commit();
  }
  CHECK(read(dir / "a" / "file") == "text");
  CHECK(entries_in(dir.path()) == 1);
}

TEST_CASE("atomic_directory: without commit nothing is left and an older one stays", "[io][atomic_directory]") {
  const support::temp_dir dir;
  std::filesystem::create_directory(dir / "a");
  write(dir / "a" / "file", "old");
  {
    const zer0::atomic_directory out(dir / "a");
    write(out.path() / "file", "new");
  }
  CHECK(read(dir / "a" / "file") == "old");
  CHECK(entries_in(dir.path()) == 1);
}

TEST_CASE("atomic_directory: commit replaces an older directory whole", "[io][atomic_directory]") {
  const support::temp_dir dir;
  std::filesystem::create_directory(dir / "a");
  write(dir / "a" / "old_file", "old");
  zer0::atomic_directory out(dir / "a");
  write(out.path() / "new_file", "new");
  out.commit();
  CHECK_FALSE(std::filesystem::exists(dir / "a" / "old_file"));
  CHECK(read(dir / "a" / "new_file") == "new");
  CHECK(entries_in(dir.path()) == 1);
}

TEST_CASE("atomic_directory: a place that cannot be written is named", "[io][atomic_directory]") {
  CHECK_THROWS_WITH(zer0::atomic_directory("/proc/no_such_place/a"),
                    support::contains("cannot create /proc/no_such_place/a"));
}

TEST_CASE("copy_durably: the copy has the same bytes, and a missing source is named", "[io][atomic_directory]") {
  const support::temp_dir dir;
  write(dir / "from", std::string("\0x\n", 3));
  zer0::copy_durably(dir / "from", dir / "to");
  CHECK(read(dir / "to") == std::string("\0x\n", 3));
  CHECK_THROWS_WITH(zer0::copy_durably(dir / "none", dir / "to"), support::contains("none"));
}
