// Every variant beside the others at one fixed size: the table in docs/variants.md, as Markdown
// (scripts/variants).
#include "support/clock.hpp"
#include "support/random_batch.hpp"
#include "support/report.hpp"
#include <zer0/zer0.hpp>

#include <cstdio>
#include <exception>
#include <iostream>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace {

using namespace zer0;

/// The first line is what the others differ from; a new variant is one line.
using variants = std::tuple<
    // attention
    decoder<gqa<rope, flash>>, decoder<gqa<rope, standard_attention>>, decoder<gqa<sliding_window>>,
    decoder<gqa<soft_cap>>, decoder<gqa<qk_norm>>, decoder<gqa<biased<attention_projections>>>,
    decoder<mla<rope>>,
    // positions
    decoder<gqa<rope_half_split>>, decoder<gqa<scaled_rope<rope, linear_scaling>>>,
    decoder<gqa<scaled_rope<rope, ntk_aware>>>, decoder<gqa<scaled_rope<rope, yarn>>>,
    decoder<gqa<scaled_rope<rope, llama3_scaling>>>, decoder<gqa<no_position>>,
    decoder<gqa<no_position>, learned_positions>,
    // feed-forward, norm, head
    decoder<geglu>, decoder<relu_squared_mlp>, decoder<gelu_mlp>, decoder<layer_norm>,
    decoder<untied_head>, decoder<post_norm>, decoder<sandwich>,
    // experts
    decoder<moe<softmax_top_k>>, decoder<moe<sigmoid_bias>>, decoder<moe<expert_choice>>,
    decoder<moe<router_z_loss<>>>, decoder<moe<expert_capacity<>>>,
    decoder<moe<softmax_top_k, geglu>>,
    // training
    decoder<recompute<>>, adapted<decoder<>>, adapted<decoder<>, all_projections>,
    // families
    gpt2, llama, qwen2, qwen3, mixtral, deepseek_v2>;

constexpr index_t batch = 4, seq = 256;

/// Of all variants: each reads what concerns it.
const dims sizes{.dim = 256,
                 .n_layers = 4,
                 .n_heads = 4,
                 .n_kv_heads = 2,
                 .vocab_size = 6400,
                 .max_seq_len = seq,
                 .hidden_dim = 704,
                 .rope_scaling = {.factor = 4, .original_max_seq_len = 64},
                 .sliding_window = 64,
                 .attn_logit_softcap = 50,
                 .kv_lora_rank = 64,
                 .qk_nope_head_dim = 64,
                 .qk_rope_head_dim = 32,
                 .v_head_dim = 64,
                 .lora = {.rank = 8},
                 .experts = {.n_routed = 8, .per_token = 2, .hidden_dim = 352}};

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

/// "decoder<gqa<rope, flash>>": the type as it is written above, defaults left out.
template <class T>
std::string type_name() {
  const std::string_view text = __PRETTY_FUNCTION__;
  std::string name(text.substr(text.find("T = ") + 4));
  name = name.substr(0, name.find_first_of(";]"));
  constexpr std::pair<std::string_view, std::string_view> shorter[] = {
      {"zer0::", ""},
      {"> >", ">>"},
      {"projection_name<7>{", ""},
      {"}", ""},
      {"projections<\"q_proj\", \"k_proj\", \"v_proj\", \"o_proj\">", "attention_projections"},
      {", linear>", ">"},
      {"gated<silu>", "swiglu"},
      {"gated<gelu_tanh>", "geglu"},
      {"mlp<relu_squared>", "relu_squared_mlp"},
      {"mlp<gelu_tanh, biased<all_projections>>", "gelu_mlp"},
      {"softmax_top_k_of<balanced>", "softmax_top_k"},
      {"recompute<decoder_block>", "recompute<>"},
      {"_of<>", ""}};
  for (const auto& [from, to] : shorter) replace_all(name, from, to);
  replace_all(name, "> >", ">>");
  return name;
}

/// A model and its trainer, whose steps are timed.
template <class Variant>
class timed {
 public:
  timed() : model_(sizes), trainer_((model_.initialize(1), model_)) {
    for (int i = 0; i < 2; ++i) step();  // memory grows, then settles
  }
  /// Tokens a second.
  double step() {
    const auto start = bench::clock::now();
    (void)trainer_.step(std::span(&batch_, 1));
    return static_cast<double>(batch_.tokens()) / bench::seconds_since(start);
  }

 private:
  token_batch batch_ = bench::random_batch(batch, seq, sizes.vocab_size);
  model<Variant, cpu> model_;
  trainer<model<Variant, cpu>> trainer_;
};

template <class First, class Variant>
void print_row(timed<First>& first, int steps) {
  const model_description d = describe<Variant>(sizes, batch, seq);
  timed<Variant> t;
  std::vector<double> speeds,
      ratios;  // in pairs with the first: the machine's speed drifts, their ratio does not
  for (int i = 0; i < steps; ++i) {
    const double beside = first.step();
    speeds.push_back(t.step());
    ratios.push_back(speeds.back() / beside);
  }
  std::printf("| `%s` | %.2f | %.2f | %.2f | %.2f | %zu | %.0f | %.2f |\n",
              type_name<Variant>().c_str(), static_cast<double>(d.parameters) / 1e6,
              static_cast<double>(d.activated) / 1e6, (d.forward_flops + d.backward_flops) / 1e6,
              static_cast<double>(d.activation_bytes) / 0x1p20, d.cache_bytes_per_token,
              bench::median(speeds), bench::median(ratios));
  std::fflush(stdout);
}

template <class First, class... Rest>
void print_table(std::type_identity<std::tuple<First, Rest...>>, int steps) {
  timed<First> first;
  std::printf(
      "| variant | parameters, M | met by a token, M | MFLOP a token | activations, MiB | cache, "
      "bytes a token | tokens/s | of the first |\n|---|---:|---:|---:|---:|---:|---:|---:|\n");
  print_row<First, First>(first, steps);
  (print_row<First, Rest>(first, steps), ...);
}

}  // namespace

int main() try { print_table(std::type_identity<variants>(), 7); } catch (const std::exception& e) {
  std::cerr << "bench_variants: " << e.what() << '\n';
  return 1;
}
