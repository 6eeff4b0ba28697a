// Bodies of zer0/recipe/pretrain.hpp.
#pragma once

#include <zer0/file/detail/json.hpp>
#include <zer0/recipe/pretrain.hpp>

#include <cmath>

namespace zer0 {

ZER0_INLINE void pretrain::check() const {
  require(epochs >= 1, "recipe: epochs is ", epochs, "; it must be at least 1");
  require(accumulation_steps >= 1, "recipe: accumulation_steps is ", accumulation_steps,
          "; it must be at least 1");
  require(learning_rate > 0 && std::isfinite(learning_rate), "recipe: learning_rate is ",
          learning_rate, "; it must be above 0 and finite");
  require(warmup_iters >= 0, "recipe: warmup_iters is ", warmup_iters, "; use 0 for none");
  require(grad_clip >= 0, "recipe: grad_clip is ", grad_clip, "; use 0 for no clipping");
  require(weight_decay >= 0 && std::isfinite(weight_decay), "recipe: weight_decay is ",
          weight_decay, "; use 0 for none");
}

ZER0_INLINE held<nlohmann::json> pretrain::settings() const {
  return detail::json_object({{"epochs", epochs},
                              {"accumulation_steps", accumulation_steps},
                              {"learning_rate", learning_rate},
                              {"warmup_iters", warmup_iters},
                              {"grad_clip", grad_clip},
                              {"weight_decay", weight_decay},
                              {"seed", seed}});
}

ZER0_INLINE held<nlohmann::json> detail::with_setting(held<nlohmann::json> settings,
                                                      const char* name, double value) {
  (*settings)[name] = value;
  return settings;
}

ZER0_INLINE void detail::note_settings(nlohmann::json& about, const nlohmann::json& recipe,
                                       index_t batches_per_epoch, std::uint64_t data) {
  about["settings"] = recipe;
  about["settings"]["batches_per_epoch"] = batches_per_epoch;
  if (data != 0) about["settings"]["fingerprint of the data"] = data;
}

}  // namespace zer0
