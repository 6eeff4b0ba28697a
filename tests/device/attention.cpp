// The attention kernels against the reference.
#include "support/devices.hpp"
#include "support/twin.hpp"

#include <limits>

using namespace zer0;
using support::placement;

namespace {

struct attention_case {
  index_t heads, kv_heads, head_dim;
  std::vector<std::int32_t> lengths;
  index_t window = 0;
  double soft_cap = 0;
  index_t value_dim = 0;

  [[nodiscard]] attention_sizes sizes(double dropout, random_stream stream) const {
    return {.heads = heads,
            .kv_heads = kv_heads,
            .head_dim = head_dim,
            .scale = 1 / std::sqrt(static_cast<double>(head_dim)),
            .dropout = dropout,
            .stream = stream,
            .window = window,
            .soft_cap = soft_cap,
            .value_dim = value_dim};
  }
};

// Sequences of 1, below, at and above the tiles of the devices (64 queries, 64 or 128 keys); all
// ratios of heads; heads that fill a tile of the cuda device, or not, or have none.
const attention_case cases[] = {
    {1, 1, 1, {1}},
    {2, 2, 4, {1, 2, 3}},
    {4, 2, 16, {5, 1, 70}},
    {6, 1, 5, {130, 64}},
    {3, 3, 24, {257}},
    {4, 1, 17, {63, 127, 1, 1}},
    {8, 2, 32, {65, 128, 129}},
    {2, 1, 64, {1, 62, 3, 75}},
    {4, 2, 80, {70}},
    {2, 2, 128, {33, 64, 2}},
    // Windows of one key, of less and more than a tile, that end at an edge of one, that no
    // sequence fills.
    {2, 1, 8, {5, 70}, 1},
    {2, 1, 32, {200, 3}, 37},
    {1, 1, 64, {65, 140}, 64},
    {1, 1, 16, {140, 135}, 130},
    {1, 1, 128, {100}, 20},
    {2, 1, 8, {9, 40}, 100},
    // Soft caps that bend the scores a little and much; widths of values below and above the keys';
    // all of it together.
    {2, 1, 16, {70, 3}, 0, 5},
    {2, 1, 64, {100}, 0, 0.7},
    {2, 2, 128, {66}, 0, 1},
    {2, 1, 24, {70, 5}, 0, 0, 16},
    {3, 1, 8, {67}, 0, 0, 40},
    {2, 1, 48, {100, 2}, 50, 2, 32},
    {2, 2, 32, {100, 40}, 33, 1.5},
};

std::vector<std::int32_t> starts_of(const std::vector<std::int32_t>& lengths) {
  std::vector<std::int32_t> starts{0};
  for (const std::int32_t n : lengths) starts.push_back(starts.back() + n);
  return starts;
}

/// Calls f(case, sizes, twin) for every case, placement and dropout.
template <class D, class F>
void for_cases(F f) {
  std::uint32_t seed = 0;
  for (const attention_case& c : cases)
    for (const placement where : {placement::contiguous, placement::columns})
      for (const double dropout : {0.0, 0.3}) {
        INFO(c.heads << " heads, " << c.kv_heads << " key/value heads of " << c.head_dim << ", "
                     << starts_of(c.lengths).back() << " tokens, window " << c.window
                     << ", soft cap " << c.soft_cap << ", values of " << c.value_dim << ", dropout "
                     << dropout);
        support::twin<D> t(++seed, where);
        f(c, c.sizes(dropout, {.seed = seed, .site = 3, .step = 8}), t);
      }
}

template <class T>
struct operands {
  operands(T& t, const attention_case& c)
      : starts(t.ids(starts_of(c.lengths))),
        tokens(starts_of(c.lengths).back()),
        longest(*std::max_element(c.lengths.begin(), c.lengths.end())),
        q(t.normal(tokens, c.heads * c.head_dim)),
        k(t.normal(tokens, c.kv_heads * c.head_dim)),
        v(t.normal(tokens, c.kv_heads * c.sizes(0, {}).value_width())),
        o(t.output(tokens, c.heads * c.sizes(0, {}).value_width())),
        dout(t.normal(tokens, c.heads * c.sizes(0, {}).value_width())),
        dq(t.output(tokens, c.heads * c.head_dim)),
        dk(t.output(tokens, c.kv_heads * c.head_dim)),
        dv(t.output(tokens, c.kv_heads * c.sizes(0, {}).value_width())) {}

  /// An output is a mean of numbers near 1 that may cancel, gradients of the scores are differences
  /// of such, and dk, dv sums over queries and over heads.
  void expect_gradients_close(T& t, const attention_case& c) const {
    const index_t depth = longest * (c.heads / c.kv_heads) + c.head_dim + c.value_dim;
    t.expect_close(o, longest + c.head_dim, 1);
    t.expect_close(dq, longest + c.head_dim, 1, 1);
    t.expect_close(dk, depth, 1, 1);
    t.expect_close(dv, depth, 1, 1);
  }

  typename T::id_list& starts;
  index_t tokens, longest;
  typename T::matrix &q, &k, &v, &o, &dout, &dq, &dk, &dv;
};

}  // namespace

TEMPLATE_LIST_TEST_CASE(
    "standard attention: output, probabilities and gradients agree with the reference",
    "[device][attention]", support::judged_devices) {
  for_cases<TestType>([](const attention_case& c, const attention_sizes& a, auto& t) {
    const operands x(t, c);
    auto& probabilities = t.output(x.tokens * c.heads, x.longest);
    auto& scratch = t.output(x.tokens * c.heads, x.longest);
    t.run([&](auto& d, auto at) {
      standard_attention_forward(d, a,
                                 {.q = at(x.q),
                                  .k = at(x.k),
                                  .v = at(x.v),
                                  .starts = at(x.starts),
                                  .probabilities = at(probabilities),
                                  .o = at(x.o)});
      standard_attention_backward(d, a,
                                  {.q = at(x.q),
                                   .k = at(x.k),
                                   .v = at(x.v),
                                   .starts = at(x.starts),
                                   .probabilities = at(probabilities),
                                   .dout = at(x.dout),
                                   .scratch = at(scratch),
                                   .dq = at(x.dq),
                                   .dk = at(x.dk),
                                   .dv = at(x.dv)});
      fill(d, at(scratch), 0);  // its contents are nobody's business
    });
    t.expect_close(probabilities, x.longest + c.head_dim);
    x.expect_gradients_close(t, c);
    const auto p = probabilities.actual.values();
    const auto e = probabilities.expected.values();
    std::size_t wrong = 0;  // a reader may rely on the zeros
    for (std::size_t i = 0; i < p.size(); ++i) wrong += e[i] == 0 && p[i] != 0 ? 1 : 0;
    CHECK(wrong == 0);
  });
}

TEMPLATE_LIST_TEST_CASE("flash attention: output, row sums and gradients agree with the reference",
                        "[device][attention]", support::judged_devices) {
  for_cases<TestType>([](const attention_case& c, const attention_sizes& a, auto& t) {
    const operands x(t, c);
    auto& lse = t.output_vector(x.tokens * c.heads);
    auto& scratch = t.output_vector(x.tokens * c.heads);
    t.run([&](auto& d, auto at) {
      flash_attention_forward(d, a,
                              {.q = at(x.q),
                               .k = at(x.k),
                               .v = at(x.v),
                               .starts = at(x.starts),
                               .o = at(x.o),
                               .lse = at.span(lse)});
      flash_attention_backward(d, a,
                               {.q = at(x.q),
                                .k = at(x.k),
                                .v = at(x.v),
                                .starts = at(x.starts),
                                .o = at(x.o),
                                .lse = at.span(lse),
                                .dout = at(x.dout),
                                .scratch = at.span(scratch),
                                .dq = at(x.dq),
                                .dk = at(x.dk),
                                .dv = at(x.dv)});
      fill(d, zer0::wide_view<std::remove_cvref_t<decltype(d)>>(at(scratch)),
           0);  // its contents are nobody's business
    });
    t.expect_close(lse, x.longest + c.head_dim, 1);
    x.expect_gradients_close(t, c);
  });
}

TEMPLATE_LIST_TEST_CASE(
    "attention: scores of thousands, of either sign, give finite numbers on every kernel",
    "[device][attention]", support::judged_devices) {
  for (const double magnitude : {-60.0, 60.0}) {
    support::twin<TestType> t(3);
    const attention_case c{2, 1, 4, {140}};
    const attention_sizes a{.heads = 2, .kv_heads = 1, .head_dim = 4, .scale = 1};
    auto& q = t.normal(140, 8, 1, 60);
    auto& k = t.normal(140, 4, 1, magnitude);
    auto& v = t.normal(140, 4);
    auto& starts = t.ids({0, 140});
    auto& probabilities = t.output(280, 140);
    auto& standard = t.output(140, 8);
    auto& flash = t.output(140, 8);
    auto& lse = t.output_vector(280);
    t.run([&](auto& d, auto at) {
      standard_attention_forward(d, a,
                                 {.q = at(q),
                                  .k = at(k),
                                  .v = at(v),
                                  .starts = at(starts),
                                  .probabilities = at(probabilities),
                                  .o = at(standard)});
      flash_attention_forward(d, a,
                              {.q = at(q),
                               .k = at(k),
                               .v = at(v),
                               .starts = at(starts),
                               .o = at(flash),
                               .lse = at.span(lse)});
    });
    // Scores of 14400 are known to eps * 14400; that is the relative error of probabilities.
    t.expect_close(standard, 14400 * 14400 / 4, 1);
    t.expect_close(flash, 14400 * 14400 / 4, 1);
    t.expect_close(lse, 4);
  }
}

TEMPLATE_LIST_TEST_CASE(
    "cached attention: any past, several sequences, one and many new tokens agree with the "
    "reference",
    "[device][attention][cache]", support::judged_devices) {
  struct cached_case {
    attention_case shape;
    std::vector<std::int32_t> past;
    index_t capacity;
  };
  // 0 new tokens: a sequence that has ended while others go on.
  const cached_case cached[] = {
      {{1, 1, 1, {1}}, {0}, 1},
      {{2, 2, 4, {1, 1, 1}}, {0, 1, 200}, 201},
      {{4, 2, 16, {5, 70, 1, 0}}, {0, 3, 130, 9}, 140},
      {{6, 1, 5, {130}}, {64}, 256},
      {{8, 2, 32, {65, 1, 129}}, {63, 128, 127}, 300},
      {{4, 1, 17, {1, 0, 1, 2}}, {300, 5, 0, 7}, 301},
      {{4, 2, 16, {1, 70, 1, 0}, 20}, {200, 3, 5, 9}, 210},
      {{2, 1, 32, {1, 3, 140}, 64, 1.5}, {63, 64, 130}, 280},
      {{4, 1, 24, {1, 66}, 0, 3, 16}, {77, 9}, 80},
      {{2, 1, 8, {1, 2}, 9, 0, 40}, {77, 9}, 80},
      {{3, 1, 320, {1, 2}, 0, 0, 256}, {40, 0}, 50},
  };
  std::uint32_t seed = 0;
  for (const cached_case& c : cached)
    for (const placement where : {placement::contiguous, placement::columns})
      for (const double dropout : {0.0, 0.3}) {
        const attention_case& s = c.shape;
        INFO(s.heads << " heads, " << s.kv_heads << " key/value heads of " << s.head_dim
                     << ", past " << c.past[0] << ", window " << s.window << ", dropout "
                     << dropout);
        support::twin<TestType> t(++seed, where);
        const attention_sizes a = s.sizes(dropout, {.seed = 2, .site = 1});
        const auto starts_values = starts_of(s.lengths);
        const auto sequences = static_cast<index_t>(s.lengths.size());
        auto& starts = t.ids(starts_values);
        auto& past = t.ids(c.past);
        auto& q = t.normal(starts_values.back(), s.heads * s.head_dim);
        auto& o = t.output(starts_values.back(), s.heads * a.value_width());
        auto& keys = t.normal(sequences * c.capacity, s.kv_heads * s.head_dim);
        auto& values = t.normal(sequences * c.capacity, s.kv_heads * a.value_width());
        for (auto* const m : {&keys, &values})
          for (std::size_t i = 0; i < s.lengths.size();
               ++i) {  // beyond a sequence's end nothing may be read
            const std::size_t cols =
                m->initial.size() / static_cast<std::size_t>(sequences * c.capacity);
            const auto row = [&](index_t r) {
              return m->initial.begin() +
                     static_cast<std::ptrdiff_t>(
                         static_cast<std::size_t>(static_cast<index_t>(i) * c.capacity + r) * cols);
            };
            std::fill(row(c.past[i] + s.lengths[i]), row(c.capacity),
                      std::numeric_limits<double>::quiet_NaN());
          }
        t.run([&](auto& d, auto at) {
          cached_attention(d, a,
                           {.q = at(q),
                            .cache = {at(keys), at(values), c.capacity},
                            .starts = at(starts),
                            .past = at(past),
                            .o = at(o)});
        });
        t.expect_close(o, c.capacity + s.head_dim, 1);
      }
}

TEMPLATE_LIST_TEST_CASE(
    "cached attention: values that are columns of the keys, one head of them, for all queries",
    "[device][attention][cache]", support::judged_devices) {
  support::twin<TestType> t(5);
  const attention_sizes a{.heads = 3, .kv_heads = 1, .head_dim = 24, .scale = 0.2, .value_dim = 16};
  auto& q = t.normal(4, 3 * 24);
  auto& rows = t.normal(2 * 70, 24);
  auto& o = t.output(4, 3 * 16);
  auto& starts = t.ids({0, 1, 4});
  auto& past = t.ids({69, 5});
  t.run([&](auto& d, auto at) {
    cached_attention(d, a,
                     {.q = at(q),
                      .cache = {at(rows), at(rows).col_block(0, 16), 70},
                      .starts = at(starts),
                      .past = at(past),
                      .o = at(o)});
  });
  t.expect_close(o, 70 + 24, 1);
}
