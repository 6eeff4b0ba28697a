#include "support/branch_policy.hpp"
#include "support/layer_contract.hpp"
#include "support/small_model.hpp"
#include <zer0/attention/gqa.hpp>
#include <zer0/layer/feed_forward.hpp>
#include <zer0/layer/placement/pre_norm.hpp>
#include <zer0/layer/rms_norm.hpp>

using namespace zer0;

namespace {

template <class Branch, class Norm = rms_norm>
using pre_policy = support::branch_policy<pre_norm, Branch, Norm>;

/// rms_norm without its shorter ways.
struct plain_norm {
  using role = norm_role;
  template <device Device>
  class layer {
   public:
    using real = typename Device::real;
    using saved = typename layer_of<rms_norm, Device>::saved;
    explicit layer(const dims& sizes) : norm_(sizes) {}
    void parameters(parameter_list<real>& list) { norm_.parameters(list); }
    void forward(context<Device>& c, tensor_view<const real> x, tensor_view<real> y, saved& s) {
      norm_.forward(c, x, y, s);
    }
    void backward(context<Device>& c, tensor_view<const real> dy, const saved& s,
                  tensor_view<real> dx) {
      norm_.backward(c, dy, s, dx);
    }

   private:
    layer_of<rms_norm, Device> norm_;
  };
};
static_assert(norms_a_sum<layer_of<rms_norm, archetype>, archetype> &&
              adds_its_gradient<layer_of<rms_norm, archetype>, archetype>);
static_assert(!norms_a_sum<layer_of<plain_norm, archetype>, archetype> &&
              !adds_its_gradient<layer_of<plain_norm, archetype>, archetype>);

const dims sizes{
    .dim = 24, .n_heads = 4, .n_kv_heads = 2, .hidden_dim = 37, .norm_eps = 1e-5, .dropout = 0.2};

}  // namespace

TEST_CASE("pre_norm: keeps the layer contract around an attention, which has a cache",
          "[layer][pre_norm]") {
  support::layer_contract<pre_policy<gqa<>>>(sizes);
}

TEST_CASE("pre_norm: keeps the layer contract around a feed-forward, which has none",
          "[layer][pre_norm]") {
  support::layer_contract<pre_policy<swiglu>>(sizes);
}

TEST_CASE("pre_norm: keeps the layer contract with a norm that has no form for sums",
          "[layer][pre_norm]") {
  support::layer_contract<pre_policy<swiglu, plain_norm>>(sizes);
}

TEST_CASE("pre_norm: a norm that has no form for sums gives the same model", "[layer][pre_norm]") {
  const auto run = []<class Norm>(Norm) {
    dims dropping = support::small_dims;
    dropping.dropout = 0.2;
    support::small_model<decoder<Norm>, reference> m(dropping);
    m.training = true;
    const double loss = m.loss_and_gradients(support::small_batch());
    return std::pair(loss, m.gradient_values());
  };
  const auto fused = run(rms_norm());
  const auto plain = run(plain_norm());
  CHECK(fused.first == plain.first);
  CHECK(support::difference(fused.second, plain.second) < 1e-13);
}

TEST_CASE("pre_norm: a branch of zeros leaves the stream as it is", "[layer][pre_norm]") {
  support::lone_layer<pre_policy<swiglu>, support::float_device> layer(sizes);
  fill(layer.device(), {layer.weights().data(), 1, static_cast<index_t>(layer.weights().size())},
       0);
  const auto x = support::normal_numbers(5 * 24, 1);
  CHECK(support::difference(layer.forward(x, {5}), x) == 0);
}

TEST_CASE("pre_norm: parameters are named after both parts", "[layer][pre_norm]") {
  support::lone_layer<pre_policy<swiglu>, reference> layer(sizes);
  std::vector<std::string> paths;
  for (const auto& entry : layer.parameters())
    paths.push_back(entry.path + entry.value->parts[0].name);
  CHECK(paths == std::vector<std::string>{"norm.weight", "branch.gate_proj.weight",
                                          "branch.down_proj.weight"});
}
