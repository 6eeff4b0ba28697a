// What a hook is, and when it is called.
#pragma once

namespace zer0 {

/// A hook of training is anything that can be called as hook(run, step_report) after each step. It
/// may have more members, and `train` calls those that are there:
///
///   begin(run)                 before the first step, when the run stands where it goes on
///   end(run)                   after the last step, or when the run is stopped
///   save(folder) const         writes what it has become into a checkpoint that is being written
///   load(folder)               reads that back, before `begin`, when a run goes on
///   asks_to_stop() const       after each micro-batch: true ends the run
///   static constexpr hook_order order    when it is called among the others; `middle` without it
///
/// Hooks of the same order are called in the order they are given. A hook ends the run after this
/// step by run.stop = true.
enum class hook_order {
  first,   ///< measures what others look at (validation)
  middle,  ///< looks at it
  last,    ///< saves what all have become (checkpoints)
};
inline constexpr hook_order hook_orders[] = {hook_order::first, hook_order::middle,
                                             hook_order::last};

}  // namespace zer0
