#include "support/catch.hpp"
#include "support/shared_dir.hpp"
#include "support/temp_dir.hpp"
#include <zer0/attention/scores.hpp>
#include <zer0/checkpoint/model_files.hpp>
#include <zer0/device/cpu.hpp>
#include <zer0/device/reference.hpp>
#include <zer0/file/detail/json.hpp>
#include <zer0/layer/placement/post_norm.hpp>
#include <zer0/layer/rope_scaling/linear_scaling.hpp>
#include <zer0/layer/rope_scaling/llama3_scaling.hpp>
#include <zer0/layer/rope_scaling/ntk_aware.hpp>
#include <zer0/layer/rope_scaling/yarn.hpp>
#include <zer0/model/adapted.hpp>
#include <zer0/model/workspace.hpp>

#include <type_traits>

using support::contains;
using zer0::cpu;
using zer0::decoder;
using zer0::gqa;

namespace {

const zer0::dims sizes{.dim = 24,
                       .n_layers = 2,
                       .n_heads = 4,
                       .n_kv_heads = 2,
                       .vocab_size = 31,
                       .max_seq_len = 16,
                       .multiple_of = 8};

template <class Model>
std::vector<double> weights_of(Model& m) {
  return {m.weights().begin(), m.weights().end()};
}

/// Hidden states of a fixed sequence.
template <class Model>
std::vector<double> output_of(Model& m) {
  zer0::workspace<typename Model::device_type> memory(m.device());
  auto& c = memory.start({.ids = {3, 1, 4, 1, 5, 9},
                          .targets = {1, 4, 1, 5, 9, 2},
                          .weights = std::vector<float>(6, 1),
                          .starts = {0, 6}},
                         m.sizes());
  const auto hidden = m.forward(c, memory.batch().ids);
  return {hidden.data, hidden.data + hidden.elements()};
}

/// Rewrites model.safetensors without the tensor `drop`, with `extra` added, and with `reshape`
/// given other dimensions.
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
  if (!extra.empty())
    entries.push_back({extra, zer0::dtype::f32, {1}, std::as_bytes(std::span(&one, 1))});
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

TEST_CASE("model_files: both rotary pairings read the same function from one file",
          "[io][model_files]") {
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

TEST_CASE("model_files: the file has Hugging Face's names and shapes, and a tied head once",
          "[io][model_files]") {
  const support::temp_dir dir;
  zer0::model<decoder<>, cpu> m(sizes);
  m.initialize(1);
  zer0::save_weights(m, dir.path());
  const zer0::safetensors_file file(dir / "model.safetensors");
  CHECK(file.entries().size() == 1 + 2 * 9 + 1);
  CHECK(file.at("model.embed_tokens.weight").shape == std::vector<zer0::index_t>{31, 24});
  CHECK(file.at("model.layers.1.self_attn.k_proj.weight").shape ==
        std::vector<zer0::index_t>{12, 24});
  CHECK(file.at("model.layers.0.mlp.down_proj.weight").shape == std::vector<zer0::index_t>{24, 64});
  CHECK(file.at("model.layers.0.input_layernorm.weight").shape == std::vector<zer0::index_t>{24});
  CHECK(file.at("model.norm.weight").shape == std::vector<zer0::index_t>{24});
  CHECK(file.find("lm_head.weight") == nullptr);
  CHECK(file.metadata().at("format") == "pt");
}

TEST_CASE("model_files: a tensor missing, left over or of another shape is named",
          "[io][model_files]") {
  const support::temp_dir dir;
  zer0::model<decoder<>, cpu> m(sizes);
  m.initialize(1);
  zer0::save_weights(m, dir.path());
  SECTION("missing") {
    edit(dir.path(), "model.norm.weight", "");
    CHECK_THROWS_WITH(zer0::load_weights(m, dir.path()),
                      contains("has no tensor model.norm.weight"));
  }
  SECTION("left over") {
    edit(dir.path(), "", "model.layers.7.mlp.up_proj.weight");
    CHECK_THROWS_WITH(zer0::load_weights(m, dir.path()),
                      contains("has a tensor model.layers.7.mlp.up_proj.weight"));
  }
  SECTION("of another shape") {
    edit(dir.path(), "", "", "model.layers.1.self_attn.q_proj.weight");
    CHECK_THROWS_WITH(
        zer0::load_weights(m, dir.path()),
        contains(
            "model.layers.1.self_attn.q_proj.weight has shape (576); the model needs (24, 24)"));
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
      map[e.name] = &shard == &first ? "model-00001-of-00002.safetensors"
                                     : "model-00002-of-00002.safetensors";
      shard.push_back(e);
    }
    zer0::write_safetensors(dir / "model-00001-of-00002.safetensors", first);
    zer0::write_safetensors(dir / "model-00002-of-00002.safetensors", second);
  }
  std::filesystem::remove(dir / "model.safetensors");
  zer0::detail::write_json_file(dir / "model.safetensors.index.json",
                                {{"metadata", {{"total_size", 1}}}, {"weight_map", map}});
  zer0::load_weights(b, dir.path());
  CHECK(weights_of(a) == weights_of(b));
}

TEST_CASE("model_files: config.json brings the sizes back", "[io][model_files]") {
  const support::temp_dir dir;
  zer0::write_config(dir.path(), {sizes, true, &zer0::family::llama});
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

TEST_CASE("model_files: what config.json asks for and zer0 lacks is refused by name",
          "[io][model_files]") {
  const support::temp_dir dir;
  zer0::write_config(dir.path(), {sizes, false, &zer0::family::llama});
  const nlohmann::json good = zer0::detail::read_json_file(dir / "config.json");
  const auto message_with = [&](const char* key, const nlohmann::json& value) {
    nlohmann::json j = good;
    j[key] = value;
    zer0::detail::write_json_file(dir / "config.json", j);
    try {
      (void)zer0::read_config(dir.path());
    } catch (const zer0::error& e) {
      return std::string(e.what());
    }
    return std::string("accepted");
  };
  CHECK_THAT(message_with("model_type", "bert"),
             contains("model_type is \"bert\"; this version reads \"llama\""));
  CHECK_THAT(message_with("attention_bias", true), contains("attention_bias is true"));
  CHECK_THAT(message_with("hidden_act", "gelu"),
             contains("hidden_act is \"gelu\"; only \"silu\" is supported"));
  CHECK_THAT(message_with("rope_scaling", {{"type", "dynamic"}, {"factor", 2}}),
             contains("rope_type is \"dynamic\""));
  CHECK_THAT(message_with("rope_parameters", {{"rope_type", "longrope"}}),
             contains("rope_type is \"longrope\""));
  CHECK_THAT(message_with("rope_parameters", {{"rope_type", "yarn"}}),
             contains("has no key \"factor\""));
  CHECK_THAT(message_with("num_attention_heads", 5), contains("dims:"));
  CHECK_THAT(message_with("hidden_size", "wide"), contains("\"hidden_size\""));
  CHECK(message_with("rope_scaling", nullptr) == "accepted");
}

TEST_CASE("model_files: of Qwen, windows in use and layers of different kinds are refused by name",
          "[io][model_files]") {
  const support::temp_dir dir;
  const auto refuses = [&](const char* key, const nlohmann::json& value) {
    nlohmann::json j =
        zer0::detail::read_json_file(support::data_dir() / "models/qwen3/config.json");
    j[key] = value;
    zer0::detail::write_json_file(dir / "config.json", j);
    CHECK_THROWS_WITH(zer0::read_config(dir.path()), contains(key));
  };
  refuses("use_sliding_window", true);
  refuses("attention_bias", true);
  refuses("layer_types", {"full_attention", "sliding_attention"});
}

TEST_CASE(
    "model_files: scaled rotary positions are read as older and newer files have them, and written",
    "[io][model_files]") {
  const support::temp_dir dir;
  const nlohmann::json yarn = {
      {"rope_type", "yarn"},  {"factor", 4},    {"original_max_position_embeddings", 8},
      {"beta_fast", 20},      {"beta_slow", 2}, {"mscale", 0.7},
      {"mscale_all_dim", 0.9}};
  zer0::write_config(dir.path(), {sizes, true, &zer0::family::llama});
  const nlohmann::json plain = zer0::detail::read_json_file(dir / "config.json");
  nlohmann::json older = plain, newer = plain;
  older.erase("rope_parameters");
  older["rope_theta"] = 500;
  older["rope_scaling"] = yarn;
  newer.erase("rope_scaling");
  newer.erase("rope_theta");
  newer["rope_parameters"] = yarn;
  newer["rope_parameters"]["rope_theta"] = 500;
  for (const nlohmann::json& j : {older, newer}) {
    zer0::detail::write_json_file(dir / "config.json", j);
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

TEST_CASE("model_files: a variant that a directory does not fit says so in one sentence",
          "[io][model_files]") {
  const auto folder = [](const char* name) { return support::data_dir() / "models" / name; };
  zer0::model<decoder<gqa<zer0::rope_half_split>, zer0::tied_head>, cpu> qwen2(
      zer0::read_config(folder("qwen2")).sizes);
  CHECK_THROWS_WITH(
      zer0::load_weights(qwen2, folder("qwen2")),
      contains("self_attn.k_proj.bias, which the model does not; its files do not belong to this "
               "variant or to these sizes (config.json: qwen2, the variant: llama)"));
  zer0::model<decoder<gqa<zer0::rope_half_split>, zer0::tied_head>, cpu> tied(
      zer0::read_config(folder("llama")).sizes);
  CHECK_THROWS_WITH(zer0::load_weights(tied, folder("llama")),
                    contains("has a tensor lm_head.weight"));
  zer0::model<decoder<gqa<zer0::rope_half_split>, zer0::tied_head>, cpu> unscaled(
      zer0::read_config(folder("llama_scaled")).sizes);
  CHECK_THROWS_WITH(zer0::load_weights(unscaled, folder("llama_scaled")),
                    contains("rope_type \"llama3\", the variant of \"default\""));
}

namespace {
struct clamped_norm : zer0::rms_norm {};
}  // namespace

TEST_CASE("model_files: a variant of no other library is written under zer0's own names",
          "[io][model_files]") {
  using variant = decoder<gqa<zer0::rope_half_split>, clamped_norm>;
  STATIC_REQUIRE(zer0::family_of<variant>().type == "zer0");
  STATIC_REQUIRE(zer0::family_of<decoder<gqa<zer0::rope, zer0::standard_attention>>>().type ==
                 "llama");
  STATIC_REQUIRE(zer0::family_of<zer0::adapted<decoder<>>>().type == "llama");
  STATIC_REQUIRE(zer0::family_of<decoder<zer0::post_norm>>().type == "zer0");
  STATIC_REQUIRE(zer0::family_of<decoder<gqa<zer0::sliding_window>>>().type == "zer0");
  STATIC_REQUIRE(zer0::family_of<decoder<zer0::recompute<zer0::decoder_block>>>().type == "llama");
}

TEST_CASE("model_files: config.json of zer0's own holds every size but those of adapters",
          "[io][model_files]") {
  const support::temp_dir dir;
  const zer0::model_config config{sizes, true, &zer0::family::own, "ntk_aware"};
  // Every size at a time, so that one that is written or read under another's key shows.
  int n = 0;
  visit_sizes(sizes, [&](const zer0::size_info& changed, const auto&) {
    if (changed.use == zer0::size_use::adapter) return;
    INFO(changed.name);
    zer0::model_config other = config;
    visit_sizes(other.sizes, [&](const zer0::size_info& size, auto& value) {
      using T = std::remove_reference_t<decltype(value)>;
      if (size.name != changed.name) return;
      if constexpr (std::is_same_v<T, bool>) value = !value;
      if constexpr (std::is_same_v<T, double>) value = value * 0.75 + 0.125;
      if constexpr (std::is_same_v<T, zer0::index_t>) value = 4 * value + 4;
    });
    if (changed.name == "n_heads") other.sizes.n_heads = 8;
    if (changed.name == "n_kv_heads") other.sizes.n_kv_heads = 1;
    if (changed.name == "experts.per_token") other.sizes.experts.per_token = 3;
    if (changed.name == "rope_scaling.factor") other.sizes.rope_scaling.factor = 2;
    REQUIRE(other.sizes != sizes);
    zer0::write_config(dir.path(), other);
    const zer0::model_config read = zer0::read_config(dir.path());
    CHECK(read.family == &zer0::family::own);
    CHECK(read.tied);
    CHECK(read.rope_type == "ntk_aware");
    CHECK(read.sizes == other.sizes);
    CHECK(read.sizes != sizes);
    const auto found = config_difference(config, dir.path());
    if (changed.name == "multiple_of")
      CHECK(found->size.name == "hidden_dim");
    else
      CHECK(found->size.name == changed.name);
    ++n;
  });
  CHECK(n == 39);
  zer0::model_config adapted = config;
  adapted.sizes.lora.rank = 8;
  zer0::write_config(dir.path(), adapted);
  CHECK(zer0::read_config(dir.path()).sizes.lora.rank == 0);
}

TEST_CASE("model_files: a count that a config.json of zer0's own lacks is named, not guessed",
          "[io][model_files]") {
  const support::temp_dir dir;
  zer0::write_config(dir.path(), {sizes, true, &zer0::family::own});
  nlohmann::json j = zer0::detail::read_json_file(dir / "config.json");
  j.erase("n_heads");
  zer0::detail::write_json_file(dir / "config.json", j);
  CHECK_THROWS_WITH(zer0::read_config(dir.path()), contains("has no key \"n_heads\""));
}

TEST_CASE("model_files: sizes that a family's files do not hold are no difference",
          "[io][model_files]") {
  const support::temp_dir dir;
  zer0::model_config config = zer0::config_of<decoder<>>(sizes);
  CHECK(config.family == &zer0::family::llama);
  zer0::write_config(dir.path(), config);
  CHECK_FALSE(config_difference(config, dir.path()));
  config.sizes.experts.n_routed = 99;
  config.sizes.dropout = 0.5;
  config.sizes.multiple_of = 1;
  config.sizes.hidden_dim = sizes.hidden();
  CHECK_FALSE(config_difference(config, dir.path()));
  config.sizes.rope_theta = 500;
  const auto found = config_difference(config, dir.path());
  REQUIRE(found);
  CHECK(found->size.name == "rope_theta");
  CHECK(found->first == "500");
  CHECK(found->second == "10000");
  config.sizes.rope_theta = sizes.rope_theta;
  config.sizes.max_seq_len = 8;
  CHECK(config_difference(config, dir.path()));
  CHECK_FALSE(config_difference(config, dir.path(), {zer0::size_use::result}));
}

namespace {
/// A scaling of one's own, which names itself or does not.
struct nameless_scaling {
  using role = zer0::rope_scaling_role;
  static zer0::rope_angles angles(const zer0::dims& d, zer0::index_t head_dim) {
    return zer0::unscaled::angles(d, head_dim);
  }
};
struct named_scaling : zer0::unscaled {
  static constexpr std::string_view rope_type = "ours";
};
}  // namespace

TEST_CASE("model_files: a scaling of positions names itself, or is other", "[io][model_files]") {
  const auto name = []<class Scaling>(std::type_identity<Scaling>) {
    return zer0::config_of<decoder<gqa<zer0::scaled_rope<zer0::rope, Scaling>>>>(sizes).rope_type;
  };
  CHECK(name(std::type_identity<zer0::linear_scaling>()) == "linear");
  CHECK(name(std::type_identity<zer0::llama3_scaling>()) == "llama3");
  CHECK(name(std::type_identity<zer0::yarn>()) == "yarn");
  CHECK(name(std::type_identity<zer0::ntk_aware>()) == "ntk_aware");
  CHECK(name(std::type_identity<named_scaling>()) == "ours");
  CHECK(name(std::type_identity<nameless_scaling>()) == "other");
  CHECK(zer0::config_of<decoder<>>(sizes).rope_type == "default");
}
