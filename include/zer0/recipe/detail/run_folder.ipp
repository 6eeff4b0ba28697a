// Bodies of zer0/recipe/run_folder.hpp.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/file/atomic.hpp>
#include <zer0/recipe/run_folder.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

namespace zer0 {
namespace detail {

inline constexpr const char* run_marker = ".zer0_run";

/// A file name that a run uses, taken apart: which file it is, and in which state.
struct run_name {
  enum class state { whole, half_written, replaced };
  std::string of;  ///< "step_00000100", "last", "log.jsonl", ...
  state is = state::whole;
};

ZER0_INLINE bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

ZER0_INLINE bool is_checkpoint_name(std::string_view name) {
  constexpr std::string_view start = "step_";
  return name.starts_with(start) && name.size() >= start.size() + 8 &&
         all_digits(name.substr(start.size()));
}

/// Whether it is the name of a file of counts, "counts-0123456789abcdef.bin"
/// (open_options::counts_in).
ZER0_INLINE bool is_counts_name(std::string_view name) {
  return name.size() == 27 && name.starts_with("counts-") && name.ends_with(".bin") &&
         name.substr(7, 16).find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// Takes the name of a file apart; nothing if a run uses no such name.
ZER0_INLINE std::optional<run_name> parse_run_name(const std::string& name) {
  using state = run_name::state;
  const auto known = [](std::string_view of) {
    return is_checkpoint_name(of) || is_counts_name(of) || of == "best" || of == "last" ||
           of == "log.jsonl" || of == "files" || of == run_marker;
  };
  if (known(name)) return run_name{name, state::whole};
  const auto ended = [&](std::string_view end, state is) -> std::optional<run_name> {
    const std::size_t at = name.rfind(end);
    if (at == std::string::npos || !known(name.substr(0, at))) return std::nullopt;
    const std::string_view rest = std::string_view(name).substr(at + end.size());
    if (!rest.empty() && (rest.front() != '.' || !all_digits(rest.substr(1)))) return std::nullopt;
    return run_name{name.substr(0, at), is};
  };
  const auto half = ended(".tmp", state::half_written);
  return half ? half : ended(".old", state::replaced);
}

}  // namespace detail

ZER0_INLINE run_folder::run_folder(std::filesystem::path path,
                                   std::vector<std::filesystem::path> files)
    : path_(std::move(path)), files_(std::move(files)) {
  require(!path_.empty(),
          "run_folder: the path is empty; give the folder that the run is to write to");
}

ZER0_INLINE run_folder::run_folder(run_folder&& other) noexcept
    : path_(std::move(other.path_)),
      files_(std::move(other.files_)),
      files_kept_(other.files_kept_),
      lock_(std::exchange(other.lock_, -1)),
      open_(std::exchange(other.open_, false)) {}

ZER0_INLINE run_folder::~run_folder() {
  if (lock_ >= 0) ::close(lock_);
}

ZER0_INLINE bool run_folder::exists() const {
  return std::filesystem::exists(path_ / detail::run_marker);
}

ZER0_INLINE void run_folder::open() {
  if (open_) return;
  std::error_code failed;
  std::filesystem::create_directories(path_, failed);
  require(std::filesystem::is_directory(path_), "cannot create the folder ", path_.string(), ": ",
          failed ? failed.message() : "a file has that name");
  if (!exists()) mark();
  lock();
  tidy();
  open_ = true;
}

ZER0_INLINE void run_folder::mark() {
  for (const auto& entry : std::filesystem::directory_iterator(path_)) {
    const std::string name = entry.path().filename().string();
    const auto own = detail::parse_run_name(name);
    // Data that is opened before the run begins may keep its counts here. An earlier start that was
    // killed while it wrote the marker left a temporary file of that name.
    const bool harmless = own && (detail::is_counts_name(own->of) || own->of == detail::run_marker);
    require(!own || harmless, path_.string(), " holds ", name, ", but no ", detail::run_marker,
            ": it is not the folder of a run; choose another one, or create that empty file if it "
            "is yours");
  }
  atomic_file marker(path_ / detail::run_marker);
  marker.commit();
}

ZER0_INLINE void run_folder::lock() {
  const std::filesystem::path file = path_ / ".lock";
  const int handle = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  require(handle >= 0, "cannot create ", file.string(), ": ", std::strerror(errno));
  if (::flock(handle, LOCK_EX | LOCK_NB) == 0) {
    lock_ = handle;
    return;
  }
  const bool taken = errno == EWOULDBLOCK;  // else the file system has no locks
  ::close(handle);
  require(!taken, "another run writes to ", path_.string(),
          "; wait for it, or choose another folder");
}

ZER0_INLINE void run_folder::tidy() {
  using state = detail::run_name::state;
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(path_))
    paths.push_back(entry.path());
  for (const std::filesystem::path& path : paths) {
    const auto name = detail::parse_run_name(path.filename().string());
    if (!name || name->is == state::whole) continue;
    if (name->is == state::replaced && !std::filesystem::exists(path_ / name->of))
      std::filesystem::rename(path, path_ / name->of);
    else
      std::filesystem::remove_all(path);
  }
  const std::vector<index_t> all = steps();
  if (!all.empty() && last().empty())
    set_last(all.back());  // the run was killed before it linked its first checkpoint
}

ZER0_INLINE std::filesystem::path run_folder::linked(const char* name) const {
  std::error_code none;
  const std::filesystem::path target = std::filesystem::read_symlink(path_ / name, none);
  return !none && std::filesystem::is_directory(path_ / target) ? path_ / target
                                                                : std::filesystem::path();
}

ZER0_INLINE std::filesystem::path run_folder::checkpoint(index_t step) const {
  char name[32];
  std::snprintf(name, sizeof name, "step_%08ld", static_cast<long>(step));
  return path_ / name;
}

ZER0_INLINE std::vector<index_t> run_folder::steps() const {
  std::vector<index_t> all;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(path_, none)) {
    const std::string name = entry.path().filename().string();
    if (detail::is_checkpoint_name(name) && entry.is_directory() && !entry.is_symlink())
      all.push_back(std::stoll(name.substr(name.find('_') + 1)));
  }
  std::sort(all.begin(), all.end());
  return all;
}

ZER0_INLINE void run_folder::link(const char* name, index_t step) {
  const std::filesystem::path temporary = path_ / (std::string(name) + ".tmp");
  std::filesystem::remove(temporary);
  std::filesystem::create_directory_symlink(checkpoint(step).filename(), temporary);
  std::filesystem::rename(temporary, path_ / name);
}

ZER0_INLINE void run_folder::remove_oldest(index_t most) {
  const std::vector<index_t> all = steps();
  auto count = static_cast<index_t>(all.size());
  for (const index_t step : all) {
    if (count <= most) return;
    const std::filesystem::path path = checkpoint(step);
    if (path == last() || path == best()) continue;
    remove_whole(path);
    --count;
  }
}

ZER0_INLINE void run_folder::clear() {
  if (!files_.empty() && !files_kept_) keep_files();  // they may lie in what is removed
  for (const char* name : {"best", "last", "log.jsonl"}) std::filesystem::remove(path_ / name);
  for (const index_t step : steps()) remove_whole(checkpoint(step));
}

/// Renames the folder to a temporary name first, so that a kill leaves no half of it under its
/// name.
ZER0_INLINE void run_folder::remove_whole(const std::filesystem::path& path) {
  const std::filesystem::path temporary = path.string() + ".tmp";
  std::filesystem::remove_all(temporary);
  std::filesystem::rename(path, temporary);
  std::filesystem::remove_all(temporary);
}

ZER0_INLINE void run_folder::keep_files() {
  atomic_directory copy(path_ / "files");
  for (const std::filesystem::path& file : files_)
    detail::copy_durably(file, copy.path() / file.filename());
  copy.commit();
}

ZER0_INLINE const std::vector<std::filesystem::path>& run_folder::files() {
  if (files_kept_) return files_;
  const std::filesystem::path kept = path_ / "files";
  if (!files_.empty() && !std::filesystem::is_directory(kept)) keep_files();
  files_.clear();
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(kept, none))
    files_.push_back(entry.path());
  std::sort(files_.begin(), files_.end());
  files_kept_ = true;
  return files_;
}

}  // namespace zer0
