// Rotary position embedding, as a policy of an attention.
#pragma once

#include <zer0/core/dims.hpp>
#include <zer0/core/roles.hpp>
#include <zer0/layer/layer.hpp>

#include <cmath>

namespace zer0 {
namespace detail {

/// Turns pairs of each head of queries and keys by angle position * theta^(-2j/C).
template <rope_pairing Pairing>
struct rope_policy {
  using role = position_role;
  static constexpr rope_pairing pairing = Pairing;

  template <device Device>
  class layer {
   public:
    using real = typename Device::real;

    explicit layer(const dims& sizes) : head_dim_(sizes.head_size()) {
      require(head_dim_ % 2 == 0, "rope: a head has ", head_dim_,
              " elements; rotary positions turn pairs, so use an even number");
      for (index_t j = 0; j < head_dim_ / 2; ++j)
        frequencies_.numbers.push_back(
            std::pow(sizes.rope_theta, -2.0 * static_cast<double>(j) / static_cast<double>(head_dim_)));
    }

    void parameters(parameter_list<real>& list) { list.add(frequencies_); }

    /// x: queries and keys side by side, (N, heads*C), in place.
    void forward(context<Device>& c, tensor_view<real> x) { turn(c, rope_direction::forward, x); }
    void backward(context<Device>& c, tensor_view<real> dx) { turn(c, rope_direction::backward, dx); }

   private:
    void turn(context<Device>& c, rope_direction direction, tensor_view<real> x) {
      rotate(c.device, Pairing, direction, head_dim_, c.layout.positions, frequencies_.value, 1.0, x);
    }

    index_t head_dim_;
    constant<real> frequencies_;
  };
};

}  // namespace detail

/// Rotary positions on interleaved pairs (x[2j], x[2j+1]), as Llama's original weights and the reference implementation
/// have them. Source: Su et al. 2021, arXiv:2104.09864.
struct rope : detail::rope_policy<rope_pairing::interleaved> {};

/// Rotary positions on half-split pairs (x[j], x[j + C/2]), as Hugging Face models have them.
struct rope_half_split : detail::rope_policy<rope_pairing::half_split> {};

}  // namespace zer0
