// 16-bit floats as bit patterns: bfloat16 and IEEE half, to and from float.
#pragma once

#include <bit>
#include <cstdint>

namespace zer0::detail {

/// The float whose upper 16 bits are `bits`; exact.
[[nodiscard]] constexpr float bf16_to_float(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

/// The nearest bfloat16, ties to even. A NaN stays a (quiet) NaN; what is too large becomes
/// infinity.
[[nodiscard]] constexpr std::uint16_t float_to_bf16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return static_cast<std::uint16_t>((bits >> 16) | 0x40u);
  return static_cast<std::uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

/// The float of an IEEE 754 half (1 sign, 5 exponent, 10 mantissa bits); exact.
[[nodiscard]] constexpr float f16_to_float(std::uint16_t bits) {
  const std::uint32_t sign = (bits & 0x8000u) << 16;
  const std::uint32_t rest = bits & 0x7fffu;
  if (rest >= 0x7c00u) return std::bit_cast<float>(sign | 0x7f800000u | ((rest & 0x3ffu) << 13));
  if (rest >= 0x400u) return std::bit_cast<float>(sign | ((rest << 13) + 0x38000000u));
  const float subnormal = static_cast<float>(rest) * 0x1p-24f;  // no implicit leading one down here
  return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(subnormal));
}

/// The nearest half, ties to even. From 65520 on it is infinity, below 2^-25 zero. A NaN stays a
/// (quiet) NaN.
[[nodiscard]] constexpr std::uint16_t float_to_f16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>((bits >> 16) & 0x8000u);
  const std::uint32_t magnitude = bits & 0x7fffffffu;
  const auto with_sign = [sign](std::uint32_t half) {
    return static_cast<std::uint16_t>(sign | half);
  };
  if (magnitude > 0x7f800000u) return with_sign(0x7e00u | ((magnitude >> 13) & 0x3ffu));
  if (magnitude >= 0x477ff000u)
    return with_sign(0x7c00u);    // 65520: half way from the largest half, 65504, to 65536
  if (magnitude < 0x38800000u) {  // below 2^-14: counted in steps of 2^-24
    // The last mantissa bit of 0.5f is worth 2^-24, so the addition itself rounds to that step,
    // ties to even.
    const float aligned = std::bit_cast<float>(magnitude) + 0.5f;
    return with_sign(std::bit_cast<std::uint32_t>(aligned) - std::bit_cast<std::uint32_t>(0.5f));
  }
  return with_sign((magnitude - 0x38000000u + 0xfffu + ((magnitude >> 13) & 1u)) >> 13);
}

}  // namespace zer0::detail
