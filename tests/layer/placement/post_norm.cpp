#include "support/branch_policy.hpp"
#include "support/feed_forward_formula.hpp"
#include "support/layer_contract.hpp"
#include <zer0/attention/gqa.hpp>
#include <zer0/layer/feed_forward.hpp>
#include <zer0/layer/layer_norm.hpp>
#include <zer0/layer/placement/post_norm.hpp>
#include <zer0/layer/rms_norm.hpp>

using namespace zer0;

namespace {
template <class Branch, class Norm = rms_norm>
using post_policy = support::branch_policy<post_norm, Branch, Norm>;

const dims sizes{
    .dim = 24, .n_heads = 4, .n_kv_heads = 2, .hidden_dim = 37, .norm_eps = 1e-5, .dropout = 0.2};
}  // namespace

TEST_CASE("post_norm: keeps the layer contract around an attention, which has a cache",
          "[layer][post_norm]") {
  support::layer_contract<post_policy<gqa<>>>(sizes);
}

TEST_CASE("post_norm: keeps the layer contract with a norm that has no form for sums",
          "[layer][post_norm]") {
  support::layer_contract<post_policy<swiglu, layer_norm>>(sizes);
}

TEST_CASE("post_norm: is the norm of the stream and the branch", "[layer][post_norm]") {
  support::lone_layer<post_policy<swiglu>, reference> layer(sizes);
  const auto w = layer.weight_values();  // the branch's, then the norm's
  const auto x = support::normal_numbers(24, 1);
  auto sum = support::gated_formula(w, 24, 37, x, [](double z) { return z / (1 + std::exp(-z)); });
  double squares = 0;
  for (std::size_t j = 0; j < 24; ++j) sum[j] += x[j];
  for (const double s : sum) squares += s * s;
  for (std::size_t j = 0; j < 24; ++j)
    sum[j] *= w[w.size() - 24 + j] / std::sqrt(squares / 24 + 1e-5);
  CHECK(support::difference(layer.forward(x, {1}), sum) < 1e-13);
}
