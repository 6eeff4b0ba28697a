// The folder of a run: its checkpoints, its log, and the files that checkpoints take with them.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/core/types.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace zer0 {

/// A folder that training writes to. A recipe that gets one resumes by itself: it begins at the
/// last checkpoint in the folder, and ends in the same weights, bit for bit, however often the run
/// was killed on the way.
///
///   recipe(llm, data, zer0::run_folder("out/story"), zer0::progress());
///
/// It holds `step_00000100`, ... (checkpoints), the links `best` and `last`, `log.jsonl`, `files`
/// (copied into each checkpoint), `counts-*.bin` if data keeps its counts there
/// (open_options::counts_in), `.zer0_run` (its marker) and `.lock`. Other files in the folder
/// are never touched, and these only if the marker is there.
class run_folder {
 public:
  /// Touches no file yet. `files` (those of a tokenizer) are copied into each checkpoint. A run
  /// that is resumed uses its own copies of them, made when it began.
  explicit run_folder(std::filesystem::path path, std::vector<std::filesystem::path> files = {});
  run_folder(run_folder&& other) noexcept;
  run_folder& operator=(run_folder&&) = delete;
  ~run_folder();

  /// Creates the folder, or takes it over from a process that has ended. Locks it as long as this
  /// object lives, removes what a kill left half-written, and restores what was being replaced. A
  /// second call does nothing. Throws zer0::error if another process has it, if it has a run's
  /// names but no marker, or if it cannot be written.
  void open();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// Whether a run has begun there.
  [[nodiscard]] bool exists() const;

  /// The checkpoints that the links point to; empty if there is none.
  [[nodiscard]] std::filesystem::path last() const { return linked("last"); }
  [[nodiscard]] std::filesystem::path best() const { return linked("best"); }

  /// The path of the checkpoint after `step` steps: "step_00000100" in the folder.
  [[nodiscard]] std::filesystem::path checkpoint(index_t step) const;
  /// The steps of all checkpoints, in ascending order.
  [[nodiscard]] std::vector<index_t> steps() const;

  // The functions below change the folder, which must be open.

  /// Points a link to a checkpoint, atomically.
  void set_last(index_t step) { link("last", step); }
  void set_best(index_t step) { link("best", step); }
  /// Removes all but the newest `most` checkpoints; never the best or the last.
  void remove_oldest(index_t most);
  /// Removes checkpoints, links and log, so that the next run begins anew. This object's `files`
  /// replace those of the older run.
  void clear();
  /// The copies of `files` that checkpoints take. The first call of a new run makes them.
  [[nodiscard]] const std::vector<std::filesystem::path>& files();

 private:
  [[nodiscard]] std::filesystem::path linked(const char* name) const;
  void link(const char* name, index_t step);
  void keep_files();
  void lock();
  void mark();
  void tidy();
  static void remove_whole(const std::filesystem::path& path);

  std::filesystem::path path_;
  std::vector<std::filesystem::path> files_;
  bool files_kept_ = false;
  int lock_ = -1;
  bool open_ = false;
};

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/recipe/detail/run_folder.ipp>
#endif
