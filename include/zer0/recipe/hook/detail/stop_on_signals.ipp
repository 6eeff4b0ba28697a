// Bodies of zer0/recipe/hook/stop_on_signals.hpp.
#pragma once

#include <zer0/recipe/hook/stop_on_signals.hpp>

#include <cstddef>

namespace zer0 {
namespace detail {

inline volatile std::sig_atomic_t received_signal = 0;

ZER0_INLINE void note_signal(int signal) {
  if (received_signal != 0) {
    std::signal(signal, SIG_DFL);
    std::raise(signal);
  }
  received_signal = signal;
}

}  // namespace detail

ZER0_INLINE int stop_on_signals::received() { return detail::received_signal; }

ZER0_INLINE void stop_on_signals::forget() { detail::received_signal = 0; }

ZER0_INLINE void stop_on_signals::watch() {
  give_back();
  forget();
  struct sigaction action {};
  action.sa_handler = detail::note_signal;
  sigemptyset(&action.sa_mask);
  before_.resize(signals_.size());
  for (std::size_t i = 0; i < signals_.size(); ++i) sigaction(signals_[i], &action, &before_[i]);
}

ZER0_INLINE void stop_on_signals::give_back() {
  for (std::size_t i = 0; i < before_.size(); ++i) sigaction(signals_[i], &before_[i], nullptr);
  before_.clear();
}

}  // namespace zer0
