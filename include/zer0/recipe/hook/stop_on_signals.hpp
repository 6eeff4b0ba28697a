// Stopping on signals: after the first Ctrl-C the run ends and saves, at the second the program
// ends.
#pragma once

#include <zer0/core/detail/compiled.hpp>

#include <csignal>
#include <initializer_list>
#include <vector>

namespace zer0 {

/// A hook: during a run, the first SIGINT or SIGTERM ends the run after the current micro-batch.
/// The unfinished step is discarded, and is done again when the run goes on. The second signal ends
/// the program as if there were no hook. After the run, the handlers that the program had before
/// are restored. Only one such hook may be active at a time in a process.
class stop_on_signals {
 public:
  explicit stop_on_signals(std::initializer_list<int> signals = {SIGINT, SIGTERM})
      : signals_(signals) {}
  stop_on_signals(stop_on_signals&& other) noexcept = default;
  stop_on_signals& operator=(stop_on_signals&&) = delete;
  ~stop_on_signals() { give_back(); }

  /// Watches for signals from now on. Without this call, watching begins with the run.
  void watch();

  template <class Run>
  void begin(const Run&) {
    if (before_.empty()) watch();
  }
  template <class Run>
  void operator()(const Run&, const auto&) {}
  template <class Run>
  void end(const Run&) {
    give_back();
  }
  [[nodiscard]] bool asks_to_stop() const { return received() != 0; }

  /// The signal that asked this run, or the last one, to stop; 0 if none did.
  [[nodiscard]] static int received();
  /// Forgets received signals, so that the next one counts as the first.
  static void forget();

 private:
  void give_back();

  std::vector<int> signals_;
  std::vector<struct sigaction> before_ = {};
};

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/recipe/hook/detail/stop_on_signals.ipp>
#endif
