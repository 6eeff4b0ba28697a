// Bodies of zer0/checkpoint/checkpoint.hpp.
#pragma once

#include <zer0/checkpoint/checkpoint.hpp>
#include <zer0/file/detail/json.hpp>

namespace zer0 {
namespace detail {

ZER0_INLINE void write_training_state(const std::filesystem::path& directory,
                                      const training_state& state, const trainer_state& trainer) {
  nlohmann::json j = json_object({{"format", 1},
                                  {"step", state.step},
                                  {"epoch", state.epoch},
                                  {"batch", state.batch},
                                  {"micro_steps", index_t{state.micro_steps}},
                                  {"optimizer_steps", trainer.optimizer_steps},
                                  {"run", *state.run},
                                  {"base", state.base}});
  if (trainer.loss_scale) {
    const trainer_state::scale& scale = *trainer.loss_scale;
    json_set(j["loss_scale"], {{"factor", scale.factor},
                               {"good_steps", scale.good_steps},
                               {"skipped_steps", scale.skipped_steps},
                               {"skipped_at_smallest", scale.skipped_at_smallest}});
  }
  write_json_file(directory / "training_state.json", j);
}

ZER0_INLINE trainer_state read_trainer_state(const std::filesystem::path& directory,
                                             bool with_loss_scale) {
  const std::filesystem::path path = directory / "training_state.json";
  const nlohmann::json j = read_json_file(path);
  trainer_state trainer{.optimizer_steps = json_member<index_t>(j, "optimizer_steps", path)};
  if (!with_loss_scale || json_find(j, "loss_scale") == nullptr)
    return trainer;  // without a saved scale it begins anew
  const nlohmann::json& scale = j["loss_scale"];
  const auto count = [&](const char* key) { return json_member<index_t>(scale, key, path); };
  trainer.loss_scale =
      trainer_state::scale{json_member<double>(scale, "factor", path), count("good_steps"),
                           count("skipped_steps"), count("skipped_at_smallest")};
  return trainer;
}

ZER0_INLINE void check_same_sizes(const model_config& model,
                                  const std::filesystem::path& directory) {
  const auto d = config_difference(model, directory, {size_use::result, size_use::limit});
  if (d)
    fail(directory.string(), ": ", d->size.name, " of the checkpoint is ", d->second,
         ", of the model ", d->first, "; make the model with read_config(directory).sizes");
}

}  // namespace detail

ZER0_INLINE training_state read_training_state(const std::filesystem::path& directory) {
  const std::filesystem::path path = directory / "training_state.json";
  const nlohmann::json j = detail::read_json_file(path);
  const auto format = detail::json_member<index_t>(j, "format", path);
  require(format == 1, path.string(), ": format ", format,
          " is not known; this version reads format 1");
  return {detail::json_member<index_t>(j, "step", path),
          detail::json_member<index_t>(j, "epoch", path),
          detail::json_member<index_t>(j, "batch", path),
          detail::json_member<std::uint32_t>(j, "micro_steps", path),
          detail::json_at(j, "run", path),
          detail::json_or<std::string>(j, "base", "", path)};
}

}  // namespace zer0
