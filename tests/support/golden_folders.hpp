// Golden files for the tests: the small ones of tests/data/golden, and those of the shared folder
// if it is there.
#pragma once

#include "support/catch.hpp"
#include "support/golden_kind.hpp"
#include "support/golden_verdict.hpp"
#include "support/shared_dir.hpp"

#include <algorithm>
#include <filesystem>
#include <vector>

namespace support::golden {

inline std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".safetensors") files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

/// check(file, verdict) must pass for each golden of that kind in `folder`, of which there must be
/// one.
template <class Check>
void expect_goldens(const std::filesystem::path& folder, kind wanted, Check check) {
  int found = 0;
  for (const auto& path : files_in(folder)) {
    file f(path);
    if (kind_of(f) != wanted) continue;
    ++found;
    verdict v;
    check(f, v);
    v.expect_all_used(f);
    INFO(path.string() << ": " << v.text());
    CHECK(v.passed());
  }
  INFO(folder.string() << " holds no golden of the kind " << name_of(wanted));
  CHECK(found > 0);
}

template <class Check>
void expect_small_goldens(kind wanted, Check check) {
  expect_goldens(data_dir() / "golden", wanted, check);
}

template <class Check>
void expect_shared_goldens(kind wanted, Check check) {
  const auto shared = shared_dir();
  if (!shared || !std::filesystem::is_directory(*shared / "golden")) {
    WARN("skipped: no shared folder with goldens");
    return;
  }
  expect_goldens(*shared / "golden", wanted, check);
}

}  // namespace support::golden
