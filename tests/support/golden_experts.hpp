// Goldens of a model with experts: routing, losses of balance, logits, gradients.
#pragma once

#include "support/golden_dense.hpp"

#include <cmath>
#include <string>
#include <vector>

namespace support::golden {

/// What a router said in one layer: rows are tokens.
struct routing_record {
  numbers scores, gates, mask;
};
inline std::vector<routing_record>* active_routing = nullptr;

/// A router with ears.
struct recorded_router {
  using role = zer0::router_role;

  template <zer0::device Device>
  class layer : public zer0::layer_of<reference_router, Device> {
    using base = zer0::layer_of<reference_router, Device>;

   public:
    using base::base;

    void route(zer0::context<Device>& c, zer0::const_wide_view<Device> logits,
               zer0::wide_view<Device> gates, zer0::wide_view<Device> mask,
               typename base::saved& s) {
      base::route(c, logits, gates, mask, s);
      if (active_routing)
        active_routing->push_back(
            {fetch(c.device, s.scores), fetch(c.device, gates), fetch(c.device, mask)});
    }
  };
};

namespace detail {

/// A token's experts may be in any order in the file; here they are in that of their number.
inline void compare_routing(file& f, verdict& v, const routing_record& r, const std::string& name,
                            index_t experts) {
  v.compare(f, name + "scores", r.scores, allow::activation);
  const auto k = static_cast<std::size_t>(f.size(name + "topk_idx", 1));
  const std::vector<zer0::token_id> ids = f.ids(name + "topk_idx");
  const numbers weights = f.values(name + "topk_weight");
  numbers mask(r.mask.size(), 0.0), gates(r.mask.size(), 0.0),
      counts(static_cast<std::size_t>(experts), 0.0);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const std::size_t at =
        i / k * static_cast<std::size_t>(experts) + static_cast<std::size_t>(ids[i]);
    mask[at] = 1;
    gates[at] = weights[i];
  }
  for (std::size_t i = 0; i < r.mask.size(); ++i)
    counts[i % static_cast<std::size_t>(experts)] += r.mask[i];
  v.equal(name + "topk_idx", r.mask, mask);
  v.compare(name + "topk_weight", r.gates, gates, allow::activation);
  v.compare(f, name + "expert_counts", counts, allow::exact);
}

template <class Model>
void check_experts_on(file& f, verdict& v, Model& m, const zer0::token_batch& batch) {
  using device_type = typename Model::device_type;
  auto& d = m.device();
  zer0::workspace<device_type> memory(d);
  auto& c = memory.start(batch, m.sizes(), {}, 1 / batch.target_tokens());
  c.live = {};  // the reference implementation routes and counts padding
  c.gathers = true;
  c.auxiliary_weight = 1;
  std::vector<routing_record> routing;
  active_routing = &routing;
  m.begin_step();
  fill(d, {m.gradients().data(), 1, static_cast<index_t>(m.gradients().size())}, 0);
  const auto hidden = m.forward(c, memory.batch().ids);
  active_routing = nullptr;
  for (std::size_t i = 0; i < routing.size(); ++i)
    compare_routing(f, v, routing[i], "router." + std::to_string(i) + ".",
                    m.sizes().experts.n_routed);

  const auto logits = c.keep.matrix(hidden.rows, m.sizes().vocab_size);
  matmul(d, hidden, transposed(m.output().value), 0, logits);
  v.compare(f, "logits", fetch(d, logits), allow::activation);
  compare_log_probabilities(f, v, memory, zer0::const_view<device_type>(logits));

  const auto dhidden = c.keep.matrix(hidden.rows, hidden.cols);
  const double ce_loss = zer0::total_of(d, [&](double* total) {
    zer0::cross_entropy{}(c, m.output(), zer0::const_view<device_type>(hidden), memory.batch(),
                          total, dhidden);
  });
  v.compare_scalar(f, "ce_loss", ce_loss, allow::loss);
  double aux_loss = 0;
  index_t layer = 0;
  for (const auto& entry : m.parameters().statistics()) {
    if (std::string_view(entry.value->name) != "balance_loss") continue;
    const double of_layer = fetch(d, entry.value->value).front();
    v.compare_scalar(f, "aux_loss." + std::to_string(layer++), of_layer, allow::loss);
    aux_loss += of_layer;
  }
  v.compare_scalar(f, "aux_loss", aux_loss, allow::loss);
  v.compare_scalar(f, "loss", ce_loss + aux_loss, allow::loss);
  m.backward(c, dhidden);
  v.compare_scalar(
      f, "grad_norm",
      std::sqrt(zer0::squared_norm(d, zer0::const_wide_span<device_type>(m.gradients()))),
      allow::loss);
  for_each_part(m, [&](const std::string& name, auto, auto grad, const std::vector<index_t>&) {
    v.compare(f, "grad." + name, fetch(d, grad), allow::model_gradient);
  });
  v.compare(f, "logits_eval", fetch(d, logits),
            allow::activation);  // theirs has a path of its own for inference
  compare_cached_logits(f, v, m, batch);
}

}  // namespace detail

/// Whatever the file holds of a model with experts, on every device with every kernel.
inline void check_experts(file& f, verdict& v) {
  const zer0::dims sizes = sizes_of(f);
  const zer0::token_batch batch = batch_of(f, 0, f.size("input_ids", 0));
  on_each_kernel(v, [&]<class D, class Kernel>(std::type_identity<D>, std::type_identity<Kernel>) {
    zer0::model<expert_decoder<Kernel, recorded_router>, D> m(sizes);
    load_parameters(m, f, "param.");
    detail::check_experts_on(f, v, m, batch);
  });
  v.on("");
}

}  // namespace support::golden
