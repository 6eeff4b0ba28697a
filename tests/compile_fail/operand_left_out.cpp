// expect: grouped_weight_gradient_operands<
#include <zer0/device/device.hpp>

using namespace zer0;

/// What has no default must be named.
void learn(archetype& d, id_span starts, const_view<archetype> dy, const_view<archetype> x,
           wide_view<archetype> dw) {
#ifdef ZER0_WRONG
  grouped_weight_gradient(d, {.dy = dy, .x = x, .dw = dw});
#else
  grouped_weight_gradient(d, {.starts = starts, .dy = dy, .x = x, .dw = dw});
#endif
}
