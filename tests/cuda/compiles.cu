// Compiled by nvcc, not run: every kernel of the cuda device, by way of a trainer with each
// attention and of generation for each precision. scripts/cuda_report looks at what becomes of
// them.
#include <zer0/device/cuda.cuh>
#include <zer0/generate/generate.hpp>
#include <zer0/loss/preference.hpp>
#include <zer0/model/model.hpp>
#include <zer0/recipe/trainer.hpp>

using namespace zer0;

template <class Device, class Kernel>
using llm = model<decoder<gqa<rope, Kernel>>, Device>;

template class zer0::trainer<llm<cuda, flash>>;
template class zer0::trainer<llm<cuda_bf16, flash>>;
template class zer0::trainer<llm<cuda_fp16, flash>>;
template class zer0::trainer<llm<cuda, standard_attention>>;
template class zer0::trainer<llm<cuda_bf16, standard_attention>>;
template class zer0::trainer<llm<cuda_fp16, standard_attention>>;
template class zer0::session<llm<cuda, flash>>;
template class zer0::session<llm<cuda_bf16, flash>>;
template class zer0::session<llm<cuda_fp16, flash>>;
template class zer0::trainer<llm<cuda, flash>, preference<any_preference>, adamw, cosine, per_pair>;
template class zer0::trainer<llm<cuda_bf16, flash>, preference<any_preference>, adamw, cosine,
                             per_pair>;
template class zer0::trainer<llm<cuda_fp16, flash>, preference<any_preference>, adamw, cosine,
                             per_pair>;

/// Operations that the models above do not use.
template <class D>
void other_operations(D& d, view<D> y, wide_view<D> wy, wide_span<D> v, const_real_span<D> weight,
                      id_span ids, std::span<std::int32_t> list) {
  const const_view<D> x = y;
  const const_wide_view<D> wx = wy;
  const const_wide_span<D> cv = v;
  random_normal(d, random_stream(), 0, 1, y);
  random_uniform(d, random_stream(), 0, 1, y);
  add_scaled(d, 2, x, y);
  add_scaled(d, 2, wx, wy);
  add_scaled(d, 2, x, wy);
  grouped_matmul(d, ids, x, x, y);
  grouped_matmul(d, ids, x, transposed(x), y);
  grouped_weight_gradient(d, {.starts = ids, .dy = x, .x = x, .dw = wy});
  layer_norm_forward(
      d, {.x = x, .weight = weight, .bias = weight, .eps = 1e-5, .y = y, .mean = v, .rstd = v});
  for (const double beta : {0, 1})
    layer_norm_backward(d, {.x = x,
                            .weight = weight,
                            .mean = cv,
                            .rstd = cv,
                            .dy = x,
                            .beta = beta,
                            .dx = y,
                            .dweight = v,
                            .dbias = v});
  add_bias(d, weight, y);
  add_column_sums(d, x, v);
  const auto activate = [&](auto act) {
    activate_forward(d, act, x, y);
    activate_backward(d, act, x, x, y);
    gate_forward(d, act, {.gate = x, .up = x, .y = y});
    gate_backward(d, act, {.gate = x, .up = x, .dy = x, .dgate = y, .dup = y});
  };
  activate(gelu());
  activate(gelu_tanh());
  activate(relu_squared());
  add_bias(d, cv, wy);
  add_column_sums(d, wx, v);
  activate_forward(d, sigmoid(), wx, wy);
  activate_backward(d, sigmoid(), wx, wx, wy);
  softmax_rows(d, wx, wy);
  softmax_rows_backward(d, {.y = wx, .dy = wx, .dx = wy});
  choose_in_rows(d, wx, cv, 2, wy);
  choose_in_columns(d, wx, cv, 0.5, wy);
  limit_columns(d, wx, cv, 0.5, wy);
  gate_chosen(d, {.scores = wx, .mask = wx, .normalize = true, .factor = 1, .gates = wy});
  gate_chosen_backward(
      d, {.scores = wx, .mask = wx, .normalize = true, .factor = 1, .dgates = wx, .dscores = wy});
  list_chosen(d,
              {.mask = wx, .starts = list, .tokens = list, .token_starts = list, .places = list});
  gather_gates(d, {.gates = wx, .starts = ids, .tokens = ids, .weights = v});
  scatter_gates(d, {.weights = cv, .starts = ids, .tokens = ids, .gates = wy});
  combine_rows(d, {.token_starts = ids, .places = ids, .weights = cv, .x = x, .beta = 1, .y = y});
  combine_rows_backward(
      d, {.starts = ids, .tokens = ids, .weights = cv, .dy = x, .x = x, .dx = y, .dweights = v});
  balance_loss(d, balance_rule(),
               {.starts = ids, .live = cv, .mask = wx, .scores = wx, .counts = wy, .total = v});
  balance_loss_gradient(d, balance_rule(),
                        {.starts = ids, .live = cv, .counts = wx, .dscores = wy});
  z_loss(d, wx, cv, 1, v);
  z_loss_gradient(d, wx, cv, 1, wy);
  lean_to_mean(d, cv, 1e-3, v);
}
template void other_operations(cuda&, view<cuda>, wide_view<cuda>, wide_span<cuda>,
                               const_real_span<cuda>, id_span, std::span<std::int32_t>);
template void other_operations(cuda_bf16&, view<cuda_bf16>, wide_view<cuda_bf16>,
                               wide_span<cuda_bf16>, const_real_span<cuda_bf16>, id_span,
                               std::span<std::int32_t>);
template void other_operations(cuda_fp16&, view<cuda_fp16>, wide_view<cuda_fp16>,
                               wide_span<cuda_fp16>, const_real_span<cuda_fp16>, id_span,
                               std::span<std::int32_t>);
