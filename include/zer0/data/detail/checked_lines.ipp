// Bodies of zer0/data/checked_lines.hpp.
#pragma once

#include <zer0/data/checked_lines.hpp>
#include <zer0/data/detail/parallel_pieces.hpp>

#include <algorithm>
#include <mutex>

namespace zer0 {

namespace detail {

ZER0_INLINE std::string bad_line_message(const jsonl_file& file, index_t line, const std::string& problem) {
  std::string message = file.where(line) + ": " + problem;
  if (line == 0 && file.line(0).find_first_not_of(" \t") == file.line(0).find('['))
    message += "; if the file is a JSON array, make it one object a line: jq -c '.[]' " + file.name() + " > new.jsonl";
  return message;
}

/// The indices of all bad lines, or of at least the first one and none that is not bad.
ZER0_INLINE std::vector<index_t> find_bad_lines(const jsonl_file& file,
                                                const std::function<std::string(std::string_view)>& check,
                                                const open_options& options) {
  std::vector<index_t> bad;
  std::mutex mutex;
  const auto look = [&](index_t begin, index_t end) {
    for (index_t i = begin; i < end; ++i) {
      if (check(file.line(i)).empty()) continue;
      const std::lock_guard lock(mutex);
      bad.push_back(i);
      if (!options.skip_bad_lines) return false;
    }
    return true;
  };
  const auto progress = [&](index_t done) {
    if (options.progress && done < file.size())
      options.progress(static_cast<double>(file.offset(done)) / static_cast<double>(file.bytes()));
  };
  constexpr index_t piece = 64;
  parallel_pieces(file.size(), piece, options.num_workers, look, progress);
  std::sort(bad.begin(), bad.end());
  return bad;
}

}  // namespace detail

ZER0_INLINE bad_lines check_lines(jsonl_file& file, const std::function<std::string(std::string_view)>& check,
                                  const open_options& options) {
  require(file.size() > 0, file.name(),
          " has no records: ", file.bytes() == 0 ? "it is empty" : "it has no line that is not blank");
  const std::vector<index_t> bad = detail::find_bad_lines(file, check, options);
  bad_lines result{.count = static_cast<index_t>(bad.size())};
  for (const index_t line : bad) {
    if (static_cast<index_t>(result.first.size()) == bad_lines::reported) break;
    result.first.push_back(detail::bad_line_message(file, line, check(file.line(line))));
    require(options.skip_bad_lines, result.first.front(), "; use --skip_bad_lines to skip such lines");
  }
  require(result.count < file.size(), file.name(), " has no records: all its lines are bad; ",
          result.first.empty() ? "" : result.first.front());
  file.remove(bad);
  if (options.progress) options.progress(1.0);
  return result;
}

}  // namespace zer0
