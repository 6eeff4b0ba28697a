#include "support/layer_contract.hpp"
#include <zer0/attention/gqa.hpp>
#include <zer0/layer/residual.hpp>
#include <zer0/layer/rms_norm.hpp>
#include <zer0/layer/swiglu.hpp>

using namespace zer0;

namespace {

template <class Branch>
struct residual_policy {
  using role = feed_forward_role;
  template <device Device>
  struct layer : residual<rms_norm, Branch, Device> {
    explicit layer(const dims& sizes) : residual<rms_norm, Branch, Device>(sizes, "norm", "branch") {}
  };
};

const dims sizes{.dim = 24, .n_heads = 4, .n_kv_heads = 2, .hidden_dim = 37, .norm_eps = 1e-5, .dropout = 0.2};

}  // namespace

TEST_CASE("residual: keeps the layer contract around an attention, which has a cache", "[layer][residual]") {
  support::layer_contract<residual_policy<gqa<>>>(sizes);
}

TEST_CASE("residual: keeps the layer contract around a feed-forward, which has none", "[layer][residual]") {
  support::layer_contract<residual_policy<swiglu>>(sizes);
}

TEST_CASE("residual: a branch of zeros leaves the stream as it is", "[layer][residual]") {
  support::lone_layer<residual_policy<swiglu>, cpu> layer(sizes);
  fill(layer.device(), {layer.weights().data(), 1, static_cast<index_t>(layer.weights().size())}, 0);
  const auto x = support::normal_numbers(5 * 24, 1);
  CHECK(support::difference(layer.forward(x, {5}), x) == 0);
}

TEST_CASE("residual: parameters are named after both parts", "[layer][residual]") {
  support::lone_layer<residual_policy<swiglu>, reference> layer(sizes);
  std::vector<std::string> paths;
  for (const auto& entry : layer.parameters()) paths.push_back(entry.path + entry.value->parts[0].name);
  CHECK(paths == std::vector<std::string>{"norm.weight", "branch.gate_proj.weight", "branch.down_proj.weight"});
}
