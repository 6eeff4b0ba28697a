#include "support/family_check.hpp"
#include <zer0/family/deepseek_v2.hpp>
#include <zer0/file/detail/json.hpp>

using namespace zer0;

namespace {

/// DeepSeek-V2-Lite, with experts in its first layer too.
const dims lite{.dim = 2048,
                .n_layers = 27,
                .n_heads = 16,
                .vocab_size = 102400,
                .hidden_dim = 10944,
                .kv_lora_rank = 512,
                .qk_nope_head_dim = 128,
                .qk_rope_head_dim = 64,
                .v_head_dim = 128,
                .experts = {.n_routed = 64, .per_token = 6, .n_shared = 2, .hidden_dim = 1408}};

dims tiny() {
  dims sizes = support::small_dims;
  sizes.n_kv_heads = 0;
  sizes.kv_lora_rank = 6;
  sizes.qk_nope_head_dim = 4;
  sizes.qk_rope_head_dim = 2;
  sizes.v_head_dim = 3;
  sizes.experts = {
      .n_routed = 4, .per_token = 2, .n_shared = 1, .hidden_dim = 8, .norm_topk_prob = false};
  return sizes;
}

}  // namespace

TEST_CASE("deepseek_v2: transformers' directories give its logits, with latent queries and without",
          "[models][deepseek_v2]") {
  for (const char* folder : {"deepseek_v2", "deepseek_v2_q_lora"}) {
    support::check_family_files<deepseek_v2>(folder, "deepseek_v2");
    support::check_same_file<deepseek_v2>(folder);
  }
}

TEST_CASE("deepseek_v2: the real sizes have the published numbers of parameters",
          "[models][deepseek_v2]") {
  // The published model's first layer has a feed-forward of width 10944 where ours has experts and
  // a router.
  const index_t experts = (64 + 2) * 3 * lite.dim * 1408 + 64 * lite.dim;
  const index_t dense = 3 * lite.dim * 10944;
  CHECK(support::parameter_count<deepseek_v2>(lite) - experts + dense == 15'706'484'224);
}

TEST_CASE("deepseek_v2: its gradients are those of the loss", "[models][deepseek_v2]") {
  dims sizes = tiny();
  support::check_family_gradient<deepseek_v2>(sizes);
  sizes.q_lora_rank = 5;
  support::check_family_gradient<deepseek_v2>(sizes);
}

TEST_CASE("deepseek_v2: half-split rotary pairs are refused, as its files are interleaved",
          "[models][deepseek_v2]") {
  const std::filesystem::path folder = support::data_dir() / "models/deepseek_v2";
  using half_split = decoder<mla<rope_half_split>, moe<softmax_top_k, swiglu>, untied_head>;
  model<half_split, reference> m(read_config(folder).sizes);
  CHECK_THROWS_WITH(load_weights(m, folder),
                    support::contains("files of deepseek_v2 have interleaved rotary pairs"));
}

TEST_CASE("deepseek_v2: what zer0 lacks is refused by name", "[models][deepseek_v2]") {
  const support::temp_dir dir;
  const auto refuses = [&](const char* key, const nlohmann::json& value, const std::string& text) {
    nlohmann::json j =
        detail::read_json_file(support::data_dir() / "models/deepseek_v2/config.json");
    j[key] = value;
    detail::write_json_file(dir / "config.json", j);
    CHECK_THROWS_WITH(read_config(dir.path()), support::contains(text));
  };
  refuses("first_k_dense_replace", 1, "the first 1 layers have no experts");
  refuses("topk_method", "group_limited_greedy", "topk_method is \"group_limited_greedy\"");
  refuses("scoring_func", "sigmoid", "scoring_func is \"sigmoid\"");
}
