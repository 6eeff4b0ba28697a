// The layer contract: what a layer receives besides tensors (`context`, the running pass), and what
// the `layer<Device>` of a policy must offer, which is checked when it is compiled.
//
//   struct my_norm {
//     using role = zer0::norm_role;
//     template <zer0::device Device>
//     class layer {
//      public:
//       using real = typename Device::real;
//       struct saved { ... };                    // what backward needs: views into context.keep
//       explicit layer(const dims&);
//       void parameters(parameter_list<real>&);  // names what it trains
//       void forward(context<Device>&, tensor_view<const real> x, tensor_view<real> y, saved&);
//       void backward(context<Device>&, tensor_view<const real> dy, const saved&,
//                     tensor_view<real> dx);
//     };
//   };
//
// x, y, dx and dy are (N, D). forward writes y; x stays valid until backward. backward writes dx
// and adds to the gradients of the parameters. A layer in which a token depends on older ones
// (attention) also has a `cache` and `extend`; any other layer computes the same whether tokens
// come one at a time or all at once. A norm may also have `forward_sum` and `backward_add`, each of
// which saves a pass over memory.
#pragma once

#include <zer0/core/dims.hpp>
#include <zer0/core/roles.hpp>
#include <zer0/device/device.hpp>
#include <zer0/device/memory.hpp>
#include <zer0/layer/parameter.hpp>

namespace zer0 {

/// How the N rows of a batch form sequences, on the device.
struct sequence_layout {
  id_span starts;       ///< (S+1) first token of each sequence, then N
  id_span positions;    ///< (N) position of each token in its sequence
  id_span past = {};    ///< (S) tokens of each sequence that the cache holds; only with a cache
  id_span slots = {};   ///< (N) row of the cache for each token; only with a cache
  id_span groups = {};  ///< (E+1) first row of each expert, then the end of the last; experts only
  index_t longest = 0;  ///< tokens of the longest sequence
  [[nodiscard]] index_t sequences() const { return static_cast<index_t>(starts.size()) - 1; }
};

/// A token batch on the device, as losses see it. `context::layout` says how its N tokens form S
/// sequences.
template <device Device>
struct device_batch {
  id_span ids;                              ///< (N)
  id_span targets;                          ///< (N)
  const_wide_span<Device> weights;          ///< (N) token_batch::weights times `factor`
  std::span<const double> references = {};  ///< (S) token_batch::references; may be empty
  double factor = 1;  ///< multiplies totals and gradients: normalization and loss scale
};

/// What a pass is for. The defaults are for evaluation: no dropout, no statistics.
struct pass_settings {
  bool training = false;  ///< dropout is on
  bool adapter = true;    ///< use adapters (LoRA); false: the model without them
  bool gathers = false;   ///< layers add to their statistics, for reports
  /// Factor of the losses that layers add themselves (load balancing of experts) and of their
  /// gradients; 0: there are none.
  double auxiliary_weight = 0;
  std::uint64_t seed = 0;
  std::uint32_t step = 0;  ///< micro-batches since the start of training
};

/// One pass through a model. `keep` holds what backward needs and lives until the pass ends; memory
/// from `scratch` is released at the end of a scope (arena_scope). Random numbers depend on (seed,
/// step) and on how often `next_stream` was called before in this pass, so backward can compute
/// them again.
template <device Device>
struct context : pass_settings {
  context(Device& on, arena<Device>& kept, arena<Device>& scratched,
          const sequence_layout& sequences = {}, const pass_settings& settings = {},
          const_wide_span<Device> alive = {})
      : pass_settings(settings),
        device(on),
        keep(kept),
        scratch(scratched),
        layout(sequences),
        live(alive) {}

  Device& device;
  arena<Device>& keep;
  arena<Device>& scratch;
  sequence_layout layout;
  /// (N) 1 for the tokens up to the last one of each sequence that has a loss weight, 0 for the
  /// padding after it. The loss depends on the former alone. Empty: all are 1.
  const_wide_span<Device> live;
  std::uint32_t sites = 0;  ///< calls of next_stream so far in this pass

  [[nodiscard]] random_stream next_stream() { return {seed, sites++, step}; }
};

template <class Policy, class Device>
using layer_of = typename Policy::template layer<Device>;

template <class L, class D>
concept has_parameters =
    requires(L& l, parameter_list<typename D::real>& list) { l.parameters(list); };

template <class L, class D>
concept has_saved = requires { typename L::saved; };

template <class L, class D>
concept has_forward = requires(L& l, context<D>& c, const_view<D> x, view<D> y,
                               typename L::saved& s) { l.forward(c, x, y, s); };

template <class L, class D>
concept has_backward = requires(L& l, context<D>& c, const_view<D> dy, const typename L::saved& s,
                                view<D> dx) { l.backward(c, dy, s, dx); };

/// A norm that also computes the sum that it norms, in the same pass over memory: y = x +
/// dropout(y) with drop probability p, then z = norm(y).
template <class L, class D>
concept norms_a_sum =
    requires(L& l, context<D>& c, double p, random_stream mask, const_view<D> x, view<D> y,
             view<D> z, typename L::saved& s) { l.forward_sum(c, p, mask, x, y, z, s); };

/// A norm that can add its gradient to dx instead of writing it, in one pass over memory.
template <class L, class D>
concept adds_its_gradient =
    requires(L& l, context<D>& c, const_view<D> dy, const typename L::saved& s, view<D> dx) {
      l.backward_add(c, dy, s, dx);
    };

/// A layer whose result depends on older tokens. `cache` holds what it needs of S sequences of at
/// most `capacity` tokens each; `extend` is forward for new tokens, and appends them to the cache.
template <class L, class D>
concept has_cache = requires(L& l, context<D>& c, D& d, const_view<D> x, view<D> y,
                             typename L::cache& memory, index_t n) {
  { l.make_cache(d, n, n) } -> std::same_as<typename L::cache>;
  l.extend(c, x, y, memory);
};

struct no_cache {};

namespace detail {
template <class L, class D>
struct cache_type {
  using type = no_cache;
};
template <class L, class D>
requires has_cache<L, D>
struct cache_type<L, D> {
  using type = typename L::cache;
};
}  // namespace detail

template <class L, class D>
using cache_of = typename detail::cache_type<L, D>::type;

template <class L, device D>
cache_of<L, D> make_cache(const L& layer, D& d, index_t sequences, index_t capacity) {
  if constexpr (has_cache<L, D>) return layer.make_cache(d, sequences, capacity);
  return {};
}

/// y = layer(x) for new tokens: `extend` with the cache if the layer has one, else `forward`,
/// keeping nothing.
template <class L, device D>
void extend(L& layer, context<D>& c, const_view<D> x, view<D> y, cache_of<L, D>& memory) {
  if constexpr (has_cache<L, D>) {
    layer.extend(c, x, y, memory);
  } else {
    const arena_scope<D> kept(c.keep);
    typename L::saved discarded;
    layer.forward(c, x, y, discarded);
  }
}

/// A layer that changes its states after an update of the weights (a router's bias).
template <class L, class D>
concept has_finish_step = requires(L& l, D& d) { l.finish_step(d); };

template <class L, device D>
void finish_step(L& layer, D& d) {
  if constexpr (has_finish_step<L, D>) layer.finish_step(d);
}

namespace detail {
template <class Policy, class L>
struct relinked {
  using type = Policy;
};
template <class Policy, class L>
requires requires { typename Policy::template with_linear<L>; }
struct relinked<Policy, L> {
  using type = typename Policy::template with_linear<L>;
};
}  // namespace detail

/// `Policy` with its linears replaced by `L`, if it offers that (attention, feed-forwards); else
/// `Policy` itself.
template <class Policy, class L>
using with_linear_of = typename detail::relinked<Policy, L>::type;

/// The values of a vector parameter (weight of a norm, bias) as a span.
template <class T>
[[nodiscard]] std::span<const T> numbers_of(const parameter<T>& p) {
  return {p.value.data, static_cast<std::size_t>(p.elements())};
}

/// The gradient of a vector parameter. If it is not trained, scratch memory that is never read, for
/// kernels that write a gradient in any case.
template <device D>
wide_span<D> gradient_or_scratch(context<D>& c, const parameter<typename D::real>& p) {
  if (p.trained()) return {p.grad.data, static_cast<std::size_t>(p.elements())};
  const wide_span<D> unread = c.scratch.template vector<wide<typename D::real>>(p.elements());
  fill(c.device, wide_view<D>(unread.data(), 1, p.elements()), 0);
  return unread;
}

/// Adds the gradient of the layer's input to dx.
template <class L, device D>
void backward_add(L& layer, context<D>& c, const_view<D> dy, const typename L::saved& s,
                  view<D> dx) {
  if constexpr (adds_its_gradient<L, D>) {
    layer.backward_add(c, dy, s, dx);
  } else {
    const arena_scope<D> scope(c.scratch);
    const view<D> own = c.scratch.matrix(dx.rows, dx.cols);
    layer.backward(c, dy, s, own);
    add(c.device, own, dx);
  }
}

/// Is `Policy` a layer on `Device`? If not, the compiler's message says which member to write.
template <class Policy, class Device>
consteval bool check_layer() {
  using L = layer_of<Policy, Device>;
  static_assert(std::constructible_from<L, const dims&>,
                "zer0: a layer needs the constructor  explicit layer(const dims&)");
  static_assert(
      has_parameters<L, Device>,
      "zer0: a layer needs  void parameters(parameter_list<real>&)  // list.add(each one)");
  static_assert(
      has_saved<L, Device>,
      "zer0: a layer needs  struct saved { ... };  // what its backward reads, may be empty");
  if constexpr (has_saved<L, Device>) {
    static_assert(has_forward<L, Device>,
                  "zer0: a layer needs  void forward(context<Device>&, tensor_view<const real> x, "
                  "tensor_view<real> y, saved&)");
    static_assert(has_backward<L, Device>,
                  "zer0: a layer needs  void backward(context<Device>&, tensor_view<const real> "
                  "dy, const saved&, tensor_view<real> dx)");
  }
  return true;
}

}  // namespace zer0
