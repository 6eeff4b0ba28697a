// A family of a user's own: what docs/extending.md shows, all of it in this file.
#include "support/catch.hpp"
#include "support/small_model.hpp"
#include "support/temp_dir.hpp"
#include <zer0/attention/scores.hpp>
#include <zer0/checkpoint/model_files.hpp>
#include <zer0/device/cpu.hpp>
#include <zer0/family/family.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace {

/// Llama's keys, but for one, and a key of its own for the window.
void read_windowed(const zer0::config_file& file, zer0::model_config& config) {
  zer0::family::llama.read(file, config);
  config.sizes.sliding_window = file.get<zer0::index_t>("window");
}

void write_windowed(const zer0::model_config& config, nlohmann::json& j) {
  zer0::family::llama.write(config, j);
  j["window"] = config.sizes.sliding_window;
}

/// "model.layers.0.mlp.up_proj.weight" is "blocks.0.mlp.up_proj.weight", with rows and columns
/// exchanged.
zer0::tensor_place place_windowed(const std::string& name) {
  const bool block = name.starts_with("model.layers.");
  return {.name = block ? "blocks." + name.substr(std::string("model.layers.").size()) : name,
          .transposed = name.find(".mlp.") != std::string::npos};
}

constexpr zer0::model_family windowed_files{
    .type = "windowed",
    .architecture = "WindowedForCausalLM",
    .read = read_windowed,
    .write = write_windowed,
    .place = place_windowed,
};

struct windowed : zer0::decoder<zer0::gqa<zer0::rope_half_split, zer0::sliding_window>> {
  static constexpr const zer0::model_family& files = windowed_files;
};

zer0::dims sizes() {
  zer0::dims d = support::small_dims;
  d.sliding_window = 3;
  return d;
}

template <class Model>
std::vector<float> weights_of(Model& m) {
  return {m.weights().begin(), m.weights().end()};
}

}  // namespace

TEST_CASE("family: one of a user's own writes and reads its keys and names, and no list knows it",
          "[models][own_family]") {
  const support::temp_dir dir;
  zer0::model<windowed, zer0::cpu> a(sizes());
  a.initialize(1);
  zer0::save_weights(a, dir.path());
  zer0::write_config(dir.path(), zer0::config_of<windowed>(a.sizes()));

  const zer0::safetensors_file file(dir / "model.safetensors");
  CHECK(file.find("model.layers.0.mlp.up_proj.weight") == nullptr);
  CHECK(file.at("blocks.0.mlp.up_proj.weight").shape ==
        std::vector<zer0::index_t>{a.sizes().dim, a.sizes().hidden()});
  CHECK(file.at("blocks.0.self_attn.q_proj.weight").shape.front() ==
        a.sizes().n_heads * a.sizes().head_size());

  const zer0::model_config config = zer0::read_config<windowed>(dir.path());
  CHECK(config.family == &windowed_files);
  CHECK(config.sizes.sliding_window == 3);
  CHECK_FALSE(first_difference(config.sizes, a.sizes()));
  zer0::model<windowed, zer0::cpu> b(config.sizes);
  b.initialize(2);
  CHECK(weights_of(a) != weights_of(b));
  zer0::load_weights(b, dir.path());
  CHECK(weights_of(a) == weights_of(b));
}

TEST_CASE("family: who does not know it says so, naming those that are known",
          "[models][own_family]") {
  const support::temp_dir dir;
  zer0::write_config(dir.path(), zer0::config_of<windowed>(sizes()));
  CHECK_THROWS_WITH(zer0::read_config(dir.path()),
                    support::contains("model_type is \"windowed\"; this version reads \"llama\""));
}

TEST_CASE("family: a variant reads files of another known family by that one's names",
          "[models][own_family]") {
  const support::temp_dir dir;
  using plain = zer0::decoder<zer0::gqa<zer0::rope_half_split>>;
  zer0::model<plain, zer0::cpu> a(sizes());
  a.initialize(1);
  zer0::save_weights(a, dir.path());
  zer0::write_config(dir.path(), zer0::config_of<plain>(a.sizes()));
  zer0::model<windowed, zer0::cpu> b(sizes());
  zer0::load_weights(b, dir.path());
  CHECK(weights_of(a) == weights_of(b));
}
