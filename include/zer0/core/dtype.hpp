// Element types of stored tensors.
#pragma once

#include <zer0/core/types.hpp>

#include <array>
#include <optional>
#include <string_view>

namespace zer0 {

/// The element types of safetensors files, in that format's order (which is also the order its
/// reference writer sorts by). The types of less than a byte (F4, F6_*) are left out.
enum class dtype {
  boolean,
  u8,
  i8,
  f8_e5m2,
  f8_e4m3,
  f8_e8m0,
  f8_e4m3fnuz,
  f8_e5m2fnuz,
  i16,
  u16,
  f16,
  bf16,
  i32,
  u32,
  f32,
  c64,
  f64,
  i64,
  u64
};

namespace detail {

struct dtype_row {
  std::string_view name;
  index_t bytes;
};

inline constexpr std::array<dtype_row, 19> dtype_rows{{{"BOOL", 1},
                                                       {"U8", 1},
                                                       {"I8", 1},
                                                       {"F8_E5M2", 1},
                                                       {"F8_E4M3", 1},
                                                       {"F8_E8M0", 1},
                                                       {"F8_E4M3FNUZ", 1},
                                                       {"F8_E5M2FNUZ", 1},
                                                       {"I16", 2},
                                                       {"U16", 2},
                                                       {"F16", 2},
                                                       {"BF16", 2},
                                                       {"I32", 4},
                                                       {"U32", 4},
                                                       {"F32", 4},
                                                       {"C64", 8},
                                                       {"F64", 8},
                                                       {"I64", 8},
                                                       {"U64", 8}}};

}  // namespace detail

/// The name as safetensors files spell it: "BF16", "F32".
[[nodiscard]] constexpr std::string_view name_of(dtype type) {
  return detail::dtype_rows[static_cast<std::size_t>(type)].name;
}

/// Bytes of one element.
[[nodiscard]] constexpr index_t bytes_of(dtype type) {
  return detail::dtype_rows[static_cast<std::size_t>(type)].bytes;
}

/// The type of that name, or nothing.
[[nodiscard]] constexpr std::optional<dtype> dtype_named(std::string_view name) {
  for (std::size_t i = 0; i < detail::dtype_rows.size(); ++i)
    if (detail::dtype_rows[i].name == name) return static_cast<dtype>(i);
  return std::nullopt;
}

}  // namespace zer0
