// Ctrl-C as a request: the program ends what it is at; asked again, it ends at once.
#pragma once

#include <csignal>
#include <initializer_list>

namespace program {

/// The signal that asked the program to stop, 0 if none did.
inline volatile std::sig_atomic_t stop_signal = 0;

/// From now on the first of `signals` sets `stop_signal`; the second one ends the program. A read that waits for input
/// returns when the signal comes.
inline void stop_on(std::initializer_list<int> signals) {
  struct sigaction action {};
  action.sa_handler = [](int signal) {
    if (stop_signal != 0) {
      std::signal(signal, SIG_DFL);
      std::raise(signal);
    }
    stop_signal = signal;
  };
  sigemptyset(&action.sa_mask);
  for (const int signal : signals) sigaction(signal, &action, nullptr);
}

}  // namespace program
