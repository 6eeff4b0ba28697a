// Instances of the cpu device's operations that are templates; without ZER0_COMPILED each file has
// its own.
#pragma once

#include <zer0/device/cpu.hpp>

#ifdef ZER0_COMPILED
namespace zer0 {

ZER0_INSTANCES_OF_HOST(, cpu)

}  // namespace zer0
#endif
