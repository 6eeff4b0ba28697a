// What a router offers: it turns the logits of experts into a choice of experts for each token.
// After the contract follow the load-balancing losses, which routers take as policies.
//
//   struct my_router {
//     using role = zer0::router_role;
//     template <zer0::device Device>
//     class layer {
//      public:
//       using real = typename Device::real;
//       struct saved { ... };                     // what backward needs: views into context.keep
//       explicit layer(const dims&);
//       void parameters(parameter_list<real>&);   // states and statistics of its own, if any
//       index_t most_choices(index_t tokens) const;  // upper bound of (token, expert) pairs
//       void route(context<Device>&, const_wide_view<Device> logits, wide_view<Device> gates,
//                  wide_view<Device> mask, saved&);
//       void backward(context<Device>&, const_wide_view<Device> dgates, const saved&,
//                     wide_view<Device> dlogits);
//     };
//   };
//
// All matrices are (N, E) of wide<real>. route writes `mask`, 1 where a token goes to an expert and
// 0 elsewhere, and `gates`, the factor of that expert's output for that token. Rows whose
// `context.live` is 0 are padding and go to no expert. backward writes dlogits; dgates is 0 where
// mask is 0. If a router has a loss of its own (load balancing), route adds it, times
// context.auxiliary_weight, to a statistic, and backward adds its gradient to dlogits. A router may
// also have `finish_step(Device&, const_wide_span<Device> loads)`: loads (E) are the tokens that
// each expert received in the step. Routers are written with the operations of
// device/ops/routing.hpp.
#pragma once

#include <zer0/core/dims.hpp>
#include <zer0/core/roles.hpp>
#include <zer0/device/ops/routing.hpp>
#include <zer0/layer/layer.hpp>
#include <zer0/layer/parameter.hpp>

namespace zer0 {

template <class R, class D>
concept has_route = requires(R& r, context<D>& c, const_wide_view<D> in, wide_view<D> out,
                             typename R::saved& s, index_t n) {
  r.route(c, in, out, out, s);
  { r.most_choices(n) } -> std::convertible_to<index_t>;
};

template <class R, class D>
concept has_router_backward = requires(R& r, context<D>& c, const_wide_view<D> in, wide_view<D> out,
                                       const typename R::saved& s) { r.backward(c, in, s, out); };

/// Is `Router` a router on `Device`? If not, the compiler's message says which member to write.
template <class Router, class Device>
consteval bool check_router() {
  using R = layer_of<Router, Device>;
  static_assert(std::constructible_from<R, const dims&>,
                "zer0: a router needs the constructor  explicit layer(const dims&)");
  static_assert(has_parameters<R, Device>,
                "zer0: a router needs  void parameters(parameter_list<real>&)");
  static_assert(has_route<R, Device>,
                "zer0: a router needs  struct saved; index_t most_choices(index_t tokens) const; "
                "void route(context<Device>&, const_wide_view<Device> logits, wide_view<Device> "
                "gates, wide_view<Device> mask, saved&)");
  static_assert(has_router_backward<R, Device>,
                "zer0: a router needs  void backward(context<Device>&, const_wide_view<Device> "
                "dgates, const saved&, wide_view<Device> dlogits)");
  return true;
}

/// The base of a router that wraps another one (router/expert_capacity.hpp,
/// router/router_z_loss.hpp): it passes on to the inner router whatever the wrapper does not
/// override.
template <policy_for<router_role> Router, device Device>
class router_around {
 public:
  using real = typename Device::real;
  using inner = layer_of<Router, Device>;
  using saved = typename inner::saved;

  explicit router_around(const dims& sizes) : inner_(sizes) {}

  void parameters(parameter_list<real>& list) { inner_.parameters(list); }

  [[nodiscard]] index_t most_choices(index_t tokens) const { return inner_.most_choices(tokens); }

  void backward(context<Device>& c, const_wide_view<Device> dgates, const saved& s,
                wide_view<Device> dlogits) {
    inner_.backward(c, dgates, s, dlogits);
  }

  void finish_step(Device& d, const_wide_span<Device> loads)
  requires requires(inner& r) { r.finish_step(d, loads); }
  {
    inner_.finish_step(d, loads);
  }

 protected:
  inner inner_;
};

/// The load-balancing loss alpha E/(k T) sum_e count_e mean_e. Of T tokens, count_e go to expert e;
/// mean_e is the mean of its scores over all T. If scores are even, the loss is alpha. With
/// expert_sizes::seq_aux the T tokens are those of one sequence, and the loss is the mean over
/// sequences, weighted by their length; without it they are the whole batch. Padding is not
/// counted. The gradient treats counts as constants. Source: DeepSeek-AI 2024, arXiv:2405.04434,
/// section 2.2.3; Fedus et al. 2021, arXiv:2101.03961, equation 4.
struct balanced {
  static balance_rule rule(const expert_sizes& sizes) {
    return {.weight = sizes.aux_loss_alpha,
            .experts_per_token = sizes.per_token,
            .normalized = true,
            .whole_batch = !sizes.seq_aux};
  }
};

/// `balanced` as in the reference implementation: with seq_aux the loss lacks the factor E/(k T),
/// so that it grows with the length of the sequence.
struct reference_balanced {
  static balance_rule rule(const expert_sizes& sizes) {
    balance_rule r = balanced::rule(sizes);
    r.normalized = r.whole_batch;
    return r;
  }
};

/// No load-balancing loss: the router balances by other means, or not at all.
struct unbalanced {
  static balance_rule rule(const expert_sizes&) { return {.weight = 0}; }
};

/// Adds the loss of `Balance` (balanced or another policy) on a router's scores to the statistic
/// "balance_loss", and its gradient to that of the scores.
template <class Balance, device Device>
class balance_term {
 public:
  using real = typename Device::real;
  struct saved {
    wide_view<Device> counts;
  };

  explicit balance_term(const dims& sizes) : rule_(Balance::rule(sizes.experts)) {}

  void parameters(parameter_list<real>& list) {
    if (rule_.weight > 0) list.add(loss_);
  }

  void forward(context<Device>& c, tensor_view<const wide<real>> scores,
               tensor_view<const wide<real>> mask, saved& s) {
    if (!active(c)) return;
    s.counts = c.keep.template matrix<wide<real>>(rule_.whole_batch ? 1 : c.layout.sequences(),
                                                  scores.cols);
    const arena_scope<Device> scope(c.scratch);
    balance_loss(c.device, scaled(c),
                 {.starts = c.layout.starts,
                  .live = c.live,
                  .mask = mask,
                  .scores = scores,
                  .counts = s.counts,
                  .total = total(c)});
  }

  /// Adds the gradient of the loss to dscores.
  void backward(context<Device>& c, const saved& s, wide_view<Device> dscores) const {
    if (active(c))
      balance_loss_gradient(
          c.device, scaled(c),
          {.starts = c.layout.starts, .live = c.live, .counts = s.counts, .dscores = dscores});
  }

 private:
  [[nodiscard]] bool active(const context<Device>& c) const {
    return rule_.weight > 0 && c.auxiliary_weight > 0;
  }
  [[nodiscard]] balance_rule scaled(const context<Device>& c) const {
    balance_rule r = rule_;
    r.weight *= c.auxiliary_weight;
    return r;
  }
  /// Where the loss is added: the statistic, or, if none is gathered, scratch memory that is not
  /// read.
  [[nodiscard]] wide_span<Device> total(context<Device>& c) {
    if (c.gathers) return loss_.value;
    const wide_span<Device> unread = c.scratch.template vector<wide<real>>(1);
    fill(c.device, wide_view<Device>(unread.data(), 1, 1), 0);
    return unread;
  }

  balance_rule rule_;
  layer_statistic<real> loss_{{"balance_loss", 1}};
};

}  // namespace zer0
