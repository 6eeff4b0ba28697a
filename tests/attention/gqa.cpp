#include "support/layer_contract.hpp"
#include <zer0/attention/gqa.hpp>

#include <cmath>
#include <concepts>
#include <tuple>
#include <vector>

using namespace zer0;

// Policies may come in any order, and default to rope and flash.
static_assert(std::same_as<gqa<standard, rope_half_split>::position, rope_half_split>);
static_assert(std::same_as<gqa<standard, rope_half_split>::kernel, standard>);
static_assert(std::same_as<gqa<standard>::position, rope>);
static_assert(std::same_as<gqa<rope_half_split>::kernel, flash>);

namespace {

using numbers = std::vector<double>;
using variants =
    std::tuple<gqa<rope, flash>, gqa<rope, standard>, gqa<rope_half_split, flash>, gqa<rope_half_split, standard>>;

/// H = 4. K = 4 is multi-head attention, K = 1 multi-query.
dims with_kv_heads(index_t kv_heads) {
  return {.dim = 24, .n_heads = 4, .n_kv_heads = kv_heads, .max_seq_len = 256, .rope_theta = 50, .dropout = 0.2};
}

/// Row `row` of W x, W with x.size() columns.
double product(const numbers& w, index_t row, const numbers& x) {
  double sum = 0;
  for (std::size_t j = 0; j < x.size(); ++j) sum += w[static_cast<std::size_t>(row) * x.size() + j] * x[j];
  return sum;
}

/// The definition, a number at a time: for one sequence x (T, D), with W_q, W_k, W_v one below the other in `in`.
class definition {
 public:
  definition(const dims& sizes, rope_pairing pairing, numbers weights)
      : sizes_(sizes), pairing_(pairing), in_(std::move(weights)) {
    const index_t in_rows = c() * (sizes.n_heads + 2 * sizes.kv_heads());
    out_.assign(in_.begin() + in_rows * sizes.dim, in_.end());
  }

  [[nodiscard]] numbers operator()(const numbers& x) const {
    const auto width = static_cast<std::size_t>(sizes_.dim);
    std::vector<numbers> tokens;
    for (std::size_t t = 0; t < x.size() / width; ++t)
      tokens.emplace_back(x.begin() + static_cast<std::ptrdiff_t>(t * width),
                          x.begin() + static_cast<std::ptrdiff_t>((t + 1) * width));
    numbers y;
    for (std::size_t t = 0; t < tokens.size(); ++t) {
      numbers heads;
      for (index_t h = 0; h < sizes_.n_heads; ++h)
        for (const double o : attend(tokens, t, h)) heads.push_back(o);
      for (index_t j = 0; j < sizes_.dim; ++j) y.push_back(product(out_, j, heads));
    }
    return y;
  }

 private:
  [[nodiscard]] index_t c() const { return sizes_.head_size(); }

  [[nodiscard]] numbers attend(const std::vector<numbers>& tokens, std::size_t t, index_t h) const {
    const index_t shared = h / (sizes_.n_heads / sizes_.kv_heads());
    const numbers q = turned(head(tokens[t], h), t);
    numbers o(static_cast<std::size_t>(c()), 0.0);
    double total = 0;
    for (std::size_t s = 0; s <= t; ++s) {
      const numbers k = turned(head(tokens[s], sizes_.n_heads + shared), s);
      const numbers v = head(tokens[s], sizes_.n_heads + sizes_.kv_heads() + shared);
      const double p = std::exp(product(q, 0, k) / std::sqrt(static_cast<double>(c())));
      total += p;
      for (std::size_t j = 0; j < o.size(); ++j) o[j] += p * v[j];
    }
    for (double& e : o) e /= total;
    return o;
  }

  /// Head number `i` of all projections of a token.
  [[nodiscard]] numbers head(const numbers& token, index_t i) const {
    numbers out;
    for (index_t j = 0; j < c(); ++j) out.push_back(product(in_, i * c() + j, token));
    return out;
  }

  /// Pair j turned by position * theta^(-2j/C).
  [[nodiscard]] numbers turned(const numbers& x, std::size_t position) const {
    numbers y = x;
    const std::size_t half = x.size() / 2;
    for (std::size_t j = 0; j < half; ++j) {
      const double angle = static_cast<double>(position) *
                           std::pow(sizes_.rope_theta, -static_cast<double>(j) / static_cast<double>(half));
      const bool interleaved = pairing_ == rope_pairing::interleaved;
      const std::size_t a = interleaved ? 2 * j : j;
      const std::size_t b = interleaved ? 2 * j + 1 : j + half;
      y[a] = x[a] * std::cos(angle) - x[b] * std::sin(angle);
      y[b] = x[a] * std::sin(angle) + x[b] * std::cos(angle);
    }
    return y;
  }

  dims sizes_;
  rope_pairing pairing_;
  numbers in_, out_;
};

template <class Policy, class D>
void computes_its_definition(const dims& sizes) {
  support::lone_layer<Policy, D> layer(sizes);
  const definition expected(sizes, Policy::position::pairing, layer.weight_values());
  const support::lengths sequences{5, 1, 35};
  const numbers x = support::normal_numbers(support::total(sequences) * sizes.dim, 9);
  numbers y;
  index_t first = 0;
  for (const std::int32_t length : sequences) {
    for (const double e : expected(support::detail::rows(x, first, length, sizes.dim))) y.push_back(e);
    first += length;
  }
  CHECK(support::difference(layer.forward(x, sequences), y) <
        (sizeof(typename D::real) == 4 ? support::float_output : 1e-13));
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("gqa: keeps the layer contract with one, two and all key/value heads", "[attention][gqa]",
                        variants) {
  const index_t kv_heads = GENERATE(1, 2, 4);
  CAPTURE(kv_heads);
  dims sizes = with_kv_heads(kv_heads);
  if (kv_heads == 2) sizes.head_dim = 10;  // wider than dim / heads
  support::layer_contract<TestType>(sizes);
}

TEMPLATE_LIST_TEST_CASE("gqa: computes softmax(q k / sqrt(C)) v of the heads that share a key, on every device",
                        "[attention][gqa]", variants) {
  for (const index_t kv_heads : {1, 2, 4})
    for (const index_t head_dim : {0, 10}) {
      INFO("kv_heads " << kv_heads << ", head_dim " << head_dim);
      dims sizes = with_kv_heads(kv_heads);
      sizes.head_dim = head_dim;
      support::on_all_devices([&]<class D>(std::type_identity<D>) { computes_its_definition<TestType, D>(sizes); });
    }
}
