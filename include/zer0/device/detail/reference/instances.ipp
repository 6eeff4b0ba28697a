// Instances of the reference device's operations that are templates; without ZER0_COMPILED each
// file has its own.
#pragma once

#include <zer0/device/reference.hpp>

#ifdef ZER0_COMPILED
namespace zer0 {

ZER0_INSTANCES_OF_HOST(, reference)

}  // namespace zer0
#endif
