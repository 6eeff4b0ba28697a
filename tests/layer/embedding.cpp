#include "support/devices.hpp"
#include "support/random_numbers.hpp"
#include "support/twin.hpp"
#include <zer0/layer/detail/parameter_memory.hpp>
#include <zer0/layer/embedding.hpp>
#include <zer0/layer/rope.hpp>
#include <zer0/model/model.hpp>
#include <zer0/model/workspace.hpp>
#include <zer0/testing/gradient_check.hpp>

using namespace zer0;

namespace {

constexpr index_t vocab = 11;
constexpr index_t dim = 6;

/// An embedding with a table of random numbers.
template <class D>
struct lone_embedding {
  using real = typename D::real;
  D device;
  embedding<D> layer;
  buffer<real, D> weights{device, vocab* dim};
  buffer<real, D> gradients{device, vocab* dim};
  workspace<D> memory{device};

  explicit lone_embedding(double dropout)
      : layer({.dim = dim, .n_heads = 1, .vocab_size = vocab, .dropout = dropout}) {
    const auto numbers = support::normal_numbers(vocab * dim, 3);
    upload(device, std::span<const double>(numbers), weights.span());
    fill(device, gradients.row(), 0);
    layer.table().value = {weights.data(), vocab, dim};
    layer.table().grad = {gradients.data(), vocab, dim};
  }

  /// Of a matrix (vocab, dim) on the device.
  [[nodiscard]] std::vector<real> host(const buffer<real, D>& matrix) {
    std::vector<real> out(static_cast<std::size_t>(matrix.size()));
    download(device, std::span<const real>(matrix.span()), out.data());
    return out;
  }
  context<D>& start(bool training) {
    context<D>& c = memory.reset();
    c.training = training;
    return c;
  }
};

const dims sizes{.dim = 8, .n_layers = 1, .n_heads = 2, .vocab_size = 20, .max_seq_len = 16};

template <class D>
class positions_alone {
 public:
  using real = typename D::real;
  positions_alone() : layer(sizes), memory(device) {
    layer.parameters(list);
    weights = detail::parameter_memory<D>(device, list);
    (void)weights.gradients(device, list);
    upload(device, std::span<const double>(table), weights.trained_weights());
  }
  context<D>& start() {
    context<D>& c = memory.reset();
    c.layout.positions =
        memory.template put<std::int32_t>(std::span<const std::int32_t>(positions));
    return c;
  }

  const std::vector<std::int32_t> positions{0, 1, 2, 0, 15, 2};
  const std::vector<double> table = support::normal_numbers(16 * 8, 1);
  D device;
  layer_of<learned_positions, D> layer;
  workspace<D> memory;
  parameter_list<real> list;
  detail::parameter_memory<D> weights;
};

}  // namespace

TEMPLATE_LIST_TEST_CASE(
    "embedding: rows of the table come out, and gradients of a repeated token add up",
    "[layer][embedding]", support::all_devices) {
  lone_embedding<TestType> e(0.5);
  const std::vector<std::int32_t> tokens{4, 0, 4, 10};
  typename embedding<TestType>::saved saved;
  support::guarded_matrix<TestType> y(e.device, 4, dim, support::placement::contiguous);
  y.set(std::vector<double>(4 * dim, NAN));
  context<TestType>& c = e.start(false);
  e.layer.forward(c, tokens, y.view(), saved);
  const auto out = y.values();
  const auto table = e.host(e.weights);
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t j = 0; j < dim; ++j)
      CHECK(out[i * dim + j] == table[static_cast<std::size_t>(tokens[i]) * dim + j]);
  y.set(std::vector<double>(4 * dim, 2));
  e.layer.backward(c, y.view(), saved);
  const auto gradient = e.host(e.gradients);
  for (const auto& [token, expected] :
       {std::pair{4, 4.0}, std::pair{0, 2.0}, std::pair{10, 2.0}, std::pair{5, 0.0}})
    for (index_t j = 0; j < dim; ++j)
      CHECK(gradient[static_cast<std::size_t>(token * dim + j)] == expected);
}

TEMPLATE_LIST_TEST_CASE("embedding: in training, backward drops what forward dropped",
                        "[layer][embedding]", support::all_devices) {
  lone_embedding<TestType> e(0.5);
  const std::vector<std::int32_t> tokens{1, 2, 3};
  typename embedding<TestType>::saved saved;
  support::guarded_matrix<TestType> y(e.device, 3, dim, support::placement::contiguous);
  y.set(std::vector<double>(3 * dim, NAN));
  context<TestType>& c = e.start(true);
  e.layer.forward(c, tokens, y.view(), saved);
  const auto out = y.values();
  y.set(std::vector<double>(3 * dim, 1));
  e.layer.backward(c, y.view(), saved);
  const auto gradient = e.host(e.gradients);
  int dropped = 0;
  for (index_t i = 0; i < 3; ++i)
    for (index_t j = 0; j < dim; ++j) {
      const bool kept = out[static_cast<std::size_t>(i * dim + j)] != 0;
      dropped += kept ? 0 : 1;
      CHECK(gradient[static_cast<std::size_t>((i + 1) * dim + j)] == (kept ? 2 : 0));
    }
  CHECK(dropped > 2);
  CHECK(dropped < 16);
}

TEST_CASE(
    "learned_positions: the row of a token's position is added, and gradients of a row add up, on "
    "every device",
    "[layer][embedding]") {
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
    for (std::size_t i = 0; i < 48; ++i)
      expected[static_cast<std::size_t>(p.positions[i / 8]) * 8 + i % 8] += 2 * x[i];
    for (std::size_t i = 0; i < expected.size(); ++i)
      CHECK(actual[i] == Catch::Detail::Approx(expected[i]).epsilon(1e-6).margin(1e-7));
  });
}

TEST_CASE(
    "learned_positions: a decoder with them has a table of max_seq_len rows under the name that "
    "files expect",
    "[layer][embedding]") {
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
