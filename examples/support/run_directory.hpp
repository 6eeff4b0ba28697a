// Which folder a run has, OUT_DIR/KIND_DIM or OUT_DIR/KIND_DIM_moe (modes.hpp); what it holds is
// zer0::run_folder's.
#pragma once

#include "support/options.hpp"
#include <zer0/recipe/run_folder.hpp>

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace program {

namespace fs = std::filesystem;

/// OUT_DIR/KIND_DIM, or OUT_DIR/KIND_DIM_moe of a model with experts.
inline fs::path run_directory(const fs::path& out_dir, std::string_view kind, zer0::index_t dim,
                              bool experts) {
  return out_dir / (std::string(kind) + "_" + std::to_string(dim) + (experts ? "_moe" : ""));
}

inline bool holds_checkpoints(const fs::path& run) {
  return !zer0::run_folder(run).steps().empty();
}
inline bool is_run(const fs::path& path) {
  return zer0::run_folder(path).exists() || holds_checkpoints(path);
}

/// The runs of a kind in `out_dir`.
inline std::vector<fs::path> runs_in(const fs::path& out_dir, std::string_view kind) {
  std::vector<fs::path> runs;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(out_dir, none))
    if (entry.path().filename().string().starts_with(std::string(kind) + "_") &&
        is_run(entry.path()))
      runs.push_back(entry.path());
  std::ranges::sort(runs);
  return runs;
}

/// The run that is meant: that of `dim` if it was given; else the only one, or that of the default.
inline fs::path find_run(const fs::path& out_dir, std::string_view kind, zer0::index_t dim,
                         bool dim_given, bool experts) {
  const std::vector<fs::path> runs = runs_in(out_dir, kind);
  return !dim_given && runs.size() == 1 ? runs.front() : run_directory(out_dir, kind, dim, experts);
}

/// The best checkpoint of a run, else its last; empty if it has none.
inline fs::path best_checkpoint(const fs::path& run) {
  const zer0::run_folder folder(run);
  return folder.best().empty() ? folder.last() : folder.best();
}

/// The run of these kinds that saved a checkpoint last: of those of `dim` if it was given, else of
/// all. If there is none, the folder where one would be.
inline fs::path newest_run(const fs::path& out_dir, const std::vector<std::string_view>& kinds,
                           zer0::index_t dim, bool dim_given) {
  fs::path newest = run_directory(out_dir, kinds.back(), dim, false);
  fs::file_time_type newest_time = fs::file_time_type::min();
  for (const std::string_view kind : kinds) {
    for (const fs::path& run : runs_in(out_dir, kind)) {
      const fs::path saved = zer0::run_folder(run).last();
      const bool of_dim = run == run_directory(out_dir, kind, dim, false) ||
                          run == run_directory(out_dir, kind, dim, true);
      if (saved.empty() || (dim_given && !of_dim)) continue;
      const fs::file_time_type time = fs::last_write_time(saved);
      if (time <= newest_time) continue;
      newest = run;
      newest_time = time;
    }
  }
  return newest;
}

}  // namespace program
