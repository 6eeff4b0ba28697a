#include "support/family_check.hpp"
#include <zer0/family/gpt2.hpp>

using namespace zer0;

TEST_CASE("gpt2: transformers' directory gives its logits", "[models][gpt2]") {
  support::check_family_files<gpt2>("gpt2", "gpt2");
  support::check_same_file<gpt2>("gpt2");
}

TEST_CASE("gpt2: files without the prefix and with masks, as the published ones are, are read",
          "[models][gpt2]") {
  const std::filesystem::path recorded = support::data_dir() / "models/gpt2";
  const support::temp_dir dir;
  const safetensors_file file(recorded / "model.safetensors");
  std::vector<tensor_entry> entries;
  for (tensor_entry e : file.entries()) {
    e.name = e.name.substr(std::string("transformer.").size());
    entries.push_back(e);
  }
  const std::vector<float> mask(16, 1);
  entries.push_back({"h.0.attn.bias", dtype::f32, {1, 1, 4, 4}, std::as_bytes(std::span(mask))});
  write_safetensors(dir / "model.safetensors", entries);
  std::filesystem::copy(recorded / "config.json", dir / "config.json");
  const support::recorded_logits expected(recorded);
  model<gpt2, reference> m(read_config(dir.path()).sizes);
  load_weights(m, dir.path());
  CHECK(expected.difference(support::logits_at_once(m, expected.ids)) < 1e-4);
}

TEST_CASE("gpt2: the real sizes have the published numbers of parameters", "[models][gpt2]") {
  const dims small{.dim = 768,
                   .n_layers = 12,
                   .n_heads = 12,
                   .vocab_size = 50257,
                   .max_seq_len = 1024,
                   .hidden_dim = 3072};
  CHECK(support::parameter_count<gpt2>(small) == 124'439'808);
  const dims xl{.dim = 1600,
                .n_layers = 48,
                .n_heads = 25,
                .vocab_size = 50257,
                .max_seq_len = 1024,
                .hidden_dim = 6400};
  CHECK(support::parameter_count<gpt2>(xl) == 1'557'611'200);
}

TEST_CASE("gpt2: its gradients are those of the loss", "[models][gpt2]") {
  dims sizes = support::small_dims;
  sizes.n_kv_heads = 0;
  support::check_family_gradient<gpt2>(sizes);
}
