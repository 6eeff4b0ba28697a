// Looking at every line of a data file before anything is trained on it.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/core/error.hpp>
#include <zer0/core/types.hpp>
#include <zer0/data/jsonl_file.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace zer0 {

/// How a data file is opened.
struct open_options {
  bool skip_bad_lines = false;                ///< leave bad lines out and count them, instead of throwing at the first
  int num_workers = 1;                        ///< threads that look at the lines; the result does not depend on it
  std::function<void(double)> progress = {};  ///< told the fraction that is done, on the calling thread
};

/// The lines that were left out.
struct bad_lines {
  static constexpr index_t reported = 5;

  index_t count = 0;
  std::vector<std::string> first{};  ///< "FILE:LINE: what is wrong" for the first `reported` of them
};

namespace detail {

/// What is said of a bad line: "FILE:LINE: problem".
[[nodiscard]] std::string bad_line_message(const jsonl_file& file, index_t line, const std::string& problem);

}  // namespace detail

/// Asks `check(line)` (thread-safe; says what is wrong, nothing if all is well) about every line and takes the bad ones
/// out. Throws: zer0::error naming file and line at the first bad one unless they are to be skipped, and if no line is
/// left.
bad_lines check_lines(jsonl_file& file, const std::function<std::string(std::string_view)>& check,
                      const open_options& options);

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/data/detail/checked_lines.ipp>
#endif
