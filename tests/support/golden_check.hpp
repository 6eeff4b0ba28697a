// Checks a golden file, whatever its kind.
#pragma once

#include "support/golden_file.hpp"
#include "support/golden_kind.hpp"
#include "support/golden_verdict.hpp"

namespace support::golden {

struct file_report {
  golden::kind kind = kind::unknown;
  verdict result;
  [[nodiscard]] bool passed() const { return result.passed(); }
};

/// Compares every tensor of the file. Throws zer0::error if it cannot be read, lacks something or
/// is of no known kind.
file_report check(file& f);

}  // namespace support::golden
