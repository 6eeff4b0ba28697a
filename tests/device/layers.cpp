// The operations of norm, embedding, positions, feed-forward, loss and optimizer against the
// reference.
#include "support/devices.hpp"
#include "support/twin.hpp"

#include <limits>

using namespace zer0;
using support::placement;

namespace {

struct matrix_shape {
  index_t rows, cols;
};
// 32 and 64: columns and rows that the cpu device sums together in backward. 4096: a block a row on
// cuda.
const matrix_shape shapes[] = {{1, 1},    {1, 16},    {3, 31},   {65, 32},  {64, 33},
                               {130, 97}, {257, 512}, {7, 1030}, {3, 4096}, {0, 8}};

template <class D, class F>
void for_shapes(F f) {
  std::uint32_t seed = 0;
  for (const matrix_shape& s : shapes)
    for (const placement where : {placement::contiguous, placement::columns}) {
      INFO(s.rows << " x " << s.cols << ", columns " << (where == placement::columns));
      support::twin<D> t(++seed, where);
      f(s.rows, s.cols, t);
    }
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("rms_norm: forward and backward agree with the reference",
                        "[device][rms_norm]", support::judged_devices) {
  for (const double eps : {1e-8, 1e-5})
    for_shapes<TestType>([eps](index_t rows, index_t cols, auto& t) {
      auto& x = t.normal(rows, cols);
      if (rows > 2)  // a row of zeros, as padding may be
        for (index_t j = 0; j < cols; ++j) x.initial[static_cast<std::size_t>(cols + j)] = 0;
      auto& weight = t.weight_vector(cols, 0.2, 1);
      auto& y = t.output(rows, cols);
      auto& rstd = t.output_vector(rows);
      auto& dy = t.normal(rows, cols);
      if (rows > 2)  // and no gradient comes to it: 1e4 times as large a gradient would hide all
                     // other errors
        for (index_t j = 0; j < cols; ++j) dy.initial[static_cast<std::size_t>(cols + j)] = 0;
      auto& dx = t.output(rows, cols);
      auto& sum = t.normal(rows, cols);
      auto& dweight = t.normal_vector(cols);
      t.run([&](auto& d, auto at) {
        rms_norm_forward(
            d,
            {.x = at(x), .weight = at.span(weight), .eps = eps, .y = at(y), .rstd = at.span(rstd)});
        rms_norm_backward(d, {.x = at(x),
                              .weight = at.span(weight),
                              .rstd = at.span(rstd),
                              .dy = at(dy),
                              .beta = 0,
                              .dx = at(dx),
                              .dweight = at.span(dweight)});
        rms_norm_backward(d, {.x = at(x),
                              .weight = at.span(weight),
                              .rstd = at.span(rstd),
                              .dy = at(dy),
                              .beta = 1,
                              .dx = at(sum),
                              .dweight = at.span(dweight)});
      });
      const auto r = rstd.expected.values();
      double largest = 0;
      for (std::size_t i = 0; i < r.size(); ++i)
        largest = std::max(largest, i == 1 && rows > 2 ? 0 : r[i]);
      t.expect_close(y, cols);
      t.expect_close(rstd, cols);
      t.expect_close(dx, cols, largest);  // with one column it is a difference of equals
      t.expect_close(sum, cols, largest);
      t.expect_close(dweight, rows + cols);
    });
}

TEMPLATE_LIST_TEST_CASE(
    "rms_norm: with the weight of one head each head of a row is normed by itself",
    "[device][rms_norm]", support::judged_devices) {
  struct heads_shape {
    index_t rows, heads, width;
  };
  const heads_shape grouped[] = {{1, 2, 1}, {3, 5, 7}, {70, 3, 33}, {130, 4, 64}, {9, 2, 4096}};
  std::uint32_t seed = 0;
  for (const auto& [rows, heads, width] : grouped)
    for (const placement where : {placement::contiguous, placement::columns}) {
      INFO(rows << " rows of " << heads << " heads of " << width << ", columns "
                << (where == placement::columns));
      support::twin<TestType> t(++seed, where);
      auto& x = t.normal(rows, heads * width);
      auto& weight = t.weight_vector(width, 0.2, 1);
      auto& y = t.output(rows, heads * width);
      auto& rstd = t.output_vector(rows * heads);
      auto& dy = t.normal(rows, heads * width);
      auto& dx = t.output(rows, heads * width);
      auto& sum = t.normal(rows, heads * width);
      auto& dweight = t.normal_vector(width);
      t.run([&](auto& d, auto at) {
        rms_norm_forward(d, {.x = at(x),
                             .weight = at.span(weight),
                             .eps = 1e-5,
                             .y = at(y),
                             .rstd = at.span(rstd)});
        rms_norm_backward(d, {.x = at(x),
                              .weight = at.span(weight),
                              .rstd = at.span(rstd),
                              .dy = at(dy),
                              .beta = 0,
                              .dx = at(dx),
                              .dweight = at.span(dweight)});
        rms_norm_backward(d, {.x = at(x),
                              .weight = at.span(weight),
                              .rstd = at.span(rstd),
                              .dy = at(dy),
                              .beta = 1,
                              .dx = at(sum),
                              .dweight = at.span(dweight)});
      });
      const auto r = rstd.expected.values();
      const double largest = *std::max_element(r.begin(), r.end());
      t.expect_close(y, width);
      t.expect_close(rstd, width);
      t.expect_close(dx, width, largest);  // with one column it is a difference of equals
      t.expect_close(sum, width, largest);
      t.expect_close(dweight, rows * heads + width);
    }
}

TEMPLATE_LIST_TEST_CASE(
    "rms_norm: the sum before it, formed in the same pass, is that of two passes",
    "[device][rms_norm]", support::judged_devices) {
  const random_stream stream{.seed = 0x123456789abcdefu, .site = 7, .step = 3};
  for (const double p : {0.0, 0.3})
    for_shapes<TestType>([&](index_t rows, index_t cols, auto& t) {
      auto& x = t.normal(rows, cols);
      auto& y = t.normal(rows, cols);
      auto& apart = t.given(rows, cols, y.initial);
      auto& weight = t.weight_vector(cols, 0.2, 1);
      auto& z = t.output(rows, cols);
      auto& z_apart = t.output(rows, cols);
      auto& rstd = t.output_vector(rows);
      auto& rstd_apart = t.output_vector(rows);
      t.run([&](auto& d, auto at) {
        add_dropout(d, p, stream, at(x), at(apart));
        rms_norm_forward(d, {.x = at(apart),
                             .weight = at.span(weight),
                             .eps = 1e-5,
                             .y = at(z_apart),
                             .rstd = at.span(rstd_apart)});
        add_rms_norm_forward(d, {.p = p,
                                 .stream = stream,
                                 .x = at(x),
                                 .y = at(y),
                                 .weight = at.span(weight),
                                 .eps = 1e-5,
                                 .z = at(z),
                                 .rstd = at.span(rstd)});
      });
      t.expect_close(apart);
      CHECK(y.actual.values() == apart.actual.values());
      CHECK(z.actual.values() == z_apart.actual.values());
      CHECK(rstd.actual.values() == rstd_apart.actual.values());
    });
}

TEMPLATE_LIST_TEST_CASE("embedding: rows are looked up; gradients of repeated tokens add up",
                        "[device][embedding]", support::judged_devices) {
  for_shapes<TestType>([](index_t rows, index_t cols, auto& t) {
    for (const index_t vocab : {1, 7, 300}) {
      auto& table = t.normal(vocab, cols);
      auto& tokens = t.random_ids(rows, vocab);
      auto& y = t.output(rows, cols);
      auto& dy = t.normal(rows, cols);
      auto& dtable = t.wide_normal(vocab, cols);
      t.run([&](auto& d, auto at) {
        embedding_forward(d, at(table), at(tokens), at(y));
        embedding_backward(d, at(tokens), at(dy), at(dtable));
      });
      t.expect_equal(y);
      t.expect_close(dtable, rows + 1);
    }
  });
}

TEMPLATE_LIST_TEST_CASE("embedding: the gradients of thousands of tokens are added in their order",
                        "[device][embedding]", support::judged_devices) {
  struct sizes {
    index_t tokens, vocab;
  };
  std::uint32_t seed = 0;
  for (const sizes& s : {sizes{5000, 300}, sizes{2000, 70000}, sizes{513, 1}, sizes{66000, 3}}) {
    INFO(s.tokens << " tokens of " << s.vocab);
    support::twin<TestType> t(++seed);
    auto& tokens = t.random_ids(s.tokens, s.vocab);
    auto& dy = t.normal(s.tokens, 4);
    auto& dtable = t.wide_normal(s.vocab, 4);
    t.run([&](auto& d, auto at) { embedding_backward(d, at(tokens), at(dy), at(dtable)); });
    std::vector<wide<typename TestType::real>> sums(dtable.initial.begin(), dtable.initial.end());
    const auto ids = tokens.expected.span();
    for (std::size_t i = 0; i < dy.initial.size(); ++i)
      sums[static_cast<std::size_t>(ids[i / 4]) * 4 + i % 4] += static_cast<float>(dy.initial[i]);
    CHECK(dtable.actual.values() == std::vector<double>(sums.begin(), sums.end()));
  }
}

TEMPLATE_LIST_TEST_CASE(
    "rotate: both pairings, both directions and a magnitude agree with the reference",
    "[device][rope]", support::judged_devices) {
  struct sizes {
    index_t rows, heads, head_dim;
  };
  std::uint32_t seed = 0;
  for (const sizes& s : {sizes{1, 1, 2}, sizes{5, 3, 6}, sizes{33, 2, 34}, sizes{130, 4, 64},
                         sizes{9, 6, 16}, sizes{0, 1, 4}})
    for (const placement where : {placement::contiguous, placement::columns})
      for (const rope_pairing pairing : {rope_pairing::interleaved, rope_pairing::half_split})
        for (const rope_direction direction : {rope_direction::forward, rope_direction::backward})
          for (const double magnitude : {1.0, 1.3}) {
            INFO(s.rows << " rows, " << s.heads << " heads of " << s.head_dim);
            support::twin<TestType> t(++seed, where);
            auto& x = t.normal(s.rows, s.heads * s.head_dim);
            auto& positions = t.random_ids(s.rows, 100000);
            std::vector<double> frequencies;
            for (index_t j = 0; j < s.head_dim / 2; ++j)
              frequencies.push_back(static_cast<float>(
                  std::pow(1e4, -2.0 * static_cast<double>(j) / static_cast<double>(s.head_dim))));
            auto& f = t.given_vector(frequencies);
            t.run([&](auto& d, auto at) {
              rotate(d, {.pairing = pairing,
                         .direction = direction,
                         .head_dim = s.head_dim,
                         .positions = at(positions),
                         .frequencies = at.span(f),
                         .magnitude = magnitude,
                         .x = at(x)});
            });
            t.expect_close(x);
          }
}

TEMPLATE_LIST_TEST_CASE(
    "cross_entropy: loss and gradient agree with the reference; weight 0 reads no target",
    "[device][cross_entropy]", support::judged_devices) {
  for (const double size : {1.0, 30.0})
    for_shapes<TestType>([size](index_t rows, index_t cols, auto& t) {
      auto& logits = t.normal(rows, cols, size);
      auto& gradient = t.given(rows, cols, logits.initial);
      std::uniform_int_distribution<std::int32_t> id(0, static_cast<std::int32_t>(cols - 1));
      std::vector<std::int32_t> target_ids;
      std::vector<double> weight_values;
      for (index_t i = 0; i < rows; ++i) {
        const bool empty = i % 5 == 3;
        target_ids.push_back(empty ? -1 : id(t.random()));
        weight_values.push_back(empty ? 0 : (i % 2 ? 0.25 : 1));
      }
      auto& targets = t.ids(target_ids);
      auto& weights = t.given_vector(weight_values);
      auto& loss = t.output_vector(rows);
      auto& loss_too = t.output_vector(rows);
      t.run([&](auto& d, auto at) {
        cross_entropy_loss(d, {.logits = at(logits),
                               .targets = at(targets),
                               .weights = at.span(weights),
                               .loss = at.span(loss)});
        cross_entropy_gradient(d, {.logits = at(gradient),
                                   .targets = at(targets),
                                   .weights = at.span(weights),
                                   .loss = at.span(loss_too)});
      });
      t.expect_close(loss, cols,
                     5 * size);  // the difference of two numbers of the size of the logits
      t.expect_close(loss_too, cols, 5 * size);
      // exp of a difference of logits: its absolute error becomes the relative one
      t.expect_close(gradient, cols + static_cast<index_t>(size * size), 1);
      const auto g = gradient.actual.values();
      double empty_rows = 0;
      for (index_t i = 3; i < rows; i += 5)
        for (index_t j = 0; j < cols; ++j)
          empty_rows += std::abs(g[static_cast<std::size_t>(i * cols + j)]);
      CHECK(empty_rows == 0);
    });
}

TEMPLATE_LIST_TEST_CASE("cross_entropy: logits of 1e4 give a finite loss",
                        "[device][cross_entropy]", support::judged_devices) {
  support::twin<TestType> t(1);
  auto& logits = t.given(2, 3, {1e4, 0, -1e4, 1e4, 0, -1e4});
  auto& targets = t.ids({0, 2});
  auto& weights = t.given_vector({1, 1});
  auto& loss = t.output_vector(2);
  t.run([&](auto& d, auto at) {
    cross_entropy_gradient(d, {.logits = at(logits),
                               .targets = at(targets),
                               .weights = at.span(weights),
                               .loss = at.span(loss)});
  });
  t.expect_close(loss);
  t.expect_close(logits);
}

TEMPLATE_LIST_TEST_CASE(
    "adamw: parameters and both moments agree with the reference over several steps",
    "[device][adamw]", support::judged_devices) {
  std::uint32_t seed = 0;
  for (const index_t n : {1, 7, 4096, 10007}) {
    INFO(n << " parameters");
    support::twin<TestType> t(++seed);
    auto& p = t.normal_vector(n);
    auto& m = t.given_vector(std::vector<double>(static_cast<std::size_t>(n), 0.0));
    auto& v = t.given_vector(std::vector<double>(static_cast<std::size_t>(n), 0.0));
    auto& g1 = t.normal_vector(n);
    auto& g2 = t.normal_vector(n, 1e-3);
    adamw_sizes sizes{.learning_rate = 1e-2,
                      .beta1 = 0.9,
                      .beta2 = 0.95,
                      .eps = 1e-8,
                      .weight_decay = 0.1,
                      .step = 1,
                      .gradient_factor = 0.125};
    t.run([&](auto& d, auto at) {
      for (sizes.step = 1; sizes.step <= 4; ++sizes.step)
        adamw_update(d, sizes,
                     {.weights = at.span(p),
                      .gradients = at.span(sizes.step % 2 ? g1 : g2),
                      .first = at.span(m),
                      .second = at.span(v)});
    });
    t.expect_close(p, 4);
    t.expect_close(m, 4);
    t.expect_close(v, 4);
  }
}

#if defined(ZER0_CUDA_ON_CPU) || defined(__CUDACC__)  // devices whose real has 16 bits
TEMPLATE_TEST_CASE("adamw: writes the weights once more, rounded, where there is a place",
                   "[device][adamw]", cuda_bf16, cuda_fp16) {
  using real = typename TestType::real;
  std::uint32_t seed = 0;
  for (const index_t n : {1, 7, 4096, 10007}) {
    INFO(n << " parameters");
    support::twin<TestType> t(++seed);
    auto& p = t.normal_vector(n);
    auto& m = t.normal_vector(n);
    auto& v = t.given_vector(std::vector<double>(static_cast<std::size_t>(n), 0.25));
    auto& g = t.normal_vector(n);
    auto& p_alone = t.given_vector(p.initial);
    auto& m_alone = t.given_vector(m.initial);
    auto& v_alone = t.given_vector(v.initial);
    auto& rounded = t.output(1, n);
    const adamw_sizes sizes{.learning_rate = 1e-2,
                            .beta1 = 0.9,
                            .beta2 = 0.95,
                            .eps = 1e-8,
                            .weight_decay = 0.1,
                            .step = 3};
    t.run([&](auto& d, auto at) {
      adamw_update(d, sizes,
                   {.weights = at.span(p),
                    .gradients = at.span(g),
                    .first = at.span(m),
                    .second = at.span(v),
                    .rounded = at.span(rounded)});
      adamw_update(d, sizes,
                   {.weights = at.span(p_alone),
                    .gradients = at.span(g),
                    .first = at.span(m_alone),
                    .second = at.span(v_alone)});
    });
    t.expect_close(p, 4);
    CHECK(p.actual.values() == p_alone.actual.values());
    CHECK(m.actual.values() == m_alone.actual.values());
    CHECK(v.actual.values() == v_alone.actual.values());
    std::vector<double> expected = p.actual.values();
    for (double& weight : expected) weight = support::number(support::to<real>(weight));
    CHECK(rounded.actual.values() == expected);
  }
}
#endif
