// Explicit instances of the cpu device's operations that are templates. Without ZER0_COMPILED, each
// file instantiates those that it uses.
#pragma once

#include <zer0/device/cpu.hpp>

#ifdef ZER0_COMPILED
namespace zer0 {

ZER0_INSTANCES_OF_HOST(, cpu)

}  // namespace zer0
#endif
