// The folder of a run, OUT_DIR/KIND_DIM or OUT_DIR/KIND_DIM_moe (modes.hpp): checkpoints step_00000100, ..., the links
// best and last, tokenizer/, log.jsonl.
#pragma once

#include "options.hpp"
#include <zer0/io/atomic_directory.hpp>
#include <zer0/io/mapped_file.hpp>

#include <sys/file.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace program {

namespace fs = std::filesystem;

/// OUT_DIR/KIND_DIM, or OUT_DIR/KIND_DIM_moe of a model with experts.
inline fs::path run_directory(const fs::path& out_dir, std::string_view kind, zer0::index_t dim, bool experts) {
  return out_dir / (std::string(kind) + "_" + std::to_string(dim) + (experts ? "_moe" : ""));
}

inline bool is_checkpoint_name(const std::string& name) {
  return name.starts_with("step_") || name == "best" || name == "last";
}

inline bool holds_checkpoints(const fs::path& run) {
  std::error_code none;
  return std::ranges::any_of(fs::directory_iterator(run, none), [](const fs::directory_entry& entry) {
    return is_checkpoint_name(entry.path().filename().string());
  });
}

/// The runs of a kind in `out_dir`.
inline std::vector<fs::path> runs_in(const fs::path& out_dir, std::string_view kind) {
  std::vector<fs::path> runs;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(out_dir, none))
    if (entry.path().filename().string().starts_with(std::string(kind) + "_") && holds_checkpoints(entry.path()))
      runs.push_back(entry.path());
  std::ranges::sort(runs);
  return runs;
}

/// The run that is meant: that of `dim` if it was given; else the only one, or that of the default.
inline fs::path find_run(const fs::path& out_dir, std::string_view kind, zer0::index_t dim, bool dim_given,
                         bool experts) {
  const std::vector<fs::path> runs = runs_in(out_dir, kind);
  return !dim_given && runs.size() == 1 ? runs.front() : run_directory(out_dir, kind, dim, experts);
}

/// Where the first of the links `names` that exists points to; empty if none does.
inline fs::path find_checkpoint(const fs::path& run, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    std::error_code none;
    const fs::path target = fs::read_symlink(run / name, none);
    if (!none && fs::is_directory(run / target)) return run / target;
  }
  return {};
}

/// The run of these kinds that saved a checkpoint last: of those of `dim` if it was given, else of all. If there is
/// none, the folder where one would be.
inline fs::path newest_run(const fs::path& out_dir, const std::vector<std::string_view>& kinds, zer0::index_t dim,
                           bool dim_given) {
  fs::path newest = run_directory(out_dir, kinds.back(), dim, false);
  fs::file_time_type newest_time = fs::file_time_type::min();
  for (const std::string_view kind : kinds) {
    for (const fs::path& run : runs_in(out_dir, kind)) {
      const fs::path saved = find_checkpoint(run, {"last", "best"});
      const bool of_dim =
          run == run_directory(out_dir, kind, dim, false) || run == run_directory(out_dir, kind, dim, true);
      if (saved.empty() || (dim_given && !of_dim)) continue;
      const fs::file_time_type time = fs::last_write_time(saved);
      if (time <= newest_time) continue;
      newest = run;
      newest_time = time;
    }
  }
  return newest;
}

/// The name of the last checkpoint by number; empty if there is none.
inline std::string newest_step(const fs::path& run) {
  std::string newest;
  for (const auto& entry : fs::directory_iterator(run)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("step_") && name.find('.') == std::string::npos) newest = std::max(newest, name);
  }
  return newest;
}

/// Under a temporary name first: a kill leaves no half of a checkpoint under its name.
inline void remove_checkpoints(const fs::path& run) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(run))
    if (is_checkpoint_name(entry.path().filename().string())) paths.push_back(entry.path());
  for (const fs::path& path : paths) {
    const fs::path temporary = path.string() + ".tmp";
    fs::rename(path, temporary);
    fs::remove_all(temporary);
  }
}

/// Removes what a killed process left half-written. A checkpoint that it was replacing gets its name back, a first
/// checkpoint that it had no time to link its link.
inline void tidy_up(const fs::path& run) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(run)) paths.push_back(entry.path());
  for (const fs::path& path : paths) {
    const std::string name = path.filename().string();
    const std::size_t old = name.find(".old.");
    if (old != std::string::npos && !fs::exists(run / name.substr(0, old)))
      fs::rename(path, run / name.substr(0, old));
    else if (old != std::string::npos || name.find(".tmp") != std::string::npos)
      fs::remove_all(path);
  }
  const std::string newest = newest_step(run);
  if (newest.empty() || !find_checkpoint(run, {"last"}).empty()) return;
  fs::remove(run / "last");
  fs::create_directory_symlink(newest, run / "last");
}

/// Held as long as a process writes to the folder; goes with the process, however it ends.
class directory_lock {
 public:
  explicit directory_lock(const fs::path& directory) {
    const fs::path path = directory / ".lock";
    file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    zer0::require(file_ >= 0, "cannot create ", path.string(), ": ", std::strerror(errno));
    if (::flock(file_, LOCK_EX | LOCK_NB) != 0) {
      const bool taken = errno == EWOULDBLOCK;
      ::close(file_);
      zer0::require(!taken, "another train writes to ", directory.string(),
                    "; wait for it, or choose another --out_dir");
      file_ = -1;  // a file system without locks
    }
  }
  directory_lock(const directory_lock&) = delete;
  directory_lock& operator=(const directory_lock&) = delete;
  ~directory_lock() {
    if (file_ >= 0) ::close(file_);
  }

 private:
  int file_ = -1;
};

/// The files of a tokenizer in a folder.
inline std::vector<fs::path> tokenizer_files(const fs::path& directory) {
  std::vector<fs::path> files;
  for (const char* name : {"tokenizer.json", "vocab.json", "merges.txt", "tokenizer_config.json", "chat_template.jinja",
                           "special_tokens_map.json", "added_tokens.json"})
    if (fs::exists(directory / name)) files.push_back(directory / name);
  return files;
}

/// A number that differs, almost surely, for files of different content.
inline std::uint64_t fingerprint(const fs::path& path) {
  const zer0::mapped_file file(path, zer0::file_access::sequential);
  const auto bytes = file.bytes();
  std::uint64_t hash = 0xcbf29ce484222325u ^ bytes.size();
  for (std::size_t i = 0; i < bytes.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + i, std::min<std::size_t>(8, bytes.size() - i));
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    hash ^= hash >> 29;
  }
  return hash;
}

}  // namespace program
