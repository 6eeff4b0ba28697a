// Explicit instances of the reference device's operations that are templates. Without
// ZER0_COMPILED, each file instantiates those that it uses.
#pragma once

#include <zer0/device/reference.hpp>

#ifdef ZER0_COMPILED
namespace zer0 {

ZER0_INSTANCES_OF_HOST(, reference)

}  // namespace zer0
#endif
