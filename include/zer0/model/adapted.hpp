// LoRA for a whole model: a variant with adapters on a set of its projections, and a temporary
// merge of adapters into the weights.
#pragma once

#include <zer0/device/memory.hpp>
#include <zer0/layer/layer.hpp>
#include <zer0/layer/lora.hpp>
#include <zer0/layer/parameter.hpp>
#include <zer0/model/decoder.hpp>

#include <vector>

namespace zer0 {
namespace detail {

template <class Policy, class Set>
struct with_lora {
  using type = Policy;
};
template <class Policy, class Set>
requires requires { typename Policy::linear_policy; }
struct with_lora<Policy, Set> {
  using type = typename Policy::template with_linear<lora<Set, typename Policy::linear_policy>>;
};

}  // namespace detail

/// `Variant` with `lora<Set>` in its attention and feed-forward: `model<adapted<decoder<>>, cpu>`.
/// Sizes: dims::lora. Experts get no adapters.
template <decoder_variant Variant, projection_set Set = query_value_projections>
struct adapted : Variant {
  using attention = typename detail::with_lora<typename Variant::attention, Set>::type;
  using feed_forward = typename detail::with_lora<typename Variant::feed_forward, Set>::type;
};

/// While it lives, each adapted weight W is replaced by W + scale B A, and B is zero: the model
/// computes the same, up to rounding, without its adapters, and `save_weights` writes a model that
/// needs none. The destructor restores every weight bit for bit. Memory: a copy of the adapted
/// weights and of the adapters' B.
template <class Model>
class merged_adapters {
 public:
  using device_type = typename Model::device_type;
  using real = typename Model::real;

  explicit merged_adapters(Model& model) : device_(model.device()) {
    for (const adapter<real>& a : model.parameters().adapters()) merge(a);
  }
  merged_adapters(const merged_adapters&) = delete;
  merged_adapters& operator=(const merged_adapters&) = delete;
  ~merged_adapters() {
    for (const kept& k : kept_) copy(device_, k.as_matrix(), k.place);
  }

 private:
  struct kept {
    tensor_view<real> place;
    buffer<real, device_type> values;
    [[nodiscard]] tensor_view<real> as_matrix() const {
      return {values.data(), place.rows, place.cols};
    }
  };

  void keep(tensor_view<real> place) {
    kept_.push_back({place, buffer<real, device_type>(device_, place.elements())});
    copy(device_, place, kept_.back().as_matrix());
  }

  void merge(const adapter<real>& a) {
    index_t row = 0;
    for (std::size_t i = 0; i < a.part; ++i) row += a.weight->parts[i].rows;
    const tensor_view<real> weight = a.weight->value.row_block(row, a.b->rows());
    keep(weight);
    keep(a.b->value);
    scale(device_, a.scale, a.b->value);
    matmul(device_, a.b->value, a.a->value.row_block(a.a_row, a.b->cols), 1, weight);
    fill(device_, a.b->value, 0);
  }

  device_type& device_;
  std::vector<kept> kept_;
};

}  // namespace zer0
