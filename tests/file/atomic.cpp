#include "support/catch.hpp"
#include "support/temp_dir.hpp"
#include <zer0/file/atomic.hpp>

#include <sys/resource.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <string>

namespace {

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void put(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

std::ptrdiff_t files_in(const std::filesystem::path& dir) {
  return std::distance(std::filesystem::directory_iterator(dir),
                       std::filesystem::directory_iterator());
}

/// While it lives no file of this process can grow past `bytes`: the nearest thing to a full disk
/// without one.
class file_size_limit {
 public:
  explicit file_size_limit(rlim_t bytes) : old_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &old_);
    rlimit limit = old_;
    limit.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  file_size_limit(const file_size_limit&) = delete;
  file_size_limit& operator=(const file_size_limit&) = delete;
  ~file_size_limit() {
    ::setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, old_handler_);
  }

 private:
  rlimit old_{};
  void (*old_handler_)(int);
};

}  // namespace

TEST_CASE("atomic_file: the target has the new content after commit, and only then",
          "[io][atomic]") {
  const support::temp_dir dir;
  put(dir / "file", "old");
  zer0::atomic_file file(dir / "file");
  file.write("new ");
  file.write(std::as_bytes(std::span("content", 7)));
  CHECK(content(dir / "file") == "old");
  CHECK(std::filesystem::exists((dir / "file").string() + ".tmp." + std::to_string(::getpid())));
  file.commit();
  CHECK(content(dir / "file") == "new content");
  CHECK(files_in(dir.path()) == 1);
  CHECK_THROWS_WITH(file.commit(), support::contains("committed already"));
  CHECK_THROWS_WITH(file.write("more"), support::contains("committed already"));
}

TEST_CASE("atomic_file: without commit nothing is left behind", "[io][atomic]") {
  const support::temp_dir dir;
  put(dir / "file", "old");
  {
    zer0::atomic_file file(dir / "file");
    file.write("half of the new con");
  }
  CHECK(content(dir / "file") == "old");
  CHECK(files_in(dir.path()) == 1);
}

TEST_CASE("atomic_file: a relative name without a folder works", "[io][atomic]") {
  const support::temp_dir dir;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(dir.path());
  zer0::atomic_file file("plain");
  file.write("x");
  file.commit();
  std::filesystem::current_path(before);
  CHECK(content(dir / "plain") == "x");
}

TEST_CASE(
    "atomic_file: when the system takes no more bytes, the error says why and the target is "
    "untouched",
    "[io][atomic]") {
  const support::temp_dir dir;
  put(dir / "file", "old");
  std::string message;
  {
    const file_size_limit limit(10'000);
    try {
      zer0::atomic_file file(dir / "file");
      file.write(std::string(6'000, 'x'));
      file.write(std::string(6'000, 'x'));  // a short write of 4,000 bytes, then the refusal
      file.commit();
    } catch (const zer0::error& e) {
      message = e.what();
    }
  }
  CHECK_THAT(message,
             support::contains("cannot write " + (dir / "file").string() + ": File too large"));
  CHECK(content(dir / "file") == "old");
  CHECK(files_in(dir.path()) == 1);
}

TEST_CASE("atomic_file: a folder that does not exist is an error that names it", "[io][atomic]") {
  const support::temp_dir dir;
  CHECK_THROWS_WITH(
      zer0::atomic_file(dir / "absent" / "file"),
      support::contains((dir / "absent" / "file").string() + ": No such file or directory"));
}

TEST_CASE("atomic_file: a target that is a folder is refused at commit and the temporary goes",
          "[io][atomic]") {
  const support::temp_dir dir;
  std::filesystem::create_directory(dir / "folder");
  {
    zer0::atomic_file file(dir / "folder");
    file.write("x");
    CHECK_THROWS_WITH(file.commit(),
                      support::contains("cannot rename to " + (dir / "folder").string()));
  }
  CHECK(files_in(dir.path()) == 1);
}

TEST_CASE("atomic_directory: the name appears with commit, not before", "[io][atomic]") {
  const support::temp_dir dir;
  {
    zer0::atomic_directory out(dir / "a");
    put(out.path() / "file", "text");
    CHECK_FALSE(std::filesystem::exists(dir / "a"));
    out.commit();
  }
  CHECK(content(dir / "a" / "file") == "text");
  CHECK(files_in(dir.path()) == 1);
}

TEST_CASE("atomic_directory: without commit nothing is left and an older one stays",
          "[io][atomic]") {
  const support::temp_dir dir;
  std::filesystem::create_directory(dir / "a");
  put(dir / "a" / "file", "old");
  {
    const zer0::atomic_directory out(dir / "a");
    put(out.path() / "file", "new");
  }
  CHECK(content(dir / "a" / "file") == "old");
  CHECK(files_in(dir.path()) == 1);
}

TEST_CASE("atomic_directory: commit replaces an older directory whole", "[io][atomic]") {
  const support::temp_dir dir;
  std::filesystem::create_directory(dir / "a");
  put(dir / "a" / "old_file", "old");
  zer0::atomic_directory out(dir / "a");
  put(out.path() / "new_file", "new");
  out.commit();
  CHECK_FALSE(std::filesystem::exists(dir / "a" / "old_file"));
  CHECK(content(dir / "a" / "new_file") == "new");
  CHECK(files_in(dir.path()) == 1);
}

TEST_CASE("atomic_directory: a place that cannot be written is named", "[io][atomic]") {
  CHECK_THROWS_WITH(zer0::atomic_directory("/proc/no_such_place/a"),
                    support::contains("cannot create /proc/no_such_place/a"));
}

TEST_CASE("copy_durably: the copy has the same bytes, and a missing source is named",
          "[io][atomic]") {
  const support::temp_dir dir;
  put(dir / "from", std::string("\0x\n", 3));
  zer0::detail::copy_durably(dir / "from", dir / "to");
  CHECK(content(dir / "to") == std::string("\0x\n", 3));
  CHECK_THROWS_WITH(zer0::detail::copy_durably(dir / "none", dir / "to"),
                    support::contains("none"));
}
