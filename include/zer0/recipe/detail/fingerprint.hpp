// Fingerprints: one number for all that a model's results depend on.
#pragma once

#include <zer0/device/device.hpp>
#include <zer0/file/detail/content_hash.hpp>
#include <zer0/layer/lora.hpp>
#include <zer0/model/block.hpp>
#include <zer0/model/decoder.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace zer0::detail {

/// A 64-bit hash of everything that is added; the order matters.
class fingerprint {
 public:
  void add(std::uint64_t word) { hash_ = (hash_ ^ word) * 0x100000001b3; }  // FNV-1a's step
  void add(std::string_view bytes) { add(content_hash(bytes)); }
  [[nodiscard]] std::uint64_t value() const { return hash_; }

 private:
  std::uint64_t hash_ = 0xcbf29ce484222325;
};

template <class Linear>
struct without_lora {
  using type = Linear;
};
template <class Set, class Base>
struct without_lora<lora<Set, Base>> {
  using type = Base;
};
template <class Policy>
struct unadapted {
  using type = Policy;
};
template <class Policy>
requires requires { typename Policy::linear_policy; }
struct unadapted<Policy> {
  using linear_type = typename without_lora<typename Policy::linear_policy>::type;
  using type = typename Policy::template with_linear<linear_type>;
};
template <class Block>
struct once_computed {
  using type = Block;
};
template <class Block>
struct once_computed<recompute<Block>> : once_computed<Block> {};

/// A text that contains the type's full name: the compiler's signature of this function.
template <class T>
constexpr std::string_view text_of_type() {
  return __PRETTY_FUNCTION__;
}

/// Adds all policies of a variant but adapters. `recompute` is left out too: it runs a block twice,
/// but changes no number.
template <class Variant>
void add_variant(fingerprint& hash) {
  for (const std::string_view policy :
       {text_of_type<typename unadapted<typename Variant::attention>::type>(),
        text_of_type<typename unadapted<typename Variant::feed_forward>::type>(),
        text_of_type<typename Variant::norm>(), text_of_type<typename Variant::head>(),
        text_of_type<placement_of<Variant>>(), text_of_type<input_position_of<Variant>>(),
        text_of_type<typename once_computed<block_of<Variant>>::type>()})
    hash.add(policy);
}

/// Adds numbers that lie in memory of a device.
template <device Device, class T>
void add_numbers(fingerprint& hash, Device& d, std::span<const T> numbers) {
  constexpr std::size_t piece = std::size_t{1} << 20;
  std::vector<T> host;
  for (std::size_t first = 0; first < numbers.size(); first += piece) {
    host.resize(std::min(piece, numbers.size() - first));
    d.download(host.data(), numbers.data() + first, host.size() * sizeof(T));
    hash.add(std::string_view(reinterpret_cast<const char*>(host.data()), host.size() * sizeof(T)));
  }
}

}  // namespace zer0::detail
