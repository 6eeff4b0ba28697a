#include "support/catch.hpp"
#include "support/shared_dir.hpp"
#include "support/temp_dir.hpp"
#include <zer0/attention/sliding_window.hpp>
#include <zer0/device/cpu.hpp>
#include <zer0/device/reference.hpp>
#include <zer0/io/detail/json_file.hpp>
#include <zer0/io/model_files.hpp>
#include <zer0/layer/placement/post_norm.hpp>
#include <zer0/model/adapted.hpp>
#include <zer0/model/workspace.hpp>

using support::contains;
using zer0::cpu;
using zer0::decoder;
using zer0::gqa;

namespace {

const zer0::dims sizes{
    .dim = 24, .n_layers = 2, .n_heads = 4, .n_kv_heads = 2, .vocab_size = 31, .max_seq_len = 16, .multiple_of = 8};

template <class Model>
std::vector<double> weights_of(Model& m) {
  return {m.weights().begin(), m.weights().end()};
}

/// Hidden states of a fixed sequence.
template <class Model>
std::vector<double> output_of(Model& m) {
  zer0::workspace<typename Model::device_type> memory(m.device());
  auto& c = memory.start(
      {.ids = {3, 1, 4, 1, 5, 9}, .targets = {1, 4, 1, 5, 9, 2}, .weights = std::vector<float>(6, 1), .starts = {0, 6}},
      m.sizes());
  const auto hidden = m.forward(c, memory.batch().ids);
  return {hidden.data, hidden.data + hidden.elements()};
}

/// Rewrites model.safetensors without the tensor `drop`, with `extra` added, and with `reshape` given other dimensions.
void edit(const std::filesystem::path& dir, const std::string& drop, const std::string& extra,
          const std::string& reshape = "") {
  const std::filesystem::path path = dir / "model.safetensors";
  const zer0::safetensors_file file(path);
  std::vector<zer0::tensor_entry> entries;
  for (zer0::tensor_entry e : file.entries()) {
    if (e.name == drop) continue;
    if (e.name == reshape) e.shape = {e.elements()};
    entries.push_back(e);
  }
  static const float one = 1;
  if (!extra.empty()) entries.push_back({extra, zer0::dtype::f32, {1}, std::as_bytes(std::span(&one, 1))});
  zer0::write_safetensors(dir / "edited.safetensors", entries);
  std::filesystem::rename(dir / "edited.safetensors", path);
}

}  // namespace

TEMPLATE_TEST_CASE("model_files: weights survive a file exactly", "[io][model_files]", decoder<>,
                   (decoder<gqa<zer0::rope_half_split>, zer0::untied_head>)) {
  const support::temp_dir dir;
  zer0::model<TestType, cpu> a(sizes);
  zer0::model<TestType, cpu> b(sizes);
  a.initialize(1);
  b.initialize(2);
  zer0::save_weights(a, dir.path());
  zer0::load_weights(b, dir.path());
  CHECK(weights_of(a) == weights_of(b));
}

TEST_CASE("model_files: both rotary pairings read the same function from one file", "[io][model_files]") {
  const support::temp_dir dir;
  zer0::model<decoder<gqa<zer0::rope>>, zer0::reference> interleaved(sizes);
  zer0::model<decoder<gqa<zer0::rope_half_split>>, zer0::reference> half_split(sizes);
  interleaved.initialize(3);
  zer0::save_weights(interleaved, dir.path());
  zer0::load_weights(interleaved, dir.path());  // rounded to float32, as the other will be
  zer0::load_weights(half_split, dir.path());
  CHECK(weights_of(interleaved) != weights_of(half_split));
  const auto a = output_of(interleaved);
  const auto b = output_of(half_split);
  for (std::size_t i = 0; i < a.size(); ++i) CHECK(a[i] == Catch::Approx(b[i]).margin(1e-12));
}

TEST_CASE("model_files: the file has Hugging Face's names and shapes, and a tied head once", "[io][model_files]") {
  const support::temp_dir dir;
  zer0::model<decoder<>, cpu> m(sizes);
  m.initialize(1);
  zer0::save_weights(m, dir.path());
  const zer0::safetensors_file file(dir / "model.safetensors");
  CHECK(file.entries().size() == 1 + 2 * 9 + 1);
  CHECK(file.at("model.embed_tokens.weight").shape == std::vector<zer0::index_t>{31, 24});
  CHECK(file.at("model.layers.1.self_attn.k_proj.weight").shape == std::vector<zer0::index_t>{12, 24});
  CHECK(file.at("model.layers.0.mlp.down_proj.weight").shape == std::vector<zer0::index_t>{24, 64});
  CHECK(file.at("model.layers.0.input_layernorm.weight").shape == std::vector<zer0::index_t>{24});
  CHECK(file.at("model.norm.weight").shape == std::vector<zer0::index_t>{24});
  CHECK(file.find("lm_head.weight") == nullptr);
  CHECK(file.metadata().at("format") == "pt");
}

TEST_CASE("model_files: a tensor missing, left over or of another shape is named", "[io][model_files]") {
  const support::temp_dir dir;
  zer0::model<decoder<>, cpu> m(sizes);
  m.initialize(1);
  zer0::save_weights(m, dir.path());
  SECTION("missing") {
    edit(dir.path(), "model.norm.weight", "");
    CHECK_THROWS_WITH(zer0::load_weights(m, dir.path()), contains("has no tensor model.norm.weight"));
  }
  SECTION("left over") {
    edit(dir.path(), "", "model.layers.7.mlp.up_proj.weight");
    CHECK_THROWS_WITH(zer0::load_weights(m, dir.path()), contains("has a tensor model.layers.7.mlp.up_proj.weight"));
  }
  SECTION("of another shape") {
    edit(dir.path(), "", "", "model.layers.1.self_attn.q_proj.weight");
    CHECK_THROWS_WITH(zer0::load_weights(m, dir.path()),
                      contains("model.layers.1.self_attn.q_proj.weight has shape (576); the model needs (24, 24)"));
  }
  SECTION("known to be of no use") {
    edit(dir.path(), "", "model.layers.0.self_attn.rotary_emb.inv_freq");
    CHECK_NOTHROW(zer0::load_weights(m, dir.path()));
  }
}

TEST_CASE("model_files: shards are read as one file is", "[io][model_files]") {
  const support::temp_dir dir;
  zer0::model<decoder<>, cpu> a(sizes);
  zer0::model<decoder<>, cpu> b(sizes);
  a.initialize(1);
  zer0::save_weights(a, dir.path());
  std::vector<zer0::tensor_entry> first, second;
  nlohmann::json map;
  {
    const zer0::safetensors_file whole(dir / "model.safetensors");
    for (const zer0::tensor_entry& e : whole.entries()) {
      auto& shard = first.size() <= second.size() ? first : second;
      map[e.name] = &shard == &first ? "model-00001-of-00002.safetensors" : "model-00002-of-00002.safetensors";
      shard.push_back(e);
    }
    zer0::write_safetensors(dir / "model-00001-of-00002.safetensors", first);
    zer0::write_safetensors(dir / "model-00002-of-00002.safetensors", second);
  }
  std::filesystem::remove(dir / "model.safetensors");
  zer0::write_json_file(dir / "model.safetensors.index.json", {{"metadata", {{"total_size", 1}}}, {"weight_map", map}});
  zer0::load_weights(b, dir.path());
  CHECK(weights_of(a) == weights_of(b));
}

TEST_CASE("model_files: config.json brings the sizes back", "[io][model_files]") {
  const support::temp_dir dir;
  zer0::write_config(dir.path(), {sizes, true});
  const zer0::model_config read = zer0::read_config(dir.path());
  CHECK(read.tied);
  CHECK(read.sizes.dim == sizes.dim);
  CHECK(read.sizes.n_layers == sizes.n_layers);
  CHECK(read.sizes.kv_heads() == sizes.kv_heads());
  CHECK(read.sizes.head_size() == sizes.head_size());
  CHECK(read.sizes.hidden() == sizes.hidden());
  CHECK(read.sizes.vocab_size == sizes.vocab_size);
  CHECK(read.sizes.max_seq_len == sizes.max_seq_len);
  CHECK(read.sizes.norm_eps == sizes.norm_eps);
  CHECK(read.sizes.rope_theta == sizes.rope_theta);
}

TEST_CASE("model_files: what config.json asks for and zer0 lacks is refused by name", "[io][model_files]") {
  const support::temp_dir dir;
  zer0::write_config(dir.path(), {sizes, false});
  const nlohmann::json good = zer0::read_json_file(dir / "config.json");
  const auto message_with = [&](const char* key, const nlohmann::json& value) {
    nlohmann::json j = good;
    j[key] = value;
    zer0::write_json_file(dir / "config.json", j);
    try {
      (void)zer0::read_config(dir.path());
    } catch (const zer0::error& e) {
      return std::string(e.what());
    }
    return std::string("accepted");
  };
  CHECK_THAT(message_with("model_type", "bert"), contains("model_type is \"bert\"; this version reads \"llama\""));
  CHECK_THAT(message_with("attention_bias", true), contains("attention_bias is true"));
  CHECK_THAT(message_with("hidden_act", "gelu"), contains("hidden_act is \"gelu\"; only \"silu\" is supported"));
  CHECK_THAT(message_with("rope_scaling", {{"type", "dynamic"}, {"factor", 2}}), contains("rope_type is \"dynamic\""));
  CHECK_THAT(message_with("rope_parameters", {{"rope_type", "longrope"}}), contains("rope_type is \"longrope\""));
  CHECK_THAT(message_with("rope_parameters", {{"rope_type", "yarn"}}), contains("has no key \"factor\""));
  CHECK_THAT(message_with("num_attention_heads", 5), contains("dims:"));
  CHECK_THAT(message_with("hidden_size", "wide"), contains("\"hidden_size\""));
  CHECK(message_with("rope_scaling", nullptr) == "accepted");
}

TEST_CASE("model_files: of Qwen, windows in use and layers of different kinds are refused by name",
          "[io][model_files]") {
  const support::temp_dir dir;
  const auto refuses = [&](const char* key, const nlohmann::json& value) {
    nlohmann::json j = zer0::read_json_file(support::data_dir() / "models/qwen3/config.json");
    j[key] = value;
    zer0::write_json_file(dir / "config.json", j);
    CHECK_THROWS_WITH(zer0::read_config(dir.path()), contains(key));
  };
  refuses("use_sliding_window", true);
  refuses("attention_bias", true);
  refuses("layer_types", {"full_attention", "sliding_attention"});
}

TEST_CASE("model_files: scaled rotary positions are read as older and newer files have them, and written",
          "[io][model_files]") {
  const support::temp_dir dir;
  const nlohmann::json yarn = {{"rope_type", "yarn"},  {"factor", 4},    {"original_max_position_embeddings", 8},
                               {"beta_fast", 20},      {"beta_slow", 2}, {"mscale", 0.7},
                               {"mscale_all_dim", 0.9}};
  zer0::write_config(dir.path(), {sizes, true});
  const nlohmann::json plain = zer0::read_json_file(dir / "config.json");
  nlohmann::json older = plain, newer = plain;
  older.erase("rope_parameters");
  older["rope_theta"] = 500;
  older["rope_scaling"] = yarn;
  newer.erase("rope_scaling");
  newer.erase("rope_theta");
  newer["rope_parameters"] = yarn;
  newer["rope_parameters"]["rope_theta"] = 500;
  for (const nlohmann::json& j : {older, newer}) {
    zer0::write_json_file(dir / "config.json", j);
    for (int again = 0; again < 2; ++again) {
      const zer0::model_config read = zer0::read_config(dir.path());
      CHECK(read.rope_type == "yarn");
      CHECK(read.sizes.rope_theta == 500);
      zer0::rope_scaling_sizes expected{.factor = 4, .original_max_seq_len = 8};
      expected.beta_fast = 20;
      expected.beta_slow = 2;
      expected.mscale = 0.7;
      expected.mscale_all_dim = 0.9;
      CHECK(read.sizes.rope_scaling == expected);
      zer0::write_config(dir.path(), read);
    }
  }
}

TEST_CASE("model_files: a variant that a directory does not fit says so in one sentence", "[io][model_files]") {
  const auto folder = [](const char* name) { return support::data_dir() / "models" / name; };
  zer0::model<decoder<gqa<zer0::rope_half_split>, zer0::tied_head>, cpu> qwen2(
      zer0::read_config(folder("qwen2")).sizes);
  CHECK_THROWS_WITH(zer0::load_weights(qwen2, folder("qwen2")),
                    contains("self_attn.k_proj.bias, which the model does not; its files do not belong to this variant "
                             "or to these sizes (config.json: qwen2, the variant: llama)"));
  zer0::model<decoder<gqa<zer0::rope_half_split>, zer0::tied_head>, cpu> tied(zer0::read_config(folder("llama")).sizes);
  CHECK_THROWS_WITH(zer0::load_weights(tied, folder("llama")), contains("has a tensor lm_head.weight"));
  zer0::model<decoder<gqa<zer0::rope_half_split>, zer0::tied_head>, cpu> unscaled(
      zer0::read_config(folder("llama_scaled")).sizes);
  CHECK_THROWS_WITH(zer0::load_weights(unscaled, folder("llama_scaled")),
                    contains("rope_type \"llama3\", the variant of \"default\""));
}

namespace {
struct clamped_norm : zer0::rms_norm {};
}  // namespace

TEST_CASE("model_files: a variant of no other library is written under zer0's own names", "[io][model_files]") {
  using variant = decoder<gqa<zer0::rope_half_split>, clamped_norm>;
  STATIC_REQUIRE(zer0::family_of<variant>() == "zer0");
  STATIC_REQUIRE(zer0::family_of<decoder<gqa<zer0::rope, zer0::standard>>>() == "llama");
  STATIC_REQUIRE(zer0::family_of<zer0::adapted<decoder<>>>() == "llama");
  STATIC_REQUIRE(zer0::family_of<decoder<zer0::post_norm>>() == "zer0");
  STATIC_REQUIRE(zer0::family_of<decoder<gqa<zer0::sliding_window>>>() == "zer0");
  STATIC_REQUIRE(zer0::family_of<decoder<zer0::recompute<zer0::decoder_block>>>() == "llama");
  const support::temp_dir dir;
  zer0::dims all = sizes;
  all.hidden_dim = sizes.hidden();
  all.sliding_window = 3;
  all.attn_logit_softcap = 5;
  all.kv_lora_rank = 6;
  all.q_lora_rank = 7;
  all.qk_nope_head_dim = 8;
  all.qk_rope_head_dim = 9;
  all.v_head_dim = 10;
  all.rope_scaling = {2, 11, 1.5, 3, 33, 3, 1.1, 0.5, 0.7};
  all.experts = {5, 3, 1, 12, 0.2, false, false, 1.5, 2e-3, 1.75, 2e-3};
  zer0::write_config(dir.path(), {all, true, "zer0"});
  const zer0::model_config read = zer0::read_config(dir.path());
  CHECK(read.family == "zer0");
  CHECK(read.tied);
  all.multiple_of = read.sizes.multiple_of;
  CHECK(read.sizes == all);
}
