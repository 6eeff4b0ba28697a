// What every layer promises, whatever it computes. The test of a new layer is this call, plus
// numbers of its own:
//
//   TEST_CASE("my_attention: keeps the layer contract", "[attention]") {
//     support::layer_contract<zer0::my_attention<>>({.dim = 24, .n_heads = 4, .dropout = 0.2});
//   }
//
// Each promise is a section, so the failing one is named. dims::dropout is used where training is
// tested.
#pragma once

#include "support/devices.hpp"
#include "support/lone_layer.hpp"
#include <zer0/device/device.hpp>
#include <zer0/testing/gradient_check.hpp>

#include <string>

namespace support {

/// What rounding to float leaves of a layer's results, relative to the largest of them.
inline constexpr double float_output = 3e-6;
inline constexpr double float_gradient = 1e-5;

/// What not every layer can promise.
struct promises {
  bool smooth = true;  ///< small steps change it little: no choice is made, so that a float
                       ///< device's gradients can be checked
  bool same_bits =
      true;  ///< what a token gives is the same bit for bit whatever comes later in the batch
};

namespace detail {

inline const lengths a_few{5, 1, 7};
inline const lengths more_than_a_tile{70, 1, 133, 4};

inline double inner(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

inline std::vector<double> rows(const std::vector<double>& x, index_t first, index_t count,
                                index_t width) {
  return {x.begin() + first * width, x.begin() + (first + count) * width};
}

/// Finite differences of inner(y, dy), in the weights and in the input.
template <class Policy, class D>
void gradients_fit(const zer0::dims& sizes, bool training, double tolerance, int coordinates) {
  lone_layer<Policy, D> layer(sizes);
  layer.training = training;
  const index_t n = total(a_few) * sizes.dim;
  std::vector<double> x = normal_numbers(n, 1);
  const std::vector<double> dy = normal_numbers(n, 2);
  const auto backward = layer.both(x, dy, a_few);
  const zer0::gradient_check_options options{.coordinates = coordinates};
  const auto loss = [&] { return inner(layer.forward(x, a_few), dy); };
  if (!layer.weights().empty()) {
    const auto report =
        zer0::check_gradient(layer.device(), layer.weights(),
                             std::span<const typename D::real>(layer.gradients()), loss, options);
    INFO("weights: " << report.text());
    CHECK(report.worst < tolerance);
  }
  // The input goes through the host, as floats on a device of floats: its steps are large enough
  // for that.
  std::vector<typename D::real> input(x.begin(), x.end());
  const std::vector<typename D::real> dx(backward.dx.begin(), backward.dx.end());
  const auto report = zer0::check_gradient(
      std::span<typename D::real>(input), std::span<const typename D::real>(dx),
      [&] {
        x.assign(input.begin(), input.end());
        return loss();
      },
      options);
  INFO("input: " << report.text());
  CHECK(report.worst < tolerance);
}

template <class Policy, class D>
void writes_its_output(const zer0::dims& sizes) {
  lone_layer<Policy, D> layer(
      sizes);  // its outputs are NaN beforehand, and it checks what lies around them
  const index_t n = total(a_few) * sizes.dim;
  const auto results = layer.both(normal_numbers(n, 1), normal_numbers(n, 2), a_few);
  CHECK(difference(results.y, results.y) == 0);
  CHECK(difference(results.dx, results.dx) == 0);
  CHECK(difference(results.dweights, results.dweights) == 0);
}

template <class Policy, class D>
void adds_to_gradients(const zer0::dims& sizes) {
  lone_layer<Policy, D> layer(sizes);
  const index_t n = total(a_few) * sizes.dim;
  const std::vector<double> x = normal_numbers(n, 1);
  const std::vector<double> dy = normal_numbers(n, 2);
  const auto once = layer.both(x, dy, a_few);
  const auto twice = layer.pass(x, dy, a_few);
  CHECK(difference(twice.dx, once.dx) == 0);
  std::vector<double> doubled = once.dweights;
  for (double& g : doubled) g *= 2;
  CHECK(difference(layer.gradient_values(), doubled) <
        (sizeof(typename D::real) == 4 ? float_gradient : 1e-13));
}

template <class Policy, class D>
void agrees_with_reference(const zer0::dims& sizes, bool training) {
  lone_layer<Policy, zer0::reference> judge(sizes);
  lone_layer<Policy, D> judged(sizes);
  judge.training = judged.training = training;
  const index_t n = total(more_than_a_tile) * sizes.dim;
  const std::vector<double> x = normal_numbers(n, 1);
  const std::vector<double> dy = normal_numbers(n, 2);
  const auto expected = judge.both(x, dy, more_than_a_tile);
  const auto actual = judged.both(x, dy, more_than_a_tile);
  CHECK(difference(actual.y, expected.y) < float_output);
  CHECK(difference(actual.dx, expected.dx) < float_gradient);
  CHECK(difference(actual.dweights, expected.dweights) < float_gradient);
}

template <class Policy, class D>
void is_causal(const zer0::dims& sizes, bool same_bits) {
  lone_layer<Policy, D> layer(sizes);
  std::vector<double> x = normal_numbers(total(more_than_a_tile) * sizes.dim, 1);
  const std::vector<double> before = layer.forward(x, more_than_a_tile);
  for (const index_t changed :
       {index_t{40}, index_t{69}, index_t{80}, index_t{203}, index_t{207}}) {
    std::vector<double> other = x;
    for (index_t j = 0; j < sizes.dim;
         j += 2)  // not all numbers by as much: LayerNorm would not see it
      other[static_cast<std::size_t>(changed * sizes.dim + j)] += 3;
    const std::vector<double> after = layer.forward(other, more_than_a_tile);
    INFO("token " << changed);
    const double earlier =
        difference(rows(after, 0, changed, sizes.dim), rows(before, 0, changed, sizes.dim));
    CHECK(earlier <= (same_bits ? 0 : float_output));
    const bool itself_equal =
        rows(after, changed, 1, sizes.dim) == rows(before, changed, 1, sizes.dim);
    CHECK_FALSE(itself_equal);
  }
}

template <class Policy, class D>
void keeps_sequences_apart(const zer0::dims& sizes) {
  lone_layer<Policy, D> layer(sizes);
  const index_t n = total(more_than_a_tile) * sizes.dim;
  const std::vector<double> x = normal_numbers(n, 1);
  const std::vector<double> dy = normal_numbers(n, 2);
  const auto packed = layer.both(x, dy, more_than_a_tile);
  std::vector<double> y;
  std::vector<double> dx;
  std::vector<double> dweights(packed.dweights.size(), 0.0);
  index_t first = 0;
  for (const std::int32_t length : more_than_a_tile) {
    const auto alone =
        layer.both(rows(x, first, length, sizes.dim), rows(dy, first, length, sizes.dim), {length});
    y.insert(y.end(), alone.y.begin(), alone.y.end());
    dx.insert(dx.end(), alone.dx.begin(), alone.dx.end());
    for (std::size_t i = 0; i < dweights.size(); ++i) dweights[i] += alone.dweights[i];
    first += length;
  }
  CHECK(difference(packed.y, y) < float_output);
  CHECK(difference(packed.dx, dx) < float_gradient);
  CHECK(difference(packed.dweights, dweights) < float_gradient);
}

template <class Policy, class D>
void cache_equals_all_at_once(const zer0::dims& sizes) {
  lone_layer<Policy, D> layer(sizes);
  const lengths sequences{9, 3, 80};
  const std::vector<double> x = normal_numbers(total(sequences) * sizes.dim, 1);
  const std::vector<double> expected = layer.forward(x, sequences);
  const auto check = [&](const std::string& how, const std::vector<lengths>& steps) {
    INFO(how);
    CHECK(difference(layer.forward_in_steps(x, sequences, steps), expected) < float_output);
  };
  check("everything in one step", {sequences});
  check("pieces of several tokens", {{5, 1, 3}, {2, 2, 70}, {2, 0, 7}});
  std::vector<lengths> one_by_one;
  for (std::int32_t i = 0; i < 80; ++i) one_by_one.push_back({i < 9 ? 1 : 0, i < 3 ? 1 : 0, 1});
  check("one token at a time", one_by_one);
  one_by_one.erase(one_by_one.begin(), one_by_one.begin() + 6);
  one_by_one.insert(one_by_one.begin(), lengths{6, 3, 6});
  check("a prompt, then one token at a time", one_by_one);
}

template <class Policy, class D>
void memory_is_constant(const zer0::dims& sizes) {
  lone_layer<Policy, D> layer(sizes);
  layer.training = true;
  const index_t n = total(a_few) * sizes.dim;
  const std::vector<double> x = normal_numbers(n, 1);
  (void)layer.both(x, x, a_few);
  const std::size_t peak = layer.peak_bytes();
  for (int i = 0; i < 3; ++i) {
    (void)layer.both(x, x, a_few);
    CHECK(layer.peak_bytes() == peak);
    CHECK(layer.scratch_is_free());
  }
}

template <class Policy, class D>
void on_device(const std::string& name, const zer0::dims& sizes, const promises& of) {
  SECTION("forward and backward write all of their outputs and nothing else, on " + name)
  writes_its_output<Policy, D>(sizes);
  SECTION("backward adds to the gradients of parameters and writes that of the input, on " + name)
  adds_to_gradients<Policy, D>(sizes);
  SECTION("a later token changes no earlier output, on " + name)
  is_causal<Policy, D>(sizes, of.same_bits);
  SECTION("packed sequences do not see each other, on " + name)
  keeps_sequences_apart<Policy, D>(sizes);
  SECTION("the cache gives what all tokens at once give, on " + name)
  cache_equals_all_at_once<Policy, D>(sizes);
  SECTION("every pass takes the same memory and gives its scratch back, on " + name)
  memory_is_constant<Policy, D>(sizes);
}

}  // namespace detail

/// What a layer promises whose tokens depend on the whole batch (experts that choose, experts of
/// limited capacity): all but causality, and what follows from it.
template <class Policy>
void batch_layer_contract(const zer0::dims& sizes) {
  static_assert(zer0::check_layer<Policy, zer0::archetype>());
  using zer0::reference;
  if constexpr (!emulated) detail::gradients_fit<Policy, reference>(sizes, true, 1e-7, 30);
  detail::agrees_with_reference<Policy, float_device>(sizes, true);
  on_all_devices([&]<class D>(std::type_identity<D>) {
    detail::writes_its_output<Policy, D>(sizes);
    detail::adds_to_gradients<Policy, D>(sizes);
    detail::memory_is_constant<Policy, D>(sizes);
  });
}

template <class Policy>
void layer_contract(const zer0::dims& sizes, const promises& of = {}) {
  static_assert(zer0::check_layer<Policy, zer0::archetype>());
  using zer0::reference;
  const std::string device = device_name<float_device>();
  if constexpr (!emulated) {
    SECTION("gradients are those of the function")
    detail::gradients_fit<Policy, reference>(sizes, false, 1e-7, 30);
    SECTION("gradients are those of the function with dropout")
    detail::gradients_fit<Policy, reference>(sizes, true, 1e-7, 30);
  }
  // In float only directions tell, and only that much: see check_gradient.
  if (of.smooth) {
    SECTION("gradients are those of the function on " + device)
    detail::gradients_fit<Policy, float_device>(sizes, true, 1e-3, 0);
  }
  SECTION(device + " gives what reference gives")
  detail::agrees_with_reference<Policy, float_device>(sizes, false);
  SECTION(device + " gives what reference gives with dropout")
  detail::agrees_with_reference<Policy, float_device>(sizes, true);
  on_all_devices([&]<class D>(std::type_identity<D>) {
    detail::on_device<Policy, D>(device_name<D>(), sizes, of);
  });
}

}  // namespace support
