// Ctrl-C as a request: the run ends what it is at and saves; asked again, the program ends at once.
#pragma once

#include <zer0/core/detail/compiled.hpp>

#include <csignal>
#include <initializer_list>
#include <vector>

namespace zer0 {

/// A hook: while a run is under way, the first SIGINT or SIGTERM ends it after the micro-batch at
/// hand (the unfinished step is given up, and done again when the run goes on), the second one ends
/// the program as if there were no hook. What the program did with these signals before it does
/// again after the run. One at a time in a process.
class stop_on_signals {
 public:
  explicit stop_on_signals(std::initializer_list<int> signals = {SIGINT, SIGTERM})
      : signals_(signals) {}
  stop_on_signals(stop_on_signals&& other) noexcept = default;
  stop_on_signals& operator=(stop_on_signals&&) = delete;
  ~stop_on_signals() { give_back(); }

  /// From now on, and not only from the first step on.
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

  /// The signal that asked, of this run or the last one; 0 if none did.
  [[nodiscard]] static int received();
  /// The next signal is the first one again.
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
