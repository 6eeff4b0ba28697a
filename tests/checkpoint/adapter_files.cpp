#include "support/catch.hpp"
#include "support/shared_dir.hpp"
#include "support/temp_dir.hpp"
#include <zer0/checkpoint/model_files.hpp>
#include <zer0/device/cpu.hpp>
#include <zer0/device/reference.hpp>
#include <zer0/family/gpt2.hpp>
#include <zer0/family/llama.hpp>
#include <zer0/file/detail/json.hpp>
#include <zer0/generate/generate.hpp>
#include <zer0/model/adapted.hpp>

#include <cstring>
#include <fstream>
#include <functional>

using namespace zer0;
using support::contains;

namespace {

using half_split = adapted<decoder<gqa<rope_half_split>>, listed_projections>;
using interleaved = adapted<decoder<gqa<rope>>, listed_projections>;

const std::filesystem::path recorded = support::data_dir() / "adapter";

dims sizes_of(const std::filesystem::path& base, const std::filesystem::path& adapter) {
  dims sizes = read_config(base).sizes;
  sizes.lora = read_adapter_config(adapter);
  return sizes;
}

std::vector<float> numbers(const safetensors_file& file, const std::string& name) {
  std::vector<float> values(static_cast<std::size_t>(file.at(name).elements()));
  to_float(file.at(name), std::span(values));
  return values;
}

/// Logits after each token of the recorded sequence.
template <class Model>
std::vector<double> logits_of(Model& m, const safetensors_file& expected) {
  const tensor_entry& entry = expected.at("input_ids");
  std::vector<std::int64_t> ids(static_cast<std::size_t>(entry.elements()));
  std::memcpy(ids.data(), entry.bytes.data(), entry.bytes.size());
  session<Model> s(m, 1, 16);
  std::vector<double> all;
  for (const std::int64_t id : ids) {
    const std::vector<std::vector<token_id>> piece{{static_cast<token_id>(id)}};
    const auto& logits = s.feed(piece).front();
    all.insert(all.end(), logits.begin(), logits.end());
  }
  return all;
}

double largest_difference(const std::vector<double>& a, const std::vector<float>& b) {
  REQUIRE(a.size() == b.size());
  double worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    worst = std::max(worst, std::abs(a[i] - static_cast<double>(b[i])));
  return worst;
}

/// The recorded adapter's folder with its configuration changed.
void copy_with(const std::filesystem::path& to,
               const std::function<void(nlohmann::json&)>& change) {
  std::filesystem::copy(recorded, to, std::filesystem::copy_options::recursive);
  nlohmann::json j = detail::read_json_file(to / "adapter_config.json");
  change(j);
  std::ofstream(to / "adapter_config.json") << j;
}

}  // namespace

TEMPLATE_TEST_CASE("adapter_files: PEFT's adapter gives PEFT's logits", "[io][adapter_files]",
                   half_split, interleaved) {
  const safetensors_file expected(recorded / "expected.safetensors");
  model<TestType, cpu> m(sizes_of(recorded, recorded));
  load_weights(m, recorded);
  CHECK(largest_difference(logits_of(m, expected), numbers(expected, "base")) < 1e-5);
  load_adapter(m, recorded);
  CHECK(largest_difference(logits_of(m, expected), numbers(expected, "adapted")) < 1e-5);
}

TEST_CASE("adapter_files: what is saved is PEFT's file, and comes back exactly",
          "[io][adapter_files]") {
  const support::temp_dir dir;
  model<interleaved, cpu> m(sizes_of(recorded, recorded));
  load_weights(m, recorded);
  load_adapter(m, recorded);
  save_adapter(m, dir.path(), "a/base");
  const safetensors_file ours(dir.path() / "adapter_model.safetensors"),
      theirs(recorded / "adapter_model.safetensors");
  REQUIRE(ours.entries().size() == theirs.entries().size());
  for (const tensor_entry& t : theirs.entries()) {
    INFO(t.name);
    CHECK(ours.at(t.name).shape == t.shape);
    CHECK(std::ranges::equal(ours.at(t.name).bytes, t.bytes));
  }
  const nlohmann::json config = detail::read_json_file(dir.path() / "adapter_config.json");
  CHECK(config["base_model_name_or_path"] == "a/base");
  CHECK(config["target_modules"] == nlohmann::json({"down_proj", "q_proj", "v_proj"}));
  const lora_sizes read = read_adapter_config(dir.path());
  CHECK(read ==
        lora_sizes{.rank = 3, .alpha = 5, .dropout = 0, .projections = "down_proj q_proj v_proj"});
}

TEST_CASE("adapter_files: an adapter of rank-stabilized LoRA counts alpha / sqrt(r)",
          "[io][adapter_files]") {
  const support::temp_dir dir;
  copy_with(dir.path() / "a", [](auto& j) { j["use_rslora"] = true; });
  const lora_sizes sizes = read_adapter_config(dir.path() / "a");
  CHECK(sizes.alpha / static_cast<double>(sizes.rank) == Catch::Detail::Approx(5 / std::sqrt(3.0)));
}

TEST_CASE("adapter_files: what is not supported or does not fit is refused in one sentence",
          "[io][adapter_files]") {
  const support::temp_dir dir;
  const auto changed = [&](const std::function<void(nlohmann::json&)>& change) {
    const std::filesystem::path to = dir.path() / "changed";
    std::filesystem::remove_all(to);
    copy_with(to, change);
    return to;
  };
  const auto refused = [&](const std::string& key, const nlohmann::json& value,
                           const std::string& text) {
    const auto folder = changed([&](nlohmann::json& j) { j[key] = value; });
    CHECK_THROWS_WITH(read_adapter_config(folder),
                      contains(text) && contains("adapter_config.json"));
  };
  refused("peft_type", "LOHA", "only LORA is supported");
  refused("bias", "all", "only none is supported");
  refused("use_dora", true, "use_dora is true");
  refused("modules_to_save", nlohmann::json({"lm_head"}), "modules_to_save is [\"lm_head\"]");
  refused("rank_pattern", nlohmann::json({{"q_proj", 8}}), "rank_pattern");
  refused("r", 0, "r is 0");
  refused("r", "eight", "r");
  refused("target_modules", ".*_proj", "it must be a list of names");

  const auto load = [&](const std::filesystem::path& folder, const std::string& projections) {
    dims sizes = sizes_of(recorded, recorded);
    sizes.lora.projections = projections;
    model<half_split, cpu> m(sizes);
    load_adapter(m, folder);
  };
  CHECK_THROWS_WITH(load(recorded, "q_proj v_proj"),
                    contains("down_proj.lora_A.weight") && contains("which the model"));
  CHECK_THROWS_WITH(load(recorded, "q_proj v_proj down_proj up_proj"),
                    contains("up_proj.lora_A.weight"));
  CHECK_THROWS_WITH(load(changed([](auto& j) { j["r"] = 2; }), "q_proj v_proj down_proj"),
                    contains("rank 2") && contains("rank 3"));
  using gpt2_with_adapters = adapted<gpt2, attention_projections>;
  model<gpt2_with_adapters, cpu> fused({.dim = 16,
                                        .n_layers = 1,
                                        .n_heads = 2,
                                        .vocab_size = 9,
                                        .max_seq_len = 8,
                                        .hidden_dim = 24,
                                        .lora = {.rank = 2}});
  CHECK_THROWS_WITH(save_adapter(fused, dir.path(), ""),
                    contains("gpt2") && contains("attn.c_attn"));
  model<decoder<>, cpu> plain(sizes_of(recorded, recorded));
  CHECK_THROWS_WITH(save_adapter(plain, dir.path(), ""), contains("has no adapters"));
}
