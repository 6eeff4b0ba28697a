#include "support/train_program.hpp"
#include <zer0/checkpoint/safetensors.hpp>

#include <cstring>

using namespace support;

namespace {

/// One step that is too small to change a float.
const words no_change{"--max_steps", "1", "--learning_rate", "1e-30", "--weight_decay", "0"};

words init_from(const fs::path& folder, const words& more = {}) {
  words options = no_change;
  options.insert(options.end(), {"--init_from", folder.string()});
  options.insert(options.end(), more.begin(), more.end());
  return options;
}

/// The command line without sizes: they are the model's.
process_result train_without_sizes(const train_program& p, const words& options,
                                   const std::string& out_dir) {
  words command{ZER0_TRAIN,    "--out_dir",       p.path(out_dir).string(),
                "--data_path", p.data().string(), "--max_seq_len",
                "32",          "--batch_size",    "2"};
  command.insert(command.end(), options.begin(), options.end());
  return train_program::execute(command);
}

void check_same_weights(const fs::path& a, const fs::path& b) {
  const zer0::safetensors_file first(a), second(b);
  CHECK(first.entries().size() == second.entries().size());
  for (const zer0::tensor_entry& x : first.entries()) {
    INFO(x.name);
    const zer0::tensor_entry& y = second.at(x.name);
    CHECK(x.shape == y.shape);
    REQUIRE(x.bytes.size() == y.bytes.size());
    CHECK(std::memcmp(x.bytes.data(), y.bytes.data(), x.bytes.size()) == 0);
  }
}

}  // namespace

TEST_CASE("train: --init_from starts with the weights, sizes and tokenizer of a checkpoint",
          "[programs][train_init_from]") {
  const train_program p;
  require_success(p.train(
      {"--n_layers", "2", "--n_kv_heads", "1", "--rope_theta", "500", "--norm_eps", "1e-5"}));
  const process_result r = train_without_sizes(p, init_from(p.run().last()), "new");
  require_success(r);
  CHECK_THAT(r.out, contains("dim 16, 2 layers, 2 heads (1 key/value)"));
  const run_files run = p.run("new");
  check_same_weights(p.run().last() / "model.safetensors", run.last() / "model.safetensors");
  CHECK(file_content(run.last() / "config.json") == file_content(p.run().last() / "config.json"));
  CHECK(file_content(run.last() / "tokenizer.json") ==
        file_content(p.run().last() / "tokenizer.json"));
  CHECK(run.last() == run.step(1));  // a run of its own, from step 0

  require_success(p.resume({}, "new"));
  require_success(p.resume({"--n_kv_heads", "1"}, "new"));
}

TEST_CASE("train: --init_from with sizes that are not the model's is refused with both",
          "[programs][train_init_from]") {
  const train_program p;
  require_success(p.train({"--max_steps", "1"}));
  const fs::path last = p.run().last();
  const std::vector<std::pair<words, std::string>> changes{{{"--dim", "32"}, "16"},
                                                           {{"--n_layers", "2"}, "1"},
                                                           {{"--n_heads", "4"}, "2"},
                                                           {{"--n_kv_heads", "1"}, "2"},
                                                           {{"--rope_theta", "5"}, "10000"}};
  for (const auto& [change, in_file] : changes)
    check_error(train_without_sizes(p, init_from(last, change), "new"), 2,
                {change[0] + " is " + change[1] + ", but the model in " + last.string() + " has " +
                 in_file});
  check_error(p.train(init_from(last, {"--max_seq_len", "64"}), "new"), 2,
              {"--max_seq_len is 64", "accepts 32"});
  check_error(p.train(init_from(last, {"--tokenizer_path",
                                       (source_dir() / "examples" / "tokenizer").string()}),
                      "new"),
              2, {"2560 tokens", "a vocabulary of 423"});
  check_error(p.resume({"--init_from", last.string()}), 2,
              {"--resume and --init_from", "choose one"});
  CHECK_FALSE(fs::exists(p.path("new")));
}

TEST_CASE("train: --init_from with --resume auto is for the first start only",
          "[programs][train_init_from]") {
  const train_program p;
  require_success(p.train({"--max_steps", "3"}));
  const words options = init_from(p.run().last(), {"--resume", "auto"});
  require_success(train_without_sizes(p, options, "new"));
  check_same_weights(p.run().last() / "model.safetensors",
                     p.run("new").last() / "model.safetensors");
  const process_result again = train_without_sizes(p, options, "new");
  require_success(again);
  CHECK_THAT(again.out, contains("resumed at step 1"));
}

TEST_CASE("train: --init_from its own folder, replaced by --overwrite",
          "[programs][train_init_from]") {
  const train_program p;
  require_success(p.train({}));
  fs::copy(p.run().last(), p.path("kept"), fs::copy_options::recursive);
  require_success(train_without_sizes(p, init_from(p.run().last(), {"--overwrite"}), "out"));
  CHECK(p.run().steps() == std::set<std::string>{"step_00000001"});
  check_same_weights(p.path("kept") / "model.safetensors", p.run().last() / "model.safetensors");
  CHECK(fs::is_regular_file(p.run().last() / "tokenizer.json"));
}

TEST_CASE("train: --init_from a Llama model of Hugging Face's layout",
          "[programs][train_init_from]") {
  const auto shared = shared_dir();
  if (!shared || !fs::is_directory(*shared / "models" / "stories260K" / "hf")) {
    WARN("skipped: no shared folder");
    return;
  }
  const fs::path model = *shared / "models" / "stories260K" / "hf";
  const std::string tokenizer = (data_dir() / "tokenizer").string();
  const train_program p;
  const process_result r =
      train_without_sizes(p, init_from(model, {"--tokenizer_path", tokenizer}), "out");
  require_success(r);
  CHECK_THAT(r.out,
             contains("dim 64, 5 layers, 8 heads (4 key/value), feed-forward 172, vocabulary 512"));
  const run_files run{p.path("out") / "pretrain_64"};
  check_same_weights(model / "model.safetensors", run.last() / "model.safetensors");
  check_error(
      train_without_sizes(p,
                          init_from(model, {"--tokenizer_path",
                                            (source_dir() / "examples" / "tokenizer").string()}),
                          "new"),
      2, {"2560 tokens", "a vocabulary of 512"});
}
