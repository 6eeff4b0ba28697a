// Bodies of zer0/recipe/training_loop.hpp.
#pragma once

#include <zer0/checkpoint/checkpoint.hpp>
#include <zer0/core/error.hpp>
#include <zer0/recipe/training_loop.hpp>

#include <nlohmann/json.hpp>

namespace zer0::detail {

ZER0_INLINE void check_same_settings(const nlohmann::json& about,
                                     const std::filesystem::path& checkpoint) {
  const training_state state = read_training_state(checkpoint);
  const nlohmann::json then = state.run->value("settings", nlohmann::json::object());
  const nlohmann::json now = about.value("settings", nlohmann::json::object());
  for (const auto& [name, value] : then.items())
    require(!now.contains(name) || now[name] == value, name, " is ",
            now.value(name, nlohmann::json()).dump(), ", but the run in ",
            checkpoint.parent_path().string(), " was begun with ", value.dump(),
            "; give the same, or begin in another folder");
}

ZER0_INLINE double best_loss_of(const training_state& state) {
  return state.run->value("best_loss", std::numeric_limits<double>::max());
}

}  // namespace zer0::detail
