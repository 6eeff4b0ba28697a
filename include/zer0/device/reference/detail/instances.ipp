// Instances of the reference device's kernels that are templates; without ZER0_COMPILED each file has its own.
#pragma once

#include <zer0/device/reference.hpp>

#ifdef ZER0_COMPILED
namespace zer0 {

ZER0_INSTANCES_OF_ACTIVATIONS(, reference)
ZER0_INSTANCES_OF_ROUTING(, reference)

}  // namespace zer0
#endif
