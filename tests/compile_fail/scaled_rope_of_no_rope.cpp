// expect: Rope is rope or rope_half_split
#include <zer0/attention/gqa.hpp>
#include <zer0/device/device.hpp>
#include <zer0/layer/rope.hpp>
#include <zer0/layer/rope_scaling/yarn.hpp>

using namespace zer0;

#ifdef ZER0_WRONG
using position = scaled_rope<no_position, yarn>;
#else
using position = scaled_rope<rope, yarn>;
#endif
position::layer<archetype>* use = nullptr;
