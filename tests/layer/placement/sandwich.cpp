#include "support/branch_policy.hpp"
#include "support/feed_forward_formula.hpp"
#include "support/layer_contract.hpp"
#include <zer0/attention/gqa.hpp>
#include <zer0/layer/feed_forward.hpp>
#include <zer0/layer/layer_norm.hpp>
#include <zer0/layer/placement/sandwich.hpp>
#include <zer0/layer/rms_norm.hpp>

using namespace zer0;

namespace {
template <class Branch, class Norm = rms_norm>
using sandwich_policy = support::branch_policy<sandwich, Branch, Norm>;

const dims sizes{
    .dim = 24, .n_heads = 4, .n_kv_heads = 2, .hidden_dim = 37, .norm_eps = 1e-5, .dropout = 0.2};

std::vector<double> normed(const std::vector<double>& x, const double* weight) {
  double squares = 0;
  for (const double e : x) squares += e * e;
  std::vector<double> y(x.size());
  for (std::size_t j = 0; j < x.size(); ++j)
    y[j] = x[j] * weight[j] / std::sqrt(squares / static_cast<double>(x.size()) + 1e-5);
  return y;
}
}  // namespace

TEST_CASE("sandwich: keeps the layer contract around an attention, which has a cache",
          "[layer][sandwich]") {
  support::layer_contract<sandwich_policy<gqa<>>>(sizes);
}

TEST_CASE("sandwich: keeps the layer contract with a norm that has no form for sums",
          "[layer][sandwich]") {
  support::layer_contract<sandwich_policy<swiglu, layer_norm>>(sizes);
}

TEST_CASE("sandwich: adds the norm of the branch of the norm", "[layer][sandwich]") {
  support::lone_layer<sandwich_policy<swiglu>, reference> layer(sizes);
  const auto w = layer.weight_values();  // norm_in's, the branch's, norm_out's
  const auto x = support::normal_numbers(24, 1);
  const auto branch = support::gated_formula({w.begin() + 24, w.end()}, 24, 37, normed(x, w.data()),
                                             [](double z) { return z / (1 + std::exp(-z)); });
  auto y = normed(branch, w.data() + w.size() - 24);
  for (std::size_t j = 0; j < 24; ++j) y[j] += x[j];
  CHECK(support::difference(layer.forward(x, {1}), y) < 1e-13);
}
