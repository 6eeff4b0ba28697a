// expect: rms_norm_forward_operands<
#include <zer0/device/device.hpp>

using namespace zer0;

void normalize(archetype& d, const_view<archetype> x, const_real_span<archetype> weight,
               view<archetype> y, wide_span<archetype> rstd) {
#ifdef ZER0_WRONG
  rms_norm_forward(d, {.x = x, .scale = weight, .eps = 1e-6, .y = y, .rstd = rstd});
#else
  rms_norm_forward(d, {.x = x, .weight = weight, .eps = 1e-6, .y = y, .rstd = rstd});
#endif
}
