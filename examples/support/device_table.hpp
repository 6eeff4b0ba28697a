// The one table of the devices that programs run on: --device and --dtype name a line of it.
#pragma once

#include "support/usage_error.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

namespace program {

/// A kind of device. Its lines in the table say what it computes in.
struct cpu_kind {
  static constexpr std::string_view device = "cpu";
  static int count() { return 1; }
};
struct cuda_kind {
  static constexpr std::string_view device = "cuda";
  static int count();  ///< cuda/count.cpp
};

/// Lines of the table. They are names, so that a file can choose among devices whose headers it
/// does not see; device_access<line> (cpu/device.hpp, cuda/device.cuh) is the device itself.
struct cpu_float32 : cpu_kind {
  static constexpr std::string_view dtype = "float32";
};
struct cuda_bfloat16 : cuda_kind {
  static constexpr std::string_view dtype = "bfloat16";
};
struct cuda_float16 : cuda_kind {
  static constexpr std::string_view dtype = "float16";
};
struct cuda_float32 : cuda_kind {
  static constexpr std::string_view dtype = "float32";
};

/// What this build has. The first line of a device is what it computes in where it lacks the dtype
/// asked for.
using device_table = std::tuple<cpu_float32
#if defined(ZER0_CUDA)
                                ,
                                cuda_bfloat16, cuda_float16, cuda_float32
#endif
                                >;

/// The device of a line: its type, `open(index)` and `description(device)`.
template <class Line>
struct device_access;

/// What --device says.
struct device_place {
  std::string kind = "cpu";
  int index = 0;
};

namespace detail {

template <class F>
void each_line(F f) {
  std::apply([&](auto... line) { (f(line), ...); }, device_table());
}

inline bool in_this_build(std::string_view kind) {
  bool found = false;
  each_line([&](auto line) { found = found || line.device == kind; });
  return found;
}

}  // namespace detail

/// "cpu", "cuda" or "cuda:1" as a place. Throws usage_error for anything else, and for what this
/// build lacks.
inline device_place parse_device(const std::string& text) {
  const std::size_t colon = std::min(text.find(':'), text.size());
  device_place place{text.substr(0, colon)};
  const char* end = text.data() + text.size();
  bool understood = colon == text.size() && (place.kind == "cpu" || place.kind == "cuda");
  if (place.kind == "cuda" && colon < text.size()) {
    const auto [stop, failure] = std::from_chars(text.data() + colon + 1, end, place.index);
    understood = failure == std::errc() && stop == end && place.index >= 0;
  }
  demand(understood, "--device is \"", text, "\"; it must be cpu or cuda:N, such as cuda:0");
  demand(detail::in_this_build(place.kind), "--device ", text,
         ": this build has no CUDA; configure with -DZER0_CUDA=ON and build again, or use --device "
         "cpu");
  return place;
}

/// The first GPU if this build and this machine have one, else the CPU.
inline std::string default_device() {
  std::string name = "cpu";
  detail::each_line([&](auto line) {
    if (line.device != "cpu" && line.count() > 0) name = std::string(line.device) + ":0";
  });
  return name;
}

/// Calls f(line) for the line that a place and a dtype name, or else the first one of that device.
template <class F>
void with_device(const device_place& place, std::string_view dtype, F f) {
  bool has_dtype = false, called = false;
  detail::each_line([&](auto line) {
    has_dtype = has_dtype || (line.device == place.kind && line.dtype == dtype);
  });
  detail::each_line([&](auto line) {
    if (called || line.device != place.kind || (has_dtype && line.dtype != dtype)) return;
    called = true;
    f(line);
  });
}

/// What the device computes in when `dtype` is asked for.
inline std::string computed_dtype(const device_place& place, std::string_view dtype) {
  std::string result;
  with_device(place, dtype, [&](auto line) { result = line.dtype; });
  return result;
}

/// What a program says of its device at the start: "cpu, 2 threads, float32".
template <class Line>
std::string device_line(const std::string& device, const std::string& description,
                        const std::string& dtype) {
  std::string text = device + ", " + description + ", " + std::string(Line::dtype);
  if (dtype != Line::dtype)
    text += " (" + dtype + " asked for: in this version the " + std::string(Line::device) +
            " computes in " + std::string(Line::dtype) + ")";
  return text;
}

}  // namespace program
