#include "support/catch.hpp"
#include "train/options.hpp"

#include <string>
#include <utility>
#include <vector>

namespace {

using words = std::vector<std::string>;

std::string refusal(const words& line) {
  program::train_options o;
  program::option_set options("summary");
  add_train_options(options, o);
  std::vector<const char*> argv{"train"};
  for (const std::string& word : line) argv.push_back(word.c_str());
  try {
    options.parse(static_cast<int>(argv.size()), argv.data());
    options.finish();
    check(o);
  } catch (const program::usage_error& e) {
    return e.what();
  }
  return "accepted";
}

/// A command line, and what its refusal must say: the option, the value, the way out.
struct refused {
  words line;
  words parts;
};

void check_all(const std::vector<refused>& cases) {
  for (const refused& c : cases) {
    const std::string text = refusal(c.line);
    INFO(c.line.front() << " ...: " << text);
    CHECK(text.find('\n') == std::string::npos);
    for (const std::string& part : c.parts) CHECK_THAT(text, support::contains(part));
  }
}

}  // namespace

TEST_CASE("train_options_refused: what is no number, too large for one, or no value at all",
          "[examples][train_options_refused]") {
  check_all({
      {{"--dim", "wide"}, {"--dim is \"wide\"", "must be a whole number"}},
      {{"--dim", "16.5"}, {"--dim is \"16.5\"", "must be a whole number"}},
      {{"--dim", "1e3"}, {"--dim is \"1e3\"", "must be a whole number"}},
      {{"--dim", "99999999999999999999"},
       {"--dim is \"99999999999999999999\"", "must be a whole number"}},
      {{"--dim="}, {"--dim is \"\"", "must be a whole number"}},
      {{"--n_kv_heads", "some"}, {"--n_kv_heads is \"some\"", "must be a whole number or none"}},
      {{"--n_kv_heads", "-2"}, {"--n_kv_heads is \"-2\"", "must be a whole number or none"}},
      {{"--n_kv_heads", "2x"}, {"--n_kv_heads is \"2x\"", "must be a whole number or none"}},
      {{"--seed", "-1"}, {"--seed is \"-1\"", "whole number, 0 or more"}},
      {{"--learning_rate", "fast"}, {"--learning_rate is \"fast\"", "must be a number"}},
      {{"--dropout", "0,1"}, {"--dropout is \"0,1\"", "must be a number"}},
      {{"--dim"}, {"--dim needs a value", "a whole number"}},
      {{"--dim", "--n_heads", "4"}, {"--dim needs a value", "a whole number"}},
      {{"--out_dir"}, {"--out_dir needs a value", "a text"}},
      {{"--learning_rate"}, {"--learning_rate needs a value", "a number"}},
      {{"--dim", "16", "--dim", "32"}, {"--dim is given more than once"}},
      {{"--packed", "--packed"}, {"--packed is given more than once"}},
  });
}

TEST_CASE("train_options_refused: numbers out of their range",
          "[examples][train_options_refused]") {
  for (const char* name :
       {"epochs", "batch_size", "log_interval", "keep_checkpoint_max", "accumulation_steps", "dim",
        "n_layers", "n_heads", "max_seq_len", "multiple_of"}) {
    const std::string option = std::string("--") + name;
    check_all({{{option, "0"}, {std::string(name) + " is 0", "it must be at least 1"}},
               {{option, "-3"}, {std::string(name) + " is -3", "it must be at least 1"}}});
  }
  for (const char* name : {"max_steps", "save_interval", "save_interval_steps", "num_workers",
                           "n_threads", "warmup_iters"}) {
    const std::string option = std::string("--") + name;
    check_all({{{option, "-1"}, {option + " is -1", "it must be at least 0"}}});
    CHECK(refusal({option, "0"}) == "accepted");
  }
  check_all({
      {{"--learning_rate", "0"}, {"--learning_rate is 0", "must be above 0"}},
      {{"--learning_rate", "-1e-3"}, {"--learning_rate is -0.001", "must be above 0"}},
      {{"--learning_rate", "nan"}, {"--learning_rate is nan", "must be above 0"}},
      {{"--learning_rate", "inf"}, {"--learning_rate is inf", "must be"}},
      {{"--grad_clip", "-1"}, {"--grad_clip is -1", "must be a number from 0"}},
      {{"--grad_clip", "nan"}, {"--grad_clip is nan", "must be a number from 0"}},
      {{"--weight_decay", "-0.1"}, {"--weight_decay is -0.1", "must be a number from 0"}},
      {{"--dropout", "1"}, {"dropout is 1", "at least 0 and below 1"}},
      {{"--dropout", "-0.1"}, {"dropout is -0.1", "at least 0 and below 1"}},
      {{"--dropout", "nan"}, {"dropout is nan", "at least 0 and below 1"}},
      {{"--norm_eps", "-1e-8"}, {"norm_eps is -1e-8", "at least 0"}},
      {{"--norm_eps", "nan"}, {"norm_eps is nan", "at least 0"}},
      {{"--rope_theta", "0"}, {"rope_theta is 0", "must be positive"}},
      {{"--rope_theta", "nan"}, {"rope_theta is nan", "must be"}},
      {{"--rope_theta", "inf"}, {"rope_theta is inf", "must be"}},
      {{"--lr_decay_fraction", "1.5", "--lr_schedule", "warmup_stable_decay"},
       {"--lr_decay_fraction is 1.5", "from 0 to 1"}},
      {{"--lr_floor", "nan", "--lr_schedule", "warmup_stable_decay"},
       {"--lr_floor is nan", "from 0 to 1"}},
      {{"--muon_momentum", "1", "--optimizer", "muon"},
       {"--muon_momentum is 1", "at least 0 and below 1"}},
      {{"--muon_others_rate", "-1", "--optimizer", "muon"},
       {"--muon_others_rate is -1", "must be a number from 0"}},
      {{"--val_fraction", "1"}, {"--val_fraction is 1", "at least 0 and below 1"}},
      {{"--val_fraction", "-0.5"}, {"--val_fraction is -0.5", "at least 0 and below 1"}},
      {{"--val_fraction", "nan"}, {"--val_fraction is nan", "at least 0 and below 1"}},
  });
}

TEST_CASE("train_options_refused: sizes that do not go together",
          "[examples][train_options_refused]") {
  check_all({
      {{"--dim", "100", "--n_heads", "8"}, {"dim (100)", "is not a multiple of n_heads (8)"}},
      {{"--dim", "24", "--n_heads", "8"},
       {"dim / n_heads = 3", "odd", "change n_heads (8) or dim (24)"}},
      {{"--n_heads", "8", "--n_kv_heads", "3"},
       {"n_heads (8)", "is not a multiple of n_kv_heads (3)"}},
      {{"--n_kv_heads", "16"}, {"n_heads (8)", "is not a multiple of n_kv_heads (16)"}},
      {{"--batch_size", "65536", "--max_seq_len", "32768"},
       {"batch_size (65536)", "max_seq_len (32768)", "2147483647", "lower one"}},
      {{"--batch_size", "9223372036854775807"}, {"batch_size (9223372036854775807)", "lower one"}},
      {{"--max_seq_len", "9223372036854775807"},
       {"max_seq_len (9223372036854775807)", "lower one"}},
  });
  CHECK(refusal({"--batch_size", "65535", "--max_seq_len", "32768"}) == "accepted");
}

TEST_CASE("train_options_refused: options that exclude each other",
          "[examples][train_options_refused]") {
  check_all({
      {{"--val_path", "v.jsonl", "--val_fraction", "0.1"},
       {"--val_path and --val_fraction", "choose one"}},
      {{"--resume", "--overwrite"}, {"--resume and --overwrite", "choose one"}},
      {{"--resume", "auto", "--overwrite"}, {"--resume and --overwrite", "choose one"}},
  });
}

TEST_CASE("train_options_refused: options of another optimizer or schedule than the chosen one",
          "[examples][train_options_refused]") {
  for (const auto& [name, value] :
       {std::pair{"--muon_momentum", "0.9"}, std::pair{"--muon_scaling", "original"},
        std::pair{"--muon_others_rate", "0.5"}}) {
    CHECK(refusal({name, value}) == name + std::string(" goes with --optimizer muon"));
    CHECK(refusal({name, value, "--optimizer", "muon"}) == "accepted");
  }
  for (const auto& [name, value] :
       {std::pair{"--lr_decay_fraction", "0.1"}, std::pair{"--lr_floor", "0.1"},
        std::pair{"--lr_decay_shape", "one_minus_sqrt"}}) {
    CHECK(refusal({name, value, "--optimizer", "muon"}) ==
          name + std::string(" goes with --lr_schedule warmup_stable_decay"));
    CHECK(refusal({name, value, "--lr_schedule", "warmup_stable_decay"}) == "accepted");
  }
  check_all({
      {{"--optimizer", "muon", "--mode", "test"}, {"--mode test trains by AdamW", "--optimizer"}},
      {{"--optimizer", "muon", "--describe"}, {"--describe", "AdamW", "leave --optimizer out"}},
  });
}

TEST_CASE("train_options_refused: what is not among the choices",
          "[examples][train_options_refused]") {
  check_all({
      {{"--dpo_loss", "kto"},
       {"--dpo_loss is \"kto\"", "sigmoid, reference_mean, ipo, hinge, simpo or orpo"}},
      {{"--dpo_beta", "-1"}, {"--dpo_beta is -1", "above 0"}},
      {{"--dpo_label_smoothing", "0.5"}, {"--dpo_label_smoothing is 0.5", "below 0.5"}},
      {{"--simpo_gamma", "-1"}, {"--simpo_gamma is -1"}},
      {{"--mode", "train"}, {"--mode is \"train\"", "pretrain, sft, dpo or test"}},
      {{"--dtype", "fp32"}, {"--dtype is \"fp32\"", "bfloat16, float16 or float32"}},
      {{"--lr_schedule", "linear"},
       {"--lr_schedule is \"linear\"",
        "cosine, cosine_reference, constant or warmup_stable_decay"}},
      {{"--lr_decay_shape", "cosine"},
       {"--lr_decay_shape is \"cosine\"", "linear or one_minus_sqrt"}},
      {{"--optimizer", "sgd"}, {"--optimizer is \"sgd\"", "adamw or muon"}},
      {{"--muon_scaling", "none"}, {"--muon_scaling is \"none\"", "match_adamw or original"}},
      {{"--decay", "some"}, {"--decay is \"some\"", "all or matrices"}},
      {{"--normalization", "x"}, {"--normalization is \"x\"", "per_target_token or mean_of_means"}},
      {{"--device", "cuda:0"},
       {"--device cuda:0", "no CUDA", "-DZER0_CUDA=ON", "use --device cpu"}},
      {{"--device", "cuda"}, {"--device cuda", "use --device cpu"}},
      {{"--device", "tpu"}, {"--device is \"tpu\"", "it must be cpu or cuda:N"}},
      {{"--device", "cuda:"}, {"--device is \"cuda:\"", "it must be cpu or cuda:N"}},
      {{"--device", "cuda:-1"}, {"--device is \"cuda:-1\"", "it must be cpu or cuda:N"}},
      {{"--device", "cuda:1x"}, {"--device is \"cuda:1x\"", "it must be cpu or cuda:N"}},
      {{"--device", "cpu:0"}, {"--device is \"cpu:0\"", "it must be cpu or cuda:N"}},
  });
}

TEST_CASE("train_options_refused: experts and adapters that cannot be",
          "[examples][train_options_refused]") {
  check_all({
      {{"--n_routed_experts", "0"}, {"--n_routed_experts is 0", "at least 1"}},
      {{"--num_experts_per_tok", "9"},
       {"--num_experts_per_tok is 9", "from 1 to n_routed_experts (8)"}},
      {{"--n_shared_experts", "-1"}, {"--n_shared_experts is -1", "at least 0"}},
      {{"--aux_loss_alpha", "-0.1"}, {"--aux_loss_alpha is -0.1"}},
      {{"--scoring_func", "tanh"}, {"--scoring_func is \"tanh\"", "softmax or sigmoid"}},
      {{"--use_moe", "--scoring_func", "sigmoid"}, {"--scoring_func sigmoid", "--flash_attn"}},
      {{"--recompute"}, {"--recompute", "--flash_attn"}},
      {{"--lora_rank", "-1"}, {"--lora_rank is -1", "at least 0"}},
      {{"--lora_alpha", "0"}, {"--lora_alpha is 0", "must be positive"}},
      {{"--lora_dropout", "1"}, {"--lora_dropout is 1", "below 1"}},
      {{"--lora_target", "qk"}, {"--lora_target is \"qk\"", "qv, attention, all or square"}},
  });
}

TEST_CASE("train_options_refused: what comes in a later version says so, its default does not",
          "[examples][train_options_refused]") {
  const std::vector<std::pair<std::string, std::string>> later{{"use_wandb", "true"},
                                                               {"wandb_project", "mine"},
                                                               {"wandb_run_name", "one"},
                                                               {"wandb_log_model", "true"},
                                                               {"wandb_log_code", "true"},
                                                               {"wandb_log_freq", "2"},
                                                               {"wandb_watch_log", "all"},
                                                               {"wandb_watch_model", "true"},
                                                               {"wandb_watch_log_freq", "5"},
                                                               {"ddp", "true"},
                                                               {"local_rank", "0"}};
  for (const auto& [name, value] : later)
    check_all({{{"--" + name, value}, {"--" + name + " " + value, "later version"}}});
  CHECK_THAT(refusal({"--use_wandb"}), support::contains("log.jsonl"));
  CHECK(refusal({"--use_wandb", "false", "--ddp=false", "--local_rank", "-1"}) == "accepted");
}
