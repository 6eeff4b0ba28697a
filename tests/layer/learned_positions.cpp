#include "support/devices.hpp"
#include "support/random_numbers.hpp"
#include "support/twin.hpp"
#include <zer0/layer/learned_positions.hpp>
#include <zer0/layer/no_position.hpp>
#include <zer0/layer/parameter_memory.hpp>
#include <zer0/model/model.hpp>
#include <zer0/model/workspace.hpp>
#include <zer0/testing/gradient_check.hpp>

using namespace zer0;

namespace {

const dims sizes{.dim = 8, .n_layers = 1, .n_heads = 2, .vocab_size = 20, .max_seq_len = 16};

template <class D>
class positions_alone {
 public:
  using real = typename D::real;
  positions_alone() : layer(sizes), memory(device) {
    layer.parameters(list);
    weights = parameter_memory<D>(device, list);
    (void)weights.gradients(device, list);
    upload(device, std::span<const double>(table), weights.trained_weights());
  }
  context<D>& start() {
    context<D>& c = memory.reset();
    c.layout.positions = memory.template put<std::int32_t>(std::span<const std::int32_t>(positions));
    return c;
  }

  const std::vector<std::int32_t> positions{0, 1, 2, 0, 15, 2};
  const std::vector<double> table = support::normal_numbers(16 * 8, 1);
  D device;
  layer_of<learned_positions, D> layer;
  workspace<D> memory;
  parameter_list<real> list;
  parameter_memory<D> weights;
};

}  // namespace

TEST_CASE("learned_positions: the row of a token's position is added, and gradients of a row add up, on every device",
          "[layer][learned_positions]") {
  support::on_all_devices([]<class D>(std::type_identity<D>) {
    positions_alone<D> p;
    support::guarded_matrix<D> y(p.device, 6, 8, support::placement::contiguous);
    const std::vector<double> x = support::normal_numbers(48, 2);
    y.set(x);
    p.layer.forward(p.start(), y.view());
    const std::vector<double> sum = y.values();
    for (std::size_t i = 0; i < 48; ++i) {
      const auto row = static_cast<std::size_t>(p.positions[i / 8]);
      CHECK(sum[i] == Catch::Detail::Approx(x[i] + p.table[row * 8 + i % 8]).epsilon(1e-6));
    }
    y.set(x);
    p.layer.backward(p.start(), y.view());
    p.layer.backward(p.start(), y.view());  // is added to
    const auto gradient = p.weights.gradients(p.device, p.list);
    std::vector<wide<typename D::real>> actual(gradient.size());
    download(p.device, std::span<const wide<typename D::real>>(gradient), actual.data());
    std::vector<double> expected(16 * 8, 0.0);
    for (std::size_t i = 0; i < 48; ++i) expected[static_cast<std::size_t>(p.positions[i / 8]) * 8 + i % 8] += 2 * x[i];
    for (std::size_t i = 0; i < expected.size(); ++i)
      CHECK(actual[i] == Catch::Detail::Approx(expected[i]).epsilon(1e-6).margin(1e-7));
  });
}

TEST_CASE("learned_positions: a decoder with them has a table of max_seq_len rows under the name that files expect",
          "[layer][learned_positions]") {
  model<decoder<gqa<no_position>, learned_positions>, reference> m(sizes);
  index_t found = 0;
  for (const auto& entry : m.parameters())
    if (entry.path == "model.embed_positions.") {
      ++found;
      CHECK(entry.value->parts.front().name == "weight");
      CHECK(entry.value->rows() == 16);
      CHECK(entry.value->cols == 8);
    }
  CHECK(found == 1);
}
