#include "support/attention_definition.hpp"
#include "support/layer_contract.hpp"
#include <zer0/attention/mla.hpp>
#include <zer0/attention/scores.hpp>
#include <zer0/layer/biased.hpp>
#include <zer0/layer/lora.hpp>
#include <zer0/layer/rope_scaling/yarn.hpp>

#include <string>

using namespace zer0;

namespace {

using numbers = std::vector<double>;

dims sizes_of(index_t q_lora_rank) {
  return {
      .dim = 24,
      .n_heads = 3,
      .max_seq_len = 256,
      .rope_theta = 50,
      .rope_scaling = {.factor = 4, .original_max_seq_len = 64, .mscale = 1, .mscale_all_dim = 0.5},
      .sliding_window = 9,
      .attn_logit_softcap = 1.5,
      .kv_lora_rank = 10,
      .q_lora_rank = q_lora_rank,
      .qk_nope_head_dim = 6,
      .qk_rope_head_dim = 4,
      .v_head_dim = 5,
      .norm_eps = 1e-3,
      .dropout = 0.2};
}

/// The equations of the paper, 9 to 19 and 37 to 47, for one sequence x (T, D): no cache, nothing
/// absorbed, nothing shared. Weights in the order of the layer's parameters.
class definition {
 public:
  definition(const dims& sizes, const numbers& weights) : s_(sizes) {
    auto from = weights.begin();
    const auto take = [&](index_t n) {
      const numbers part(from, from + n);
      from += n;
      return part;
    };
    const index_t head = s_.qk_nope_head_dim + s_.qk_rope_head_dim;
    q_down_ = take((s_.q_lora_rank ? s_.q_lora_rank : s_.n_heads * head) * s_.dim);
    kv_down_ = take((s_.kv_lora_rank + s_.qk_rope_head_dim) * s_.dim);
    if (s_.q_lora_rank) {
      q_norm_ = take(s_.q_lora_rank);
      q_up_ = take(s_.n_heads * head * s_.q_lora_rank);
    }
    kv_norm_ = take(s_.kv_lora_rank);
    kv_up_ = take(s_.n_heads * (s_.qk_nope_head_dim + s_.v_head_dim) * s_.kv_lora_rank);
    out_ = take(s_.dim * s_.n_heads * s_.v_head_dim);
    REQUIRE(from == weights.end());
  }

  [[nodiscard]] numbers operator()(const numbers& x) const {
    const auto tokens = static_cast<index_t>(x.size()) / s_.dim;
    std::vector<std::vector<numbers>> q, k, v;  // token, head
    for (index_t t = 0; t < tokens; ++t)
      add_token(support::detail::rows(x, t, 1, s_.dim), static_cast<double>(t), q, k, v);
    numbers y;
    for (std::size_t t = 0; t < q.size(); ++t) {
      numbers heads;
      for (std::size_t h = 0; h < q[t].size(); ++h) {
        numbers o(static_cast<std::size_t>(s_.v_head_dim), 0.0);
        double total = 0;
        for (std::size_t s = 0; s <= t; ++s) {
          double score = 0;
          for (std::size_t j = 0; j < q[t][h].size(); ++j) score += q[t][h][j] * k[s][h][j];
          const double p = std::exp(score / std::sqrt(static_cast<double>(q[t][h].size())));
          total += p;
          for (std::size_t j = 0; j < o.size(); ++j) o[j] += p * v[s][h][j];
        }
        for (const double e : o) heads.push_back(e / total);
      }
      for (const double e : times(out_, heads)) y.push_back(e);
    }
    return y;
  }

 private:
  void add_token(const numbers& x, double position, std::vector<std::vector<numbers>>& q,
                 std::vector<std::vector<numbers>>& k, std::vector<std::vector<numbers>>& v) const {
    const numbers q_down = times(q_down_, x);
    const numbers queries = s_.q_lora_rank ? times(q_up_, normed(q_down, q_norm_)) : q_down;
    numbers kv = times(kv_down_, x);
    const numbers shared = turned({kv.begin() + s_.kv_lora_rank, kv.end()}, position);
    kv.resize(static_cast<std::size_t>(s_.kv_lora_rank));
    const numbers up = times(kv_up_, normed(kv, kv_norm_));
    q.emplace_back();
    k.emplace_back();
    v.emplace_back();
    const index_t head = s_.qk_nope_head_dim + s_.qk_rope_head_dim,
                  wide = s_.qk_nope_head_dim + s_.v_head_dim;
    for (index_t h = 0; h < s_.n_heads; ++h) {
      q.back().push_back(part(queries, h * head, s_.qk_nope_head_dim));
      append(q.back().back(),
             turned(part(queries, h * head + s_.qk_nope_head_dim, s_.qk_rope_head_dim), position));
      k.back().push_back(part(up, h * wide, s_.qk_nope_head_dim));
      append(k.back().back(), shared);
      v.back().push_back(part(up, h * wide + s_.qk_nope_head_dim, s_.v_head_dim));
    }
  }

  static numbers part(const numbers& x, index_t first, index_t n) {
    return {x.begin() + first, x.begin() + first + n};
  }
  static void append(numbers& x, const numbers& more) {
    x.insert(x.end(), more.begin(), more.end());
  }
  static numbers times(const numbers& w, const numbers& x) {
    numbers y(w.size() / x.size());
    for (std::size_t i = 0; i < y.size(); ++i)
      y[i] = support::attention_definition::product(w, static_cast<index_t>(i), x);
    return y;
  }
  [[nodiscard]] numbers normed(numbers x, const numbers& weight) const {
    double squares = 0;
    for (const double e : x) squares += e * e;
    for (std::size_t j = 0; j < x.size(); ++j)
      x[j] *= weight[j] / std::sqrt(squares / static_cast<double>(x.size()) + s_.norm_eps);
    return x;
  }
  [[nodiscard]] numbers turned(numbers x, double position) const {
    for (std::size_t j = 0; j < x.size() / 2; ++j) {
      const double angle = position * std::pow(s_.rope_theta, -2.0 * static_cast<double>(j) /
                                                                  static_cast<double>(x.size()));
      const double a = x[2 * j], b = x[2 * j + 1];
      x[2 * j] = a * std::cos(angle) - b * std::sin(angle);
      x[2 * j + 1] = a * std::sin(angle) + b * std::cos(angle);
    }
    return x;
  }

  dims s_;
  numbers q_down_, kv_down_, q_norm_, q_up_, kv_norm_, kv_up_, out_;
};

}  // namespace

TEMPLATE_TEST_CASE(
    "mla: keeps the layer contract; generation with absorbed weights gives what training gives",
    "[attention][mla]", mla<>, (mla<standard_attention, rope_half_split>),
    (mla<sliding_window, soft_cap>), (mla<scaled_rope<rope, yarn>>)) {
  const index_t q_lora_rank = GENERATE(0, 7);
  CAPTURE(q_lora_rank);
  support::layer_contract<TestType>(sizes_of(q_lora_rank));
}

TEST_CASE("mla: keeps the layer contract with adapters on all projections, the absorbed one too",
          "[attention][mla]") {
  dims sizes = sizes_of(7);
  sizes.lora = {.rank = 2, .alpha = 1, .dropout = 0.1};  // a detour no larger than the rest
  support::layer_contract<mla<lora<all_projections>>>(sizes);
}

TEST_CASE("mla: computes the equations of its paper, on every device", "[attention][mla]") {
  for (const index_t q_lora_rank : {0, 7})
    support::on_all_devices([&]<class D>(std::type_identity<D>) {
      INFO("q_lora_rank " << q_lora_rank);
      const dims sizes = sizes_of(q_lora_rank);
      support::lone_layer<mla<>, D> layer(sizes);
      support::equals_definition(layer, definition(sizes, layer.weight_values()), sizes.dim);
    });
}

TEST_CASE(
    "mla: the cache holds kv_lora_rank + qk_rope_head_dim numbers a token, whatever the number of "
    "heads",
    "[attention][mla]") {
  for (const index_t heads : {1, 16}) {
    dims sizes = sizes_of(0);
    sizes.n_heads = heads;
    reference d;
    layer_of<mla<>, reference> layer(sizes);
    CHECK(layer.make_cache(d, 3, 100).rows.size() == 3 * 100 * (10 + 4));
  }
}

TEST_CASE("mla: parameters have the names and shapes of DeepSeek's files", "[attention][mla]") {
  const auto names = [](index_t q_lora_rank) {
    layer_of<mla<>, reference> layer(sizes_of(q_lora_rank));
    parameter_list<double> list;
    layer.parameters(list);
    std::string text;
    for (const auto& entry : list)
      for (const parameter_part& part : entry.value->parts)
        text += entry.path + part.name + " " + std::to_string(part.rows) + "x" +
                std::to_string(entry.value->cols) + "; ";
    return text;
  };
  const std::string kv =
      "kv_a_proj_with_mqa.weight 14x24; kv_a_layernorm.weight 1x10; kv_b_proj.weight 33x10; "
      "o_proj.weight 24x15; ";
  CHECK(names(0) == "q_proj.weight 30x24; " + kv);
  CHECK(names(7) ==
        "q_a_proj.weight 7x24; kv_a_proj_with_mqa.weight 14x24; q_a_layernorm.weight 1x7; "
        "q_b_proj.weight 30x7; kv_a_layernorm.weight 1x10; kv_b_proj.weight 33x10; o_proj.weight "
        "24x15; ");
}

TEST_CASE("mla: biases are taken but for that of kv_b_proj, which is refused", "[attention][mla]") {
  support::layer_contract<mla<biased<projections<"q_proj", "kv_a_proj_with_mqa", "o_proj">>>>(
      sizes_of(0));
  CHECK_THROWS_WITH((layer_of<mla<biased<all_projections>>, reference>(sizes_of(0))),
                    support::contains("kv_b_proj has a bias"));
}

TEST_CASE("mla: a missing size is refused, by name", "[attention][mla]") {
  dims sizes = sizes_of(0);
  sizes.v_head_dim = 0;
  CHECK_THROWS_WITH((layer_of<mla<>, reference>(sizes)),
                    support::contains("mla: dims::v_head_dim is 0"));
  CHECK_THROWS_WITH((layer_of<mla<>, reference>({.dim = 24})),
                    support::contains("mla: dims::kv_lora_rank is 0"));
}
