// The devices that tests/device holds against `reference`: a new one joins by its name.
#pragma once

#include <zer0/device/cpu.hpp>
#include <zer0/device/reference.hpp>

#include <tuple>

namespace support {

using judged_devices = std::tuple<zer0::cpu>;
using all_devices = std::tuple<zer0::reference, zer0::cpu>;

}  // namespace support
