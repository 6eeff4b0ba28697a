// What a router offers: it turns scores of experts into a choice of experts for each token. Behind
// the contract stand the losses that keep the load of experts even, as policies of a router.
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
//       index_t most_choices(index_t tokens) const;  // no more (token, expert) pairs are chosen
//       void route(context<Device>&, const_wide_view<Device> logits, wide_view<Device> gates,
//                  wide_view<Device> mask, saved&);
//       void backward(context<Device>&, const_wide_view<Device> dgates, const saved&,
//                     wide_view<Device> dlogits);
//     };
//   };
//
// All matrices are (N, E) and wide. route writes mask, which is 1 where a token goes to an expert
// and else 0, and gates, by which the output of the expert is multiplied there. Rows whose
// `context.live` is 0 are padding and go nowhere. backward writes dlogits; dgates is 0 where mask
// is. A router with a loss of its own (balance) adds it in route to a statistic, times
// context.auxiliary_weight, and adds the gradient in backward. A router may have
// `finish_step(Device&, const_wide_span<Device> loads)`: loads are the tokens that came to each
// expert in the step. The operations to write a router with are those of device/ops/routing.hpp.
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

/// Is `Router` a router on `Device`? If not, the compiler prints a sentence with the member to
/// write.
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

/// The base of a router around another one (router/expert_capacity.hpp, router/router_z_loss.hpp):
/// what such a router does not change, the inner one does.
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

/// alpha E/(k T) sum_e count_e mean_e. Of T tokens count_e chose expert e, and mean_e is its mean
/// score over them all; if scores are even, the loss is alpha. With expert_sizes::seq_aux the T
/// tokens are those of one sequence, and the loss is the mean over sequences, weighted by their
/// length; without it they are the whole batch. Padding is not counted. Counts are constants for
/// the gradient. Source: DeepSeek-AI 2024, arXiv:2405.04434, section 2.2.3; Fedus et al. 2021,
/// arXiv:2101.03961, equation 4.
struct balanced {
  static balance_rule rule(const expert_sizes& sizes) {
    return {.weight = sizes.aux_loss_alpha,
            .experts_per_token = sizes.per_token,
            .normalized = true,
            .whole_batch = !sizes.seq_aux};
  }
};

/// As the reference implementation has it: with seq_aux the loss lacks the factor E/(k T), so that
/// it grows with the length of the sequence.
struct reference_balanced {
  static balance_rule rule(const expert_sizes& sizes) {
    balance_rule r = balanced::rule(sizes);
    r.normalized = r.whole_batch;
    return r;
  }
};

/// There is no such loss: the router balances by other means, or not at all.
struct unbalanced {
  static balance_rule rule(const expert_sizes&) { return {.weight = 0}; }
};

/// The loss of `Balance` (balanced or another) on the scores of a router, and the statistic
/// "balance_loss".
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

  /// Adds to dscores.
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
  /// Where the loss is added to: the statistic, or while none is gathered memory that is not read.
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
