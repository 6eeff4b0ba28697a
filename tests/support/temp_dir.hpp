// A folder of a test's own, gone when the test ends.
#pragma once

#include <filesystem>
#include <random>
#include <string>
#include <system_error>

namespace support {

/// Creates an empty folder that no other process uses; removes it with all it holds at the end of
/// the scope.
class temp_dir {
 public:
  temp_dir() {
    std::random_device random;
    do {
      path_ = std::filesystem::temp_directory_path() /
              ("zer0_test_" + std::to_string(random()) + std::to_string(random()));
    } while (!std::filesystem::create_directory(path_));
  }
  temp_dir(const temp_dir&) = delete;
  temp_dir& operator=(const temp_dir&) = delete;
  ~temp_dir() {
    std::error_code ignored;  // a folder left behind is no reason to end the tests
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  /// `dir / "name"`: the path of a file in it.
  [[nodiscard]] std::filesystem::path operator/(const std::filesystem::path& name) const {
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace support
