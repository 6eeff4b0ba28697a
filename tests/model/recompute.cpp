#include "support/catch.hpp"
#include "support/devices.hpp"
#include "support/small_model.hpp"
#include <zer0/model/block.hpp>

using namespace zer0;
using support::small_batch;
using support::small_model;

namespace {

using plain = decoder<>;
using recomputed = decoder<recompute<>>;

dims with_dropout(index_t layers = 3) {
  dims sizes = support::small_dims;
  sizes.n_layers = layers;
  sizes.dropout = 0.2;
  return sizes;
}

/// Bytes that training on one batch takes.
template <class Variant>
std::size_t bytes_of(const dims& sizes, const token_batch& batch) {
  small_model<Variant, support::float_device> m(sizes);
  m.training = true;
  m.loss_and_gradients(batch);
  return m.memory.peak_bytes();
}

}  // namespace

TEST_CASE("recompute: loss and gradients are the same bit for bit, with dropout",
          "[model][recompute]") {
  support::on_all_devices([&]<class D>(std::type_identity<D>) {
    small_model<plain, D> expected(with_dropout());
    small_model<recomputed, D> m(with_dropout());
    expected.training = m.training = true;
    const token_batch batch = small_batch();
    CHECK(m.loss(batch) == expected.loss(batch));
    for (int pass = 0; pass < 2; ++pass)
      CHECK(m.loss_and_gradients(batch) == expected.loss_and_gradients(batch));
    CHECK(m.gradient_values() == expected.gradient_values());
  });
}

TEST_CASE("recompute: a block keeps N D numbers", "[model][recompute]") {
  dims sizes = with_dropout();
  sizes.dim = 64;
  sizes.hidden_dim = 256;
  token_batch batch = small_batch();
  for (int i = 0; i < 6;
       ++i) {  // so many tokens that activations outweigh what is rounded up to whole lines
    const auto tokens = static_cast<std::int32_t>(batch.tokens());
    const token_batch more = small_batch(static_cast<std::uint32_t>(i));
    batch.ids.insert(batch.ids.end(), more.ids.begin(), more.ids.end());
    batch.targets.insert(batch.targets.end(), more.targets.begin(), more.targets.end());
    batch.weights.insert(batch.weights.end(), more.weights.begin(), more.weights.end());
    for (std::size_t s = 1; s < more.starts.size(); ++s)
      batch.starts.push_back(tokens + more.starts[s]);
  }
  sizes.n_layers = 4;
  const std::size_t four = bytes_of<recomputed>(sizes, batch),
                    four_plain = bytes_of<plain>(sizes, batch);
  sizes.n_layers = 9;
  const std::size_t nine = bytes_of<recomputed>(sizes, batch);
  const auto kept = static_cast<std::size_t>(batch.tokens() * sizes.dim) * sizeof(float);
  CHECK(nine - four == 5 * kept);
  CHECK(four < four_plain / 2);
}
