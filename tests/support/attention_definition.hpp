// What grouped-query attention and its policies compute, written down a number at a time.
#pragma once

#include "support/layer_contract.hpp"
#include "support/lone_layer.hpp"
#include <zer0/attention/gqa.hpp>

#include <cmath>
#include <functional>
#include <vector>

namespace support {

/// W_o softmax(q k^T / sqrt(C)) v for one sequence x (T, D). Weights: W_q, W_k, W_v one below the
/// other, W_o, and what a policy adds. What a variant changes is a member, which changes nothing by
/// default.
class attention_definition {
 public:
  using numbers = std::vector<double>;

  attention_definition(const zer0::dims& sizes, zer0::rope_pairing pairing, const numbers& weights)
      : frequency([theta = sizes.rope_theta](double j, double half) {
          return std::pow(theta, -j / half);
        }),
        sizes_(sizes),
        pairing_(pairing) {
    const index_t in = c() * (sizes.n_heads + 2 * sizes.kv_heads()) * sizes.dim;
    const index_t out = c() * sizes.n_heads * sizes.dim;
    in_.assign(weights.begin(), weights.begin() + in);
    out_.assign(weights.begin() + in, weights.begin() + in + out);
    rest.assign(weights.begin() + in + out, weights.end());
  }

  numbers rest;  ///< weights behind those of the projections
  std::function<double(double j, double half)> frequency;
  double magnitude = 1;                                    ///< of cos and sin
  std::function<numbers(numbers head)> query, key;         ///< before positions
  std::function<double(double score)> score;               ///< before exp
  std::function<bool(index_t token, index_t older)> sees;  ///< besides causality

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

  /// Row `row` of W x, W with x.size() columns.
  static double product(const numbers& w, index_t row, const numbers& x) {
    double sum = 0;
    for (std::size_t j = 0; j < x.size(); ++j)
      sum += w[static_cast<std::size_t>(row) * x.size() + j] * x[j];
    return sum;
  }

 private:
  [[nodiscard]] index_t c() const { return sizes_.head_size(); }

  [[nodiscard]] numbers attend(const std::vector<numbers>& tokens, std::size_t t, index_t h) const {
    const index_t shared = h / (sizes_.n_heads / sizes_.kv_heads());
    const numbers q = turned(changed(query, head(tokens[t], h)), t);
    numbers o(static_cast<std::size_t>(c()), 0.0);
    double total = 0;
    for (std::size_t s = 0; s <= t; ++s) {
      if (sees && !sees(static_cast<index_t>(t), static_cast<index_t>(s))) continue;
      const numbers k = turned(changed(key, head(tokens[s], sizes_.n_heads + shared)), s);
      const numbers v = head(tokens[s], sizes_.n_heads + sizes_.kv_heads() + shared);
      const double scaled = product(q, 0, k) / std::sqrt(static_cast<double>(c()));
      const double p = std::exp(score ? score(scaled) : scaled);
      total += p;
      for (std::size_t j = 0; j < o.size(); ++j) o[j] += p * v[j];
    }
    for (double& e : o) e /= total;
    return o;
  }

  static numbers changed(const std::function<numbers(numbers)>& change, numbers head) {
    return change ? change(std::move(head)) : head;
  }

  /// Head number `i` of all projections of a token.
  [[nodiscard]] numbers head(const numbers& token, index_t i) const {
    numbers out;
    for (index_t j = 0; j < c(); ++j) out.push_back(product(in_, i * c() + j, token));
    return out;
  }

  /// Pair j turned by position * frequency.
  [[nodiscard]] numbers turned(const numbers& x, std::size_t position) const {
    numbers y = x;
    const std::size_t half = x.size() / 2;
    for (std::size_t j = 0; j < half; ++j) {
      const double angle = static_cast<double>(position) *
                           frequency(static_cast<double>(j), static_cast<double>(half));
      const double cos = magnitude * std::cos(angle), sin = magnitude * std::sin(angle);
      const bool interleaved = pairing_ == zer0::rope_pairing::interleaved;
      const std::size_t a = interleaved ? 2 * j : j;
      const std::size_t b = interleaved ? 2 * j + 1 : j + half;
      y[a] = x[a] * cos - x[b] * sin;
      y[b] = x[a] * sin + x[b] * cos;
    }
    return y;
  }

  zer0::dims sizes_;
  zer0::rope_pairing pairing_;
  numbers in_, out_;
};

/// A layer over several sequences against `expected`, made of its weights, for each.
template <class Layer, class Definition>
void equals_definition(Layer& layer, const Definition& expected, index_t width) {
  const lengths sequences{5, 1, 35};
  const std::vector<double> x = normal_numbers(total(sequences) * width, 9);
  std::vector<double> y;
  index_t first = 0;
  for (const std::int32_t length : sequences) {
    for (const double e : expected(detail::rows(x, first, length, width))) y.push_back(e);
    first += length;
  }
  CHECK(difference(layer.forward(x, sequences), y) <
        (sizeof(typename Layer::real) == 4 ? float_output : 1e-13));
}

/// The same for gqa with policies, which `change` writes into its definition.
template <class Policy, class D, class Change>
void computes_its_definition(const zer0::dims& sizes, Change change) {
  lone_layer<Policy, D> layer(sizes);
  attention_definition expected(sizes, Policy::position::pairing, layer.weight_values());
  change(expected);
  equals_definition(layer, expected, sizes.dim);
}
template <class Policy, class D>
void computes_its_definition(const zer0::dims& sizes) {
  computes_its_definition<Policy, D>(sizes, [](attention_definition&) {});
}

}  // namespace support
