// Calling the members that a hook has. Users include training_loop.hpp.
#pragma once

#include <zer0/recipe/run_folder.hpp>
#include <zer0/recipe/step_report.hpp>

#include <concepts>
#include <filesystem>
#include <type_traits>

namespace zer0::detail {

template <class T, class... Hooks>
inline constexpr bool among = (std::same_as<T, std::remove_cvref_t<Hooks>> || ...);

/// The first of the arguments that is a run_folder.
template <class First, class... Rest>
run_folder& the_folder(First& first, Rest&... rest) {
  if constexpr (std::same_as<First, run_folder>)
    return first;
  else
    return the_folder(rest...);
}

template <class Hook>
constexpr hook_order order_of() {
  if constexpr (requires { Hook::order; })
    return Hook::order;
  else
    return hook_order::middle;
}

template <class Hook, class Run>
void begin(Hook& hook, hook_order order, Run& run) {
  if constexpr (requires { hook.begin(run); })
    if (order == order_of<Hook>()) hook.begin(run);
}

template <class Hook, class Run>
void end(Hook& hook, Run& run) {
  if constexpr (requires { hook.end(run); }) hook.end(run);
}

template <class Hook, class Run>
void call(Hook& hook, hook_order order, Run& run, const step_report& step) {
  if constexpr (!std::same_as<Hook, run_folder>)
    if (order == order_of<Hook>()) hook(run, step);
}

template <class Hook>
void save(const Hook& hook, const std::filesystem::path& checkpoint) {
  if constexpr (requires { hook.save(checkpoint); }) hook.save(checkpoint);
}

template <class Hook>
void load(Hook& hook, const std::filesystem::path& checkpoint) {
  if constexpr (requires { hook.load(checkpoint); }) hook.load(checkpoint);
}

template <class Hook>
bool asks_to_stop(const Hook& hook) {
  if constexpr (requires { hook.asks_to_stop(); })
    return hook.asks_to_stop();
  else
    return false;
}

}  // namespace zer0::detail
