#include "support/catch.hpp"
#include "support/devices.hpp"
#include "support/small_model.hpp"
#include <zer0/model/model.hpp>
#include <zer0/testing/gradient_check.hpp>

#include <tuple>

using namespace zer0;
using support::small_batch;
using support::small_dims;
using support::small_model;

namespace {

using tied = decoder<>;
using untied = decoder<untied_head, gqa<rope_half_split, standard_attention>>;
using variants = std::tuple<tied, untied>;

dims with_dropout() {
  dims sizes = small_dims;
  sizes.dropout = 0.2;
  return sizes;
}

template <class Variant, class D>
gradient_report whole_model(const dims& sizes, const gradient_check_options& options) {
  small_model<Variant, D> m(sizes);
  m.training = true;
  const token_batch batch = small_batch();
  m.loss_and_gradients(batch);
  return check_gradient(
      m.model.device(), m.model.weights(), std::span<const typename D::real>(m.model.gradients()),
      [&] { return m.loss(batch); }, options);
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("model: the gradient of every weight is that of the loss", "[model]",
                        variants) {
  for (const dims& sizes : {small_dims, with_dropout()}) {
    INFO("dropout " << sizes.dropout);
    const auto report =
        whole_model<TestType, reference>(sizes, {.coordinates = 100, .directions = 10});
    INFO(report.text());
    CHECK(report.worst < 1e-7);
  }
}

TEMPLATE_LIST_TEST_CASE("model: the gradient in float is that of the loss along random directions",
                        "[model]", variants) {
  for (const dims& sizes : {small_dims, with_dropout()}) {
    INFO("dropout " << sizes.dropout);
    const auto report = whole_model<TestType, support::float_device>(
        sizes, {.coordinates = 0, .directions = 10, .step = 0.003});
    INFO(report.text());
    CHECK(report.worst < 1e-3);
  }
}

TEMPLATE_LIST_TEST_CASE("model: the device gives the loss and the gradients of reference",
                        "[model]", variants) {
  for (const dims& sizes : {small_dims, with_dropout()}) {
    INFO("dropout " << sizes.dropout);
    small_model<TestType, reference> judge(sizes);
    small_model<TestType, support::float_device> judged(sizes);
    judge.training = judged.training = true;
    const double expected = judge.loss_and_gradients(small_batch());
    CHECK(judged.loss_and_gradients(small_batch()) ==
          Catch::Detail::Approx(expected).epsilon(5e-6));
    CHECK(support::difference(judged.gradient_values(), judge.gradient_values()) < 3e-5);
  }
}

TEMPLATE_LIST_TEST_CASE("model: backward adds; two batches give the sum of their gradients",
                        "[model]", support::all_devices) {
  small_model<tied, TestType> m;
  m.loss_and_gradients(small_batch(1));
  const auto first = m.gradient_values();
  m.zero_gradients();
  m.loss_and_gradients(small_batch(2));
  auto sum = m.gradient_values();
  m.loss_and_gradients(small_batch(1));
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += first[i];
  CHECK(support::difference(m.gradient_values(), sum) < 1e-6);
}

TEMPLATE_LIST_TEST_CASE("model: dropout acts in training only, and repeats for the same step",
                        "[model]", support::all_devices) {
  small_model<tied, TestType> m(with_dropout());
  small_model<tied, TestType> without;
  const double inference = m.loss(small_batch());
  CHECK(inference == without.loss(small_batch()));
  m.training = true;
  const double once = m.loss(small_batch());
  CHECK(once != inference);
  CHECK(m.loss(small_batch()) == once);
}

TEST_CASE("model: the number of parameters is the sum of its matrices", "[model]") {
  for (const auto& [kv_heads, head_dim] : {std::pair{0, 0}, std::pair{2, 0}, std::pair{1, 6}}) {
    dims d = small_dims;
    d.n_kv_heads = kv_heads;
    d.head_dim = head_dim;
    const index_t c = d.head_size();
    const index_t one_block = 2 * d.dim + d.dim * c * (d.n_heads + 2 * d.kv_heads()) +
                              d.n_heads * c * d.dim + 3 * d.dim * d.hidden();
    const index_t expected = d.vocab_size * d.dim + d.n_layers * one_block + d.dim;
    model<tied, reference> with_tied_head(d);
    CHECK(with_tied_head.parameters().elements() == expected);
    CHECK(static_cast<index_t>(with_tied_head.weights().size()) == expected);
    model<untied, reference> with_own_head(d);
    CHECK(with_own_head.parameters().elements() == expected + d.vocab_size * d.dim);
  }
}

TEST_CASE("model: parameters have the names of Llama's files", "[model]") {
  dims sizes = small_dims;
  sizes.n_layers = 1;
  model<untied, reference> m(sizes);
  std::vector<std::string> names;
  for (const auto& entry : m.parameters())
    for (const auto& part : entry.value->parts)
      names.push_back(entry.path + part.name + " " + std::to_string(part.rows) + "x" +
                      std::to_string(entry.value->cols));
  CHECK(names == std::vector<std::string>{"model.embed_tokens.weight 13x16",
                                          "model.layers.0.input_layernorm.weight 1x16",
                                          "model.layers.0.self_attn.q_proj.weight 16x16",
                                          "model.layers.0.self_attn.k_proj.weight 8x16",
                                          "model.layers.0.self_attn.v_proj.weight 8x16",
                                          "model.layers.0.self_attn.o_proj.weight 16x16",
                                          "model.layers.0.post_attention_layernorm.weight 1x16",
                                          "model.layers.0.mlp.gate_proj.weight 24x16",
                                          "model.layers.0.mlp.up_proj.weight 24x16",
                                          "model.layers.0.mlp.down_proj.weight 16x24",
                                          "model.norm.weight 1x16", "lm_head.weight 13x16"});
}

TEST_CASE("model: a tied head has no matrix of its own", "[model]") {
  model<tied, reference> m(small_dims);
  for (const auto& entry : m.parameters()) CHECK(entry.value->parts[0].name != "lm_head.weight");
  CHECK(m.output().value.data == m.weights().data());  // the embedding comes first
}

TEST_CASE("model: only interleaved pairs of queries and keys are marked for reordering in files",
          "[model]") {
  model<tied, reference> interleaved(small_dims);
  model<untied, reference> half_split(small_dims);
  std::vector<index_t> marks;
  for (const auto& entry : interleaved.parameters())
    for (const auto& part : entry.value->parts)
      if (part.interleaved_heads != 0) marks.push_back(part.interleaved_heads);
  CHECK(marks == std::vector<index_t>{4, 2, 4, 2});
  for (const auto& entry : half_split.parameters())
    for (const auto& part : entry.value->parts) CHECK(part.interleaved_heads == 0);
}

TEMPLATE_LIST_TEST_CASE("model: weights and gradients lie one after another, in the same order",
                        "[model]", support::all_devices) {
  model<untied, TestType> m(small_dims);
  const auto gradients = m.gradients();
  CHECK(gradients.size() == m.weights().size());
  std::ptrdiff_t next = 0;
  for (const auto& entry : m.parameters()) {
    const auto& p = *entry.value;
    CHECK(p.value.data - m.weights().data() == next);
    CHECK(p.grad.data - gradients.data() == next);
    CHECK(p.value.contiguous());
    CHECK((p.value.rows == p.rows() && p.value.cols == p.cols));
    next += p.elements();
  }
  CHECK(next == static_cast<std::ptrdiff_t>(gradients.size()));
  CHECK(squared_norm(m.device(), const_wide_span<TestType>(gradients)) == 0);
}

TEST_CASE("model: initialize is a function of the seed, on every device", "[model]") {
  small_model<tied, reference> a;
  small_model<tied, support::float_device> b;
  a.model.initialize(7);
  b.model.initialize(7);
  const auto first = b.weight_values();
  CHECK(support::difference(first, a.weight_values()) < 1e-7);
  b.model.initialize(8);
  CHECK(support::difference(b.weight_values(), first) > 0.05);
  b.model.initialize(7);
  CHECK(support::difference(b.weight_values(), first) == 0);
}

TEST_CASE("model: initial weights have the deviations that their layers ask for", "[model]") {
  dims sizes = small_dims;
  sizes.dim = 64;
  sizes.vocab_size = 300;
  sizes.n_layers = 8;
  model<tied, support::float_device> m(sizes);
  m.initialize(1);
  for (const auto& entry : m.parameters()) {
    const auto& p = *entry.value;
    INFO(entry.path << p.parts[0].name);
    const std::span<const float> w(p.value.data, static_cast<std::size_t>(p.elements()));
    const auto n = static_cast<double>(w.size());
    const double mean = sum(m.device(), w) / n;
    const double deviation = std::sqrt(squared_norm(m.device(), w) / n - mean * mean);
    if (p.kind == parameter_kind::vector) {
      CHECK(mean == 1);
      CHECK(deviation == 0);
      continue;
    }
    const bool to_stream =
        p.parts[0].name == "o_proj.weight" || p.parts[0].name == "down_proj.weight";
    const double expected = to_stream ? 0.02 / 4 : 0.02;  // sqrt(2 * 8 layers) = 4
    CHECK(std::abs(mean) < 5 * expected / std::sqrt(n));
    CHECK(std::abs(deviation / expected - 1) < 5 / std::sqrt(2 * n));
  }
}

TEST_CASE("model: a fresh model knows nothing: its loss is log V", "[model]") {
  dims sizes = small_dims;
  sizes.vocab_size = 1000;
  small_model<tied, support::float_device> m(sizes);
  m.model.initialize(1);
  const token_batch batch = small_batch(1, 1000);
  CHECK(m.loss(batch) / batch.target_tokens() ==
        Catch::Detail::Approx(std::log(1000.0)).epsilon(0.02));
}

TEST_CASE("model: sizes that do not fit together are refused before anything is allocated",
          "[model]") {
  dims sizes = small_dims;
  sizes.n_kv_heads = 3;
  CHECK_THROWS_WITH((model<tied, reference>(sizes)),
                    support::contains("n_heads (4) is not a multiple of n_kv_heads (3)"));
}

namespace {

/// Hidden states of `counts[s]` further tokens of each sequence, through the cache.
template <class M, class D>
std::vector<double> extend_by(small_model<M, D>& m, typename model<M, D>::cache& cache,
                              const token_batch& batch, std::vector<std::int32_t>& past,
                              const std::vector<std::int32_t>& counts, index_t capacity) {
  (void)m.memory.reset();
  std::vector<std::int32_t> ids;
  std::vector<std::int32_t> starts{0};
  std::vector<std::int32_t> positions;
  std::vector<std::int32_t> slots;
  for (std::size_t s = 0; s < counts.size(); ++s) {
    for (std::int32_t i = 0; i < counts[s]; ++i) {
      ids.push_back(batch.ids[static_cast<std::size_t>(batch.starts[s] + past[s] + i)]);
      positions.push_back(past[s] + i);
      slots.push_back(static_cast<std::int32_t>(static_cast<index_t>(s) * capacity) + past[s] + i);
    }
    starts.push_back(static_cast<std::int32_t>(ids.size()));
  }
  const auto put = [&](const std::vector<std::int32_t>& v) {
    return m.memory.template put<std::int32_t>(std::span<const std::int32_t>(v));
  };
  context<D>& c = m.memory.begin(
      {.starts = put(starts), .positions = put(positions), .past = put(past), .slots = put(slots)});
  const auto hidden = m.model.extend(c, put(ids), cache);
  for (std::size_t s = 0; s < past.size(); ++s) past[s] += counts[s];
  return m.host(tensor_view<const typename D::real>(hidden));
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("model: through the cache come the hidden states of all tokens at once",
                        "[model][cache]", support::all_devices) {
  small_model<tied, TestType> m;
  const token_batch batch = small_batch();  // sequences of 5, 1 and 6 tokens
  context<TestType>& c = m.start(batch);
  const auto expected =
      m.host(tensor_view<const typename TestType::real>(m.model.forward(c, m.memory.batch().ids)));
  const index_t capacity = 8;
  auto cache = m.model.make_cache(3, capacity);
  std::vector<std::int32_t> past(3, 0);
  for (const std::vector<std::int32_t>& counts :
       {std::vector{2, 1, 3}, {1, 0, 1}, {2, 0, 0}, {0, 0, 2}}) {
    const auto before = past;
    const auto hidden = extend_by(m, cache, batch, past, counts, capacity);
    std::vector<double> rows;
    for (std::size_t s = 0; s < 3; ++s) {
      const auto first = expected.begin() + (batch.starts[s] + before[s]) * small_dims.dim;
      rows.insert(rows.end(), first, first + counts[s] * small_dims.dim);
    }
    CHECK(support::difference(hidden, rows) < 1e-5);
  }
}
