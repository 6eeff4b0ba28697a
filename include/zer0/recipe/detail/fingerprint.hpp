// What the results of a model depend on as one number: its type, and numbers on a device.
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

/// One number of all that is added, in that order.
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

/// The type's name and more, as the compiler writes it.
template <class T>
constexpr std::string_view text_of_type() {
  return __PRETTY_FUNCTION__;
}

/// Adds what the type of a model says of the function that it is: all its policies, adapters left
/// out, and that a block runs twice, which changes no number.
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

/// Adds numbers that lie on a device.
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
