#include "support/devices.hpp"
#include "support/lone_layer.hpp"
#include <zer0/layer/residual_stream.hpp>
#include <zer0/layer/rms_norm.hpp>

using namespace zer0;

namespace {

/// Three streams' worth of rows, and a norm over them.
struct rows_of_three {
  support::lone_layer<rms_norm, cpu> norm{{.dim = 3}};
  workspace<cpu> memory{norm.device()};
  context<cpu>& c = memory.reset();
  layer_of<rms_norm, cpu>::saved saved;

  tensor_view<float> matrix(const std::vector<float>& values) {
    const std::span<float> numbers = memory.put<float>(std::span(values));
    return {numbers.data(), static_cast<index_t>(values.size()) / 3, 3};
  }
  static std::vector<float> values(tensor_view<float> x) { return {x.data, x.data + x.elements()}; }
};

}  // namespace

TEST_CASE("residual_stream: a branch is added once, whoever asks first",
          "[layer][residual_stream]") {
  rows_of_three r;
  residual_stream<cpu> stream(r.matrix({1, 2, 3}));
  CHECK(r.values(stream.value(r.c)) == std::vector<float>{1, 2, 3});
  stream.add(r.matrix({10, 20, 30}), 0, {});
  CHECK(r.values(stream.value(r.c)) == std::vector<float>{11, 22, 33});
  CHECK(r.values(stream.value(r.c)) == std::vector<float>{11, 22, 33});
  stream.add(r.matrix({100, 200, 300}), 0, {});
  const auto y = r.matrix({0, 0, 0});
  stream.normed(r.c, r.norm.layer(), y, r.saved);
  CHECK(r.values(stream.value(r.c)) == std::vector<float>{111, 222, 333});

  residual_stream<cpu> settled(r.matrix({111, 222, 333}));
  const auto expected = r.matrix({0, 0, 0});
  settled.normed(r.c, r.norm.layer(), expected, r.saved);
  CHECK(r.values(y) == r.values(expected));
}

TEST_CASE("residual_stream: dropout leaves x alone and is that of the device",
          "[layer][residual_stream]") {
  rows_of_three r;
  const random_stream mask{.seed = 1, .site = 2, .step = 3};
  const std::vector<float> x(60, 1), branch(60, 8);
  residual_stream<cpu> stream(r.matrix(x));
  stream.add(r.matrix(branch), 0.5, mask);
  const auto dropped = r.matrix(branch);
  apply_dropout(r.c.device, 0.5, mask, dropped, dropped);
  add(r.c.device, r.matrix(x), dropped);
  CHECK(r.values(stream.value(r.c)) == r.values(dropped));
}

TEST_CASE("residual_stream: a pass that keeps nothing goes back and forth between two matrices",
          "[layer][residual_stream]") {
  rows_of_three r;
  const auto first = r.matrix({1, 2, 3});
  residual_stream<cpu> stream(first);
  const auto second = stream.room(r.c.keep);
  CHECK(second.data != first.data);
  stream.add(second, 0, {});
  (void)stream.value(r.c);
  CHECK(stream.room(r.c.keep).data == first.data);
  stream.add(first, 0, {});
  (void)stream.value(r.c);
  CHECK(stream.room(r.c.keep).data == second.data);
}
