#include "support/catch.hpp"
#include "train/options.hpp"

#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

using program::option_set, program::train_options;
using words = std::vector<std::string>;

/// A command line of train, read.
struct command_line {
  train_options o;
  option_set options{"summary"};

  explicit command_line(const words& line, const std::map<std::string, std::string>& older = {}) {
    add_train_options(options, o);
    std::vector<const char*> argv{"train"};
    for (const std::string& word : line) argv.push_back(word.c_str());
    options.parse(static_cast<int>(argv.size()), argv.data());
    options.restore(older);
    options.finish();
    check(o);
  }
  command_line(const command_line&) = delete;
  command_line& operator=(const command_line&) = delete;
};

/// What train says to a command line that it refuses.
std::string refusal(const words& line) {
  try {
    command_line accepted(line);
  } catch (const program::usage_error& e) {
    return e.what();
  }
  return "accepted";
}

/// The options of the reference implementation with their defaults.
const std::map<std::string, std::string> reference{
    // basic
    {"mode", "pretrain"},
    {"out_dir", "out"},
    {"epochs", "1"},
    {"batch_size", "32"},
    {"learning_rate", "5e-4"},
    {"device", "cpu"},
    {"dtype", "bfloat16"},
    // logging
    {"use_wandb", "false"},
    {"wandb_project", "Zer02LLM"},
    {"wandb_run_name", "none"},
    {"wandb_log_model", "false"},
    {"wandb_log_code", "false"},
    {"wandb_log_freq", "1"},
    {"wandb_watch_model", "false"},
    {"wandb_watch_log", "gradients"},
    {"wandb_watch_log_freq", "100"},
    {"log_interval", "100"},
    {"save_interval", "100"},
    // checkpoints
    {"save_best_only", "true"},
    {"save_last", "true"},
    {"save_interval_steps", "1000"},
    {"keep_checkpoint_max", "5"},
    // distributed
    {"num_workers", "1"},
    {"ddp", "false"},
    {"local_rank", "-1"},
    // optimizer
    {"accumulation_steps", "8"},
    {"grad_clip", "1"},
    {"warmup_iters", "0"},
    {"weight_decay", "0.1"},
    {"decay", "all"},
    // model
    {"dim", "512"},
    {"n_layers", "8"},
    {"max_seq_len", "512"},
    {"vocab_size", "4000"},
    {"n_heads", "8"},
    {"n_kv_heads", "none"},
    {"rope_theta", "10000"},
    {"dropout", "0.1"},
    {"norm_eps", "1e-8"},
    {"multiple_of", "64"},
    {"flash_attn", "false"},
    // experts
    {"use_moe", "false"},
    {"n_routed_experts", "8"},
    {"num_experts_per_tok", "2"},
    {"n_shared_experts", "0"},
    {"scoring_func", "softmax"},
    {"aux_loss_alpha", "0.1"},
    {"seq_aux", "true"},
    {"norm_topk_prob", "true"},
    // dpo
    {"dpo_beta", "0.1"},
    {"ref_model_path", "none"},
    // data
    {"data_path", "./dataset/pretrain_hq.jsonl"},
};

/// Our own.
const std::map<std::string, std::string> additions{
    {"max_steps", "0"},
    {"seed", "42"},
    {"resume", "false"},
    {"overwrite", "false"},
    {"init_from", "none"},
    {"n_threads", "0"},
    {"dpo_loss", "sigmoid"},
    {"dpo_label_smoothing", "0"},
    {"simpo_gamma", "0.5"},
    {"lr_schedule", "cosine"},
    {"lr_decay_fraction", "0.2"},
    {"lr_floor", "0"},
    {"lr_decay_shape", "linear"},
    {"optimizer", "adamw"},
    {"muon_momentum", "0.95"},
    {"muon_scaling", "match_adamw"},
    {"muon_others_rate", "1"},
    {"normalization", "per_target_token"},
    {"tokenizer_path", "examples/tokenizer"},
    {"val_path", "none"},
    {"val_fraction", "0"},
    {"packed", "false"},
    {"shuffle", "true"},
    {"skip_bad_lines", "false"},
    {"dump_samples", "0"},
    {"describe", "false"},
    {"recompute", "false"},
    {"lora_rank", "0"},
    {"lora_alpha", "16"},
    {"lora_dropout", "0"},
    {"lora_target", "qv"},
    {"lora_path", "none"},
};

std::map<std::string, std::string> all_defaults() {
  auto all = reference;
  all.insert(additions.begin(), additions.end());
  return all;
}

}  // namespace

TEST_CASE(
    "train_options: names and defaults are those of the reference, and no option goes untested",
    "[examples][train_options]") {
  const command_line nothing({});
  const auto expected = all_defaults();
  std::map<std::string, std::string> actual;
  for (const std::string& name : nothing.options.names()) actual[name] = nothing.options.text(name);
  CHECK(actual == expected);
}

TEST_CASE("train_options: the help names every option with its default, within the width of a page",
          "[examples][train_options]") {
  const command_line nothing({});
  std::ostringstream help;
  nothing.options.print_help(help);
  for (const auto& [name, value] : all_defaults()) {
    INFO(name);
    const std::size_t at = help.str().find("  --" + name + " ");
    REQUIRE(at != std::string::npos);
    CHECK(help.str().find("(=" + value + ")", at) < help.str().find('\n', at));
  }
  std::istringstream lines(help.str());
  for (std::string line; std::getline(lines, line);) CHECK(line.size() <= 120);
}

TEST_CASE("train_options: a default may be given as it is shown", "[examples][train_options]") {
  for (const auto& [name, value] : all_defaults()) {
    INFO(name);
    CHECK(command_line({"--" + name, value}).options.text(name) == value);
    CHECK(command_line({"--" + name + "=" + value}).options.given(name));
  }
}

TEST_CASE("train_options: a boolean is --x, --x true, --x=true or their opposite",
          "[examples][train_options]") {
  for (const std::string name :
       {"flash_attn", "packed", "shuffle", "save_best_only", "save_last", "overwrite"}) {
    INFO(name);
    const auto value = [&](const words& line) { return command_line(line).options.text(name); };
    CHECK(value({"--" + name}) == "true");
    CHECK(value({"--" + name, "--epochs", "2"}) == "true");
    CHECK(value({"--" + name, "true"}) == "true");
    CHECK(value({"--" + name + "=true"}) == "true");
    CHECK(value({"--" + name, "false"}) == "false");
    CHECK(value({"--" + name + "=false"}) == "false");
    CHECK_THAT(refusal({"--" + name, "perhaps"}),
               support::contains("--" + name + " is \"perhaps\"; it must be true or false"));
  }
}

TEST_CASE("train_options: values arrive where the program reads them",
          "[examples][train_options]") {
  const command_line line({"--dim", "48", "--n_heads=6", "--n_kv_heads", "2", "--dropout", "0",
                           "--learning_rate=1e-3", "--seed", "18446744073709551615", "--data_path",
                           "a b.jsonl", "--lr_schedule", "constant"});
  CHECK(line.o.sizes.dim == 48);
  CHECK(line.o.sizes.n_heads == 6);
  CHECK(line.o.n_kv_heads.value == 2);
  CHECK(line.o.sizes.dropout == 0);
  CHECK(line.o.learning_rate == 1e-3);
  CHECK(line.o.seed == 18446744073709551615u);
  CHECK(line.o.data_path == "a b.jsonl");
  CHECK(line.o.lr_schedule == "constant");
  CHECK(line.o.model_sizes().kv_heads() == 2);
  CHECK(command_line({"--n_kv_heads", "none"}).o.model_sizes().kv_heads() == 8);
}

TEST_CASE("train_options: --resume stands alone for the last checkpoint, or names one",
          "[examples][train_options]") {
  CHECK(command_line({"--resume"}).o.resume == "true");
  CHECK(command_line({"--resume", "--dim", "64"}).o.resume == "true");
  CHECK(command_line({"--resume", "auto"}).o.resume == "auto");
  CHECK(command_line({"--resume=out/x/step_00000001"}).o.resume == "out/x/step_00000001");
}

TEST_CASE("train_options: a resumed run takes over what was not given",
          "[examples][train_options]") {
  const command_line line(
      {"--epochs", "7"}, {{"epochs", "3"}, {"dim", "32"}, {"packed", "true"}, {"unheard_of", "1"}});
  CHECK(line.o.epochs == 7);
  CHECK(line.o.sizes.dim == 32);
  CHECK(line.o.packed);
  CHECK(line.o.sizes.n_layers == 8);
  CHECK(line.options.given("epochs"));
  CHECK_FALSE(line.options.given("dim"));
}

TEST_CASE(
    "train_options: options that define a run and those of the moment exist and do not overlap",
    "[examples][train_options]") {
  const auto known = all_defaults();
  std::set<std::string> seen;
  for (const char* name : program::defining_options)
    CHECK((known.count(name) == 1 && seen.insert(name).second));
  for (const char* name : program::momentary_options)
    CHECK((known.count(name) == 1 && seen.insert(name).second));
}

TEST_CASE("train_options: an unknown option names the nearest", "[examples][train_options]") {
  CHECK(refusal({"--n_head", "4"}) == "--n_head is not an option; did you mean --n_heads?");
  CHECK(refusal({"--batchsize=4"}) == "--batchsize is not an option; did you mean --batch_size?");
  CHECK(refusal({"--learning-rate", "1"}) ==
        "--learning-rate is not an option; did you mean --learning_rate?");
  CHECK(refusal({"--completely_different"}) ==
        "--completely_different is not an option; see --help");
  CHECK(refusal({"-dim", "4"}) ==
        "unexpected argument \"-dim\"; options begin with --, see --help");
  CHECK(refusal({"data.jsonl"}) ==
        "unexpected argument \"data.jsonl\"; options begin with --, see --help");
  CHECK(program::edit_distance("kitten", "sitting") == 3);
  CHECK(program::edit_distance("", "ab") == 2);
}
