// Where the optional large test data is: checkpoints, tokenizers and goldens that the repository
// does not hold.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <optional>

#ifndef ZER0_SOURCE_DIR
#error "compile tests with -DZER0_SOURCE_DIR=\"/path/to/zer0\", as tests/CMakeLists.txt does"
#endif

namespace support {

/// The root of the repository.
inline std::filesystem::path source_dir() { return ZER0_SOURCE_DIR; }

/// tests/data, the small files that tests need and the repository holds.
inline std::filesystem::path data_dir() { return source_dir() / "tests" / "data"; }

/// $ZER0_SHARED if set, else `shared` beside the repository. Nothing if there is no such folder:
/// the test then does `WARN("skipped: no shared folder")` and returns.
inline std::optional<std::filesystem::path> shared_dir() {
  const char* named = std::getenv("ZER0_SHARED");
  const std::filesystem::path dir =
      named != nullptr ? std::filesystem::path(named) : source_dir().parent_path() / "shared";
  if (!std::filesystem::is_directory(dir)) return std::nullopt;
  return dir;
}

}  // namespace support
