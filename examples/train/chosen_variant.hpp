// The line of the table of variants that a run of `train` asks for.
#pragma once

#include "support/variants.hpp"
#include "train/setup.hpp"

namespace program {

inline variant_choice chosen_variant(const train_setup& s) {
  return {.flash = s.o.flash_attn,
          .tied = s.config.tied,
          .recompute = s.o.recompute,
          .experts = s.experts};
}

}  // namespace program
