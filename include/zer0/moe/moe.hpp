// Mixture of experts: each token goes to a few of many feed-forwards.
#pragma once

#include <zer0/layer/feed_forward.hpp>
#include <zer0/layer/linear.hpp>
#include <zer0/moe/router.hpp>
#include <zer0/moe/router/softmax_top_k.hpp>

#include <string>

namespace zer0 {
namespace detail {

/// The linear of experts, with a weight per expert: y_e = x_e W_e^T for the rows of expert e, which
/// `context::layout.groups` (E+1) delimits. Rows that belong to no expert are not written. W
/// (E*out, in) holds the experts' weights one below the other; names "experts.3.gate_proj.weight".
/// Shapes: x (A, in), y (A, out), for A pairs of token and expert. Memory: keeps the views of x and
/// of the groups.
struct expert_linear {
  using role = linear_role;

  template <device Device>
  class layer {
   public:
    using real = typename Device::real;
    struct saved {
      tensor_view<const real> x;
      id_span groups;
    };

    layer(const dims& sizes, const projections_list& outputs, index_t in,
          initial_values initial = {})
        : weight_{.parts = {}, .cols = in, .initial = initial} {
      for (index_t e = 0; e < sizes.experts.n_routed; ++e)
        for (const parameter_part& part : with_suffix(outputs, ".weight"))
          weight_.parts.push_back({"experts." + std::to_string(e) + "." + part.name, part.rows,
                                   part.interleaved_heads});
    }

    void parameters(parameter_list<real>& list) { list.add(weight_); }

    void forward(context<Device>& c, tensor_view<const real> x, tensor_view<real> y, saved& s) {
      s = {x, c.layout.groups};
      grouped_matmul(c.device, s.groups, x, transposed(weight_.value), y);
    }

    void backward(context<Device>& c, tensor_view<const real> dy, const saved& s,
                  tensor_view<real> dx) {
      grouped_matmul(c.device, s.groups, dy, weight_.value, dx);
      if (weight_.trained())
        grouped_weight_gradient(c.device,
                                {.starts = s.groups, .dy = dy, .x = s.x, .dw = weight_.grad});
    }

   private:
    parameter<real> weight_;
  };
};

}  // namespace detail

/// y = sum over the token's experts e of gate_e FeedForward_e(x), plus FeedForward_shared(x) if
/// there are shared experts. `Router` computes the gates from the logits x W_gate^T. It alone may
/// drop tokens. Tokens are sorted by expert, and each linear is one grouped product over all
/// experts, so the number of operations does not depend on the routing. Sizes: dims::experts; the
/// shared experts are one feed-forward of their total width. Shapes: x, y (N, D), W_gate (E, D).
/// Memory: keeps the inputs and outputs of the experts, 2 k D numbers per token, logits and mask, 2
/// E numbers per token, and what the router and the experts keep. The router computes in wide<real>
/// (float at least). Source: Shazeer et al. 2017, arXiv:1701.06538; Gale et al. 2022,
/// arXiv:2211.15841 (no dropping); Dai et al. 2024, arXiv:2401.06066 (shared experts).
template <policy_for<router_role> Router = softmax_top_k,
          policy_for<feed_forward_role> FeedForward = swiglu>
struct moe {
  using role = feed_forward_role;
  using router = Router;
  static_assert(
      requires { typename FeedForward::template with_linear<detail::expert_linear>; },
      "zer0::moe: the feed-forward cannot be made of experts; it must take its linears from a "
      "policy and offer  template <policy_for<linear_role> L> using with_linear = ...  (swiglu "
      "does)");

  template <device Device>
  class layer {
    using router_layer = layer_of<Router, Device>;
    using experts_layer = layer_of<with_linear_of<FeedForward, detail::expert_linear>, Device>;
    using shared_layer = layer_of<FeedForward, Device>;
    static_assert(check_router<Router, Device>());

   public:
    using real = typename Device::real;
    struct saved {
      tensor_view<const real> x;
      id_span starts, tokens, token_starts, places;
      wide_span<Device> weights;  // per place: the gate that the expert's output is multiplied by
      tensor_view<real> outputs;  // of the experts, a row per place
      typename router_layer::saved router;
      typename experts_layer::saved experts;
      typename shared_layer::saved shared;
    };

    explicit layer(const dims& sizes)
        : experts_count_(sizes.experts.n_routed),
          has_shared_(sizes.experts.n_shared > 0),
          gate_{.parts = {{"gate.weight", experts_count_}}, .cols = sizes.dim, .initial = {}},
          router_(sizes),
          experts_(sizes.of_experts()),
          shared_(sizes.of_experts(std::max<index_t>(sizes.experts.n_shared, 1))),
          loads_{{"expert_load", experts_count_}} {}

    void parameters(parameter_list<real>& list) {
      list.add(gate_);
      router_.parameters(list);
      experts_.parameters(list);
      if (has_shared_) list.add("shared_experts", shared_);
      list.add(loads_);
    }

    void forward(context<Device>& c, tensor_view<const real> x, tensor_view<real> y, saved& s) {
      s.x = x;
      choose(c, s);
      const auto choices = static_cast<index_t>(s.tokens.size());
      const tensor_view<real> chosen = c.keep.matrix(choices, x.cols);
      s.outputs = c.keep.matrix(choices, x.cols);
      gather_rows(c.device, x, s.tokens, chosen);
      c.layout.groups = s.starts;
      experts_.forward(c, chosen, s.outputs, s.experts);
      if (has_shared_) shared_.forward(c, x, y, s.shared);
      combine_rows(c.device, {.token_starts = s.token_starts,
                              .places = s.places,
                              .weights = s.weights,
                              .x = s.outputs,
                              .beta = has_shared_ ? 1 : 0,
                              .y = y});
    }

    void backward(context<Device>& c, tensor_view<const real> dy, const saved& s,
                  tensor_view<real> dx) {
      const arena_scope<Device> scope(c.scratch);
      const tensor_view<real> doutputs = c.scratch.matrix(s.outputs.rows, s.outputs.cols);
      const tensor_view<real> dchosen = c.scratch.matrix(s.outputs.rows, s.outputs.cols);
      const wide_span<Device> dweights = c.scratch.template vector<wide<real>>(s.outputs.rows);
      combine_rows_backward(c.device, {.starts = s.starts,
                                       .tokens = s.tokens,
                                       .weights = s.weights,
                                       .dy = dy,
                                       .x = s.outputs,
                                       .dx = doutputs,
                                       .dweights = dweights});
      experts_.backward(c, doutputs, s.experts, dchosen);
      if (has_shared_) shared_.backward(c, dy, s.shared, dx);
      combine_rows(c.device, {.token_starts = s.token_starts,
                              .places = s.places,
                              .x = dchosen,
                              .beta = has_shared_ ? 1 : 0,
                              .y = dx});
      gate_backward(c, dweights, s, dx);
    }

    void finish_step(Device& d) {
      if constexpr (requires { router_.finish_step(d, const_wide_span<Device>(loads_.value)); })
        router_.finish_step(d, const_wide_span<Device>(loads_.value));
    }

   private:
    /// Finds the tokens of each expert, and the gate of each pair of token and expert.
    void choose(context<Device>& c, saved& s) {
      const index_t n = s.x.rows;
      const wide_view<Device> logits = c.keep.template matrix<wide<real>>(n, experts_count_);
      const wide_view<Device> mask = c.keep.template matrix<wide<real>>(n, experts_count_);
      const index_t most = router_.most_choices(n);
      const auto starts = c.keep.template vector<std::int32_t>(experts_count_ + 1);
      const auto tokens = c.keep.template vector<std::int32_t>(most);
      const auto token_starts = c.keep.template vector<std::int32_t>(n + 1);
      const auto places = c.keep.template vector<std::int32_t>(most);
      s.weights = c.keep.template vector<wide<real>>(most);
      const arena_scope<Device> scope(c.scratch);
      const wide_view<Device> gates = c.scratch.template matrix<wide<real>>(n, experts_count_);
      matmul(c.device, s.x, transposed(gate_.value), 0, logits);
      router_.route(c, logits, gates, mask, s.router);
      if (c.gathers) add_column_sums(c.device, const_wide_view<Device>(mask), loads_.value);
      list_chosen(c.device, {.mask = mask,
                             .starts = starts,
                             .tokens = tokens,
                             .token_starts = token_starts,
                             .places = places});
      gather_gates(c.device,
                   {.gates = gates, .starts = starts, .tokens = tokens, .weights = s.weights});
      s.starts = starts;
      s.tokens = tokens;
      s.token_starts = token_starts;
      s.places = places;
    }

    /// Adds to the gradients of W_gate and x, given `dweights`, the gradient of `saved::weights`.
    void gate_backward(context<Device>& c, const_wide_span<Device> dweights, const saved& s,
                       tensor_view<real> dx) {
      const index_t n = s.x.rows;
      const wide_view<Device> dgates = c.scratch.template matrix<wide<real>>(n, experts_count_);
      const wide_view<Device> dscores = c.scratch.template matrix<wide<real>>(n, experts_count_);
      const tensor_view<real> dlogits = c.scratch.matrix(n, experts_count_);
      scatter_gates(c.device,
                    {.weights = dweights, .starts = s.starts, .tokens = s.tokens, .gates = dgates});
      router_.backward(c, dgates, s.router, dscores);
      copy(c.device, const_wide_view<Device>(dscores), dlogits);  // in `real`, as matmul takes it
      matmul(c.device, dlogits, gate_.value, 1, dx);
      if (gate_.trained()) matmul(c.device, transposed(dlogits), s.x, 1, gate_.grad);
    }

    index_t experts_count_;
    bool has_shared_;
    parameter<real> gate_;
    router_layer router_;
    experts_layer experts_;
    shared_layer shared_;
    layer_statistic<real> loads_;
  };
};

}  // namespace zer0
