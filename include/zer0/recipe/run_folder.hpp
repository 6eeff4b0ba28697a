// The folder of a run: its checkpoints and what else is its own, and nothing else.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/core/types.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace zer0 {

/// A folder that training writes to. Given to a recipe, it makes a run that goes on by itself: the
/// recipe begins where the last checkpoint in it stands, and ends in the same weights, bit for bit,
/// however often the run was killed on the way.
///
///   recipe(llm, data, zer0::run_folder("out/story"), zer0::progress());
///
/// It holds `step_00000100`, ... (checkpoints), the links `best` and `last`, `log.jsonl`, `files`
/// (copied into each checkpoint), `.zer0_run` (its marker) and `.lock`. Other names are not
/// touched, ever, and these are only in a folder with the marker.
class run_folder {
 public:
  /// Does nothing yet. `files` go into each checkpoint (a tokenizer's); a run that is gone on with
  /// has its own, as they were when it began.
  explicit run_folder(std::filesystem::path path, std::vector<std::filesystem::path> files = {});
  run_folder(run_folder&& other) noexcept;
  run_folder& operator=(run_folder&&) = delete;
  ~run_folder();

  /// Creates the folder, or takes it over from a run that has ended: locks it as long as this
  /// object lives, removes what a kill left half-written, restores what it was replacing. Again:
  /// nothing. Throws zer0::error if another process has it, if it has a run's names but no marker,
  /// or if it cannot be written.
  void open();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// Whether a run has begun there.
  [[nodiscard]] bool exists() const;

  /// The checkpoints that the links point to; empty if there is none.
  [[nodiscard]] std::filesystem::path last() const { return linked("last"); }
  [[nodiscard]] std::filesystem::path best() const { return linked("best"); }

  /// "step_00000100" in the folder.
  [[nodiscard]] std::filesystem::path checkpoint(index_t step) const;
  /// The steps of all checkpoints, growing.
  [[nodiscard]] std::vector<index_t> steps() const;

  // What follows changes an open folder.

  /// Points a link to a checkpoint, at once.
  void set_last(index_t step) { link("last", step); }
  void set_best(index_t step) { link("best", step); }
  /// Removes all but the newest `most` checkpoints; never the best or the last.
  void remove_oldest(index_t most);
  /// The next run begins anew: its files replace those of the older one, whose checkpoints, links
  /// and log are removed.
  void clear();
  /// The files for checkpoints, as they were when the run began. The first call copies them.
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
