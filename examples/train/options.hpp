// The options of `train`: names, defaults, groups of the help, and what must hold between them.
#pragma once

#include "support/device_options.hpp"
#include "support/device_table.hpp"
#include "support/options.hpp"
#include <zer0/core/dims.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace program {

using zer0::index_t;

struct train_options {
  // basic
  std::string mode = "pretrain", out_dir = "out", device = "cpu", dtype = "bfloat16";
  index_t epochs = 1, max_steps = 0, batch_size = 32;
  double learning_rate = 5e-4;
  std::uint64_t seed = 42;
  // logging
  bool use_wandb = false, wandb_log_model = false, wandb_log_code = false,
       wandb_watch_model = false;
  std::string wandb_project = "Zer02LLM", wandb_run_name = "none", wandb_watch_log = "gradients";
  index_t wandb_log_freq = 1, wandb_watch_log_freq = 100, log_interval = 100, save_interval = 100;
  // checkpoints
  bool save_best_only = true, save_last = true, overwrite = false;
  index_t save_interval_steps = 1000, keep_checkpoint_max = 5;
  std::string resume = "false", init_from = "none";
  // distributed
  index_t num_workers = 1, local_rank = -1, n_threads = 0;
  bool ddp = false;
  // optimizer
  index_t accumulation_steps = 8, warmup_iters = 0;
  double grad_clip = 1.0, weight_decay = 0.1;
  std::string lr_schedule = "cosine", normalization = "per_target_token", decay = "all";
  double lr_decay_fraction = 0.2, lr_floor = 0, muon_momentum = 0.95, muon_others_rate = 1;
  std::string lr_decay_shape = "linear", optimizer = "adamw", muon_scaling = "match_adamw";
  // model
  zer0::dims sizes{
      .dim = 512,
      .n_layers = 8,
      .n_heads = 8,
      .vocab_size = 4000,
      .max_seq_len = 512,
      .multiple_of = 64,
      .rope_theta = 10000,
      .norm_eps = 1e-8,
      .dropout = 0.1,
      .lora = {.rank = 0, .alpha = 16, .dropout = 0},
      .experts = {.n_routed = 8, .per_token = 2, .n_shared = 0, .aux_loss_alpha = 0.1}};
  optional_count n_kv_heads;  ///< of sizes, whose 0 is "none" on the command line
  bool flash_attn = false, recompute = false;
  // experts
  bool use_moe = false;
  std::string scoring_func = "softmax";
  // lora
  std::string lora_target = "qv", lora_path = "none";
  // dpo
  std::string dpo_loss = "sigmoid", ref_model_path = "none";
  double dpo_beta = 0.1, dpo_label_smoothing = 0, simpo_gamma = 0.5;
  // data
  std::string data_path = "./dataset/pretrain_hq.jsonl", tokenizer_path = "examples/tokenizer",
              val_path = "none";
  double val_fraction = 0;
  bool packed = false, shuffle = true, skip_bad_lines = false;
  index_t dump_samples = 0;
  bool describe = false;

  /// Nothing is trained and nothing written.
  [[nodiscard]] bool only_shows() const { return dump_samples > 0 || describe; }

  /// Those of a new model.
  [[nodiscard]] zer0::dims model_sizes() const {
    zer0::dims all = sizes;
    all.n_kv_heads = n_kv_heads.value;
    all.lora = {};
    return all;
  }
};

/// Those that decide what the weights of a run become, besides sizes: a resumed run keeps them.
inline constexpr std::array defining_options{"mode",
                                             "epochs",
                                             "max_steps",
                                             "batch_size",
                                             "learning_rate",
                                             "seed",
                                             "warmup_iters",
                                             "grad_clip",
                                             "accumulation_steps",
                                             "lr_schedule",
                                             "lr_decay_fraction",
                                             "lr_floor",
                                             "lr_decay_shape",
                                             "optimizer",
                                             "muon_momentum",
                                             "muon_scaling",
                                             "muon_others_rate",
                                             "normalization",
                                             "weight_decay",
                                             "decay",
                                             "n_kv_heads",
                                             "flash_attn",
                                             "packed",
                                             "shuffle",
                                             "val_fraction",
                                             "skip_bad_lines",
                                             "dpo_loss",
                                             "dpo_beta",
                                             "dpo_label_smoothing",
                                             "simpo_gamma",
                                             "ref_model_path",
                                             "lora_target"};

/// Those that a resumed run does not take over from the run that it continues.
inline constexpr std::array momentary_options{"out_dir",      "resume",    "overwrite",
                                              "init_from",    "n_threads", "device",
                                              "dump_samples", "lora_path", "describe"};

/// What has another default in --mode dpo.
inline const std::map<std::string, std::string> dpo_defaults{
    {"learning_rate", "1e-6"}, {"batch_size", "8"}, {"dropout", "0"}, {"packed", "true"}};

namespace detail {

/// A size as an option: name, default and range are those of zer0::visit_sizes.
inline void add_size(option_set& options, zer0::dims& sizes, std::string_view key,
                     const std::string& help) {
  visit_sizes(sizes, [&](const zer0::size_info& size, auto& value) {
    if (size.key == key) options.add(std::string(key), value, help);
  });
}

inline void add_logging(option_set& options, train_options& o) {
  constexpr auto later =
      "Weights & Biases comes in a later version; every run is logged to log.jsonl beside its "
      "checkpoints";
  options.group("logging");
  options.add("log_interval", o.log_interval, "steps between two lines of the log");
  options.add("save_interval", o.save_interval,
              "steps between two looks at whether the model is the best so far, which is then "
              "saved; 0: never");
  const auto add_later = [&](const char* name, auto& target, const std::string& help = "") {
    options.add(name, target, help + "(later version)");
    options.later(later);
  };
  add_later("use_wandb", o.use_wandb, "log to Weights & Biases ");
  add_later("wandb_project", o.wandb_project);
  add_later("wandb_run_name", o.wandb_run_name);
  add_later("wandb_log_model", o.wandb_log_model);
  add_later("wandb_log_code", o.wandb_log_code);
  add_later("wandb_log_freq", o.wandb_log_freq);
  add_later("wandb_watch_model", o.wandb_watch_model);
  options.add("wandb_watch_log", o.wandb_watch_log, {"gradients", "all", "None"},
              "what to watch (later version)");
  options.later(later);
  add_later("wandb_watch_log_freq", o.wandb_watch_log_freq);
}

inline void add_checkpoints(option_set& options, train_options& o) {
  options.group("checkpoints (in OUT_DIR/MODE_DIM)");
  options.add("save_best_only", o.save_best_only,
              "false: every look of save_interval saves, the best or not");
  options.add("save_last", o.save_last, "save when the run ends or is stopped");
  options.add("save_interval_steps", o.save_interval_steps,
              "steps between checkpoints to go on from; 0: none");
  options.add("keep_checkpoint_max", o.keep_checkpoint_max,
              "keep at most so many; the best and the last are never removed");
  options.add_with_implied(
      "resume", o.resume, "true",
      "go on from the last checkpoint of OUT_DIR, or of the folder given, as if the run had not "
      "stopped; options not given are those of that run; auto: start if there is none");
  options.add("overwrite", o.overwrite, "start anew where a run is: its checkpoints are removed");
  options.add("init_from", o.init_from,
              "start from the weights of a folder in Hugging Face's layout (Llama); none: pretrain "
              "from random ones, sft from the best checkpoint of the pretraining in OUT_DIR, dpo "
              "from that of its sft");
}

inline void add_model(option_set& options, train_options& o) {
  options.group("model");
  add_size(options, o.sizes, "dim", "width");
  add_size(options, o.sizes, "n_layers", "number of blocks");
  add_size(options, o.sizes, "max_seq_len",
           "tokens of a row, and the longest context of the model");
  add_size(options, o.sizes, "vocab_size", "overridden by the tokenizer's size");
  add_size(options, o.sizes, "n_heads", "query heads");
  options.add("n_kv_heads", o.n_kv_heads, "key/value heads; none: as many as query heads");
  add_size(options, o.sizes, "rope_theta", "base of the rotary angles");
  add_size(options, o.sizes, "dropout",
           "probability of dropping an element, in training; dpo: default 0");
  add_size(options, o.sizes, "norm_eps", "added to the mean square in RMSNorm");
  add_size(options, o.sizes, "multiple_of",
           "the feed-forward's width, 8/3 of dim, is rounded up to a multiple of this");
  options.add("describe", o.describe,
              "print the parts of the model, its parameters, floating-point operations a token and "
              "the memory of a step, and end; nothing is allocated, so any size will do");
  options.add("flash_attn", o.flash_attn,
              "attention by tiles: the same numbers, less memory, and faster");
  options.add("recompute", o.recompute,
              "keep a block's input alone and run it again for its gradients: the same numbers, "
              "far less memory, a third more time; with flash_attn");
}

inline void add_lora(option_set& options, train_options& o) {
  options.group("lora (a small detour beside frozen weights is what is trained; docs/lora.md)");
  add_size(options, o.sizes, "lora_rank", "width of the detour; 0: all weights are trained");
  add_size(options, o.sizes, "lora_alpha", "the detour counts lora_alpha / lora_rank");
  add_size(options, o.sizes, "lora_dropout",
           "probability of dropping an element of what goes into it");
  options.add("lora_target", o.lora_target, {"qv", "attention", "all", "square"},
              "which projections have one: of queries and values, of attention, all but experts, "
              "those with as many outputs as inputs");
  options.add("lora_path", o.lora_path,
              "go on from an adapter, a folder in PEFT's layout, such as CHECKPOINT/adapter; its "
              "sizes are taken over");
}

inline void add_experts_and_dpo(option_set& options, train_options& o) {
  options.group("experts (each token goes through a few of many feed-forwards)");
  options.add("use_moe", o.use_moe, "mixture of experts");
  add_size(options, o.sizes, "n_routed_experts", "experts a token may go to");
  add_size(options, o.sizes, "num_experts_per_tok", "experts a token goes to");
  add_size(options, o.sizes, "n_shared_experts", "experts every token goes to");
  options.add("scoring_func", o.scoring_func, {"softmax", "sigmoid"},
              "how experts are scored; sigmoid keeps their load even by a bias that follows it, "
              "not by a loss (DeepSeek-V3), and goes with flash_attn");
  add_size(options, o.sizes, "aux_loss_alpha",
           "softmax: weight of the loss that keeps the load of experts even");
  add_size(options, o.sizes, "seq_aux",
           "softmax: even within each sequence, not over the whole batch");
  add_size(options, o.sizes, "norm_topk_prob", "scale the chosen experts' weights to sum 1");

  options.group("dpo");
  options.add(
      "dpo_loss", o.dpo_loss, {"sigmoid", "reference_mean", "ipo", "hinge", "simpo", "orpo"},
      "DPO (sigmoid), the same over means of log-probabilities as the reference implementation has "
      "it, IPO, hinge; simpo and orpo need no reference model (docs/dpo.md)");
  options.add("dpo_beta", o.dpo_beta, "strength of the preference; simpo: from 2 to 2.5");
  options.add("dpo_label_smoothing", o.dpo_label_smoothing,
              "sigmoid: share of pairs that are the wrong way round");
  options.add("simpo_gamma", o.simpo_gamma, "simpo: margin that rewards should have");
  options.add("ref_model_path", o.ref_model_path,
              "reference model, a folder in Hugging Face's layout; none: the weights that training "
              "begins with. It is run once, and its results are kept beside the data");
}

}  // namespace detail

inline void add_train_options(option_set& options, train_options& o) {
  options.group("basic");
  options.add("mode", o.mode, {"pretrain", "sft", "dpo", "test"},
              "learn texts, answers in conversations, or which of two answers is better; test: "
              "check that a model of these sizes learns, saves, loads and generates");
  options.add("out_dir", o.out_dir, "folder of all runs");
  options.add("epochs", o.epochs, "passes over the data");
  options.add("max_steps", o.max_steps, "end after so many steps, the schedule too; 0: all epochs");
  options.add("batch_size", o.batch_size, "rows of a micro-batch; dpo: pairs, default 8");
  options.add("learning_rate", o.learning_rate, "highest learning rate; dpo: default 1e-06");
  add_device(options, o.device, o.dtype);
  options.add("seed", o.seed, "of the first weights, the order of the data, and dropout");
  detail::add_logging(options, o);
  detail::add_checkpoints(options, o);
  options.group("distributed");
  options.add("num_workers", o.num_workers,
              "threads that read and tokenize ahead; 0: the training thread does");
  options.add("n_threads", o.n_threads, "threads that compute; 0: one a core");
  options.add("ddp", o.ddp, "several processes (later version)");
  options.later("training by several processes comes in a later version");
  options.add("local_rank", o.local_rank, "(later version)");
  options.later("training by several processes comes in a later version");
  options.group("optimizer (AdamW with betas 0.9 and 0.95, eps 1e-8; docs/training.md)");
  options.add("optimizer", o.optimizer, {"adamw", "muon"},
              "muon: matrices of hidden layers by Muon, embeddings and norms by AdamW");
  options.add("accumulation_steps", o.accumulation_steps, "micro-batches of a step");
  options.add("grad_clip", o.grad_clip, "largest norm of the gradient; 0: no limit");
  options.add("warmup_iters", o.warmup_iters, "steps until the learning rate is at its highest");
  options.add("lr_schedule", o.lr_schedule,
              {"cosine", "cosine_reference", "constant", "warmup_stable_decay"},
              "learning rate after the warmup; cosine ends at a tenth, cosine_reference begins at "
              "1.1 times, warmup_stable_decay is constant until its decay at the end");
  options.add("lr_decay_fraction", o.lr_decay_fraction,
              "warmup_stable_decay: the part of all steps that the decay takes");
  options.add("lr_floor", o.lr_floor,
              "warmup_stable_decay: where the decay ends, as a part of learning_rate");
  options.add("lr_decay_shape", o.lr_decay_shape, {"linear", "one_minus_sqrt"},
              "warmup_stable_decay: how it falls; one_minus_sqrt falls early");
  options.add("weight_decay", o.weight_decay, "decay of the weights");
  options.add("decay", o.decay, {"all", "matrices"}, "the weights that decay");
  options.add("muon_momentum", o.muon_momentum, "muon: momentum of the gradients");
  options.add("muon_scaling", o.muon_scaling, {"match_adamw", "original"},
              "muon: steps as large as AdamW's, whose learning rates then fit, or as Muon was "
              "published, with a learning rate of about 0.02");
  options.add("muon_others_rate", o.muon_others_rate,
              "muon: learning rate of embeddings and norms, as a multiple of learning_rate");
  options.add(
      "normalization", o.normalization, {"per_target_token", "mean_of_means"},
      "the loss of a step is the mean over its target tokens, or over its micro-batches' means");
  detail::add_model(options, o);
  detail::add_experts_and_dpo(options, o);
  detail::add_lora(options, o);
  options.group("data");
  options.add("data_path", o.data_path,
              "JSON Lines of {\"text\": ...}; sft: of {\"conversations\": [{\"role\": ..., "
              "\"content\": ...}, ...]}; dpo: of {\"chosen\": [...], \"rejected\": [...]}");
  options.add("tokenizer_path", o.tokenizer_path, "tokenizer.json, or the folder that holds it");
  options.add("val_path", o.val_path, "the same for validation; none: no validation");
  options.add("val_fraction", o.val_fraction, "or: the part of data_path kept for validation");
  options.add("packed", o.packed,
              "several texts or conversations in a row; false: one a row, and padding. dpo: "
              "default true, no padding");
  options.add("shuffle", o.shuffle, "a new order of the texts each epoch");
  options.add("dump_samples", o.dump_samples,
              "sft: print so many conversations with what is learned marked, and end; 0: train");
  options.add("skip_bad_lines", o.skip_bad_lines,
              "leave out lines that are not what they should be, and count them");
}

/// Calls f(name, value, value of `others`) for each size that is an option of that name.
template <class F>
void each_size_option(const option_set& options, zer0::dims& sizes, const zer0::dims& others, F f) {
  const std::vector<std::string> names = options.names();
  visit_sizes(sizes, [&]<class T>(const zer0::size_info& size, T& value) {
    if (std::ranges::find(names, size.key) == names.end() || size.key == "n_kv_heads") return;
    visit_sizes(others, [&](const zer0::size_info& other, const auto& other_value) {
      if constexpr (std::is_same_v<const T&, decltype(other_value)>)
        if (other.key == size.key) f(size, value, other_value);
    });
  });
}

/// What must hold between sizes, however they came about.
inline void check_sizes(const zer0::dims& sizes) {
  refuse_errors_of([&] { sizes.check(); });
  demand(sizes.head_size() % 2 == 0, "a head has dim / n_heads = ", sizes.head_size(),
         " elements, an odd number; rotary positions turn pairs, so change n_heads (",
         sizes.n_heads, ") or dim (", sizes.dim, ")");
}

namespace detail {

/// Options that would do nothing with the optimizer or the schedule chosen are refused.
inline void check_optimizer(const train_options& o) {
  const train_options otherwise;
  const auto goes_with = [&](const char* choice, bool chosen, const char* name,
                             auto train_options::*value) {
    demand(chosen || o.*value == otherwise.*value, "--", name, " goes with --", choice);
  };
  constexpr auto decay = "lr_schedule warmup_stable_decay", muon = "optimizer muon";
  const bool decays = o.lr_schedule == "warmup_stable_decay", is_muon = o.optimizer == "muon";
  goes_with(decay, decays, "lr_decay_fraction", &train_options::lr_decay_fraction);
  goes_with(decay, decays, "lr_decay_shape", &train_options::lr_decay_shape);
  goes_with(decay, decays, "lr_floor", &train_options::lr_floor);
  goes_with(muon, is_muon, "muon_momentum", &train_options::muon_momentum);
  goes_with(muon, is_muon, "muon_scaling", &train_options::muon_scaling);
  goes_with(muon, is_muon, "muon_others_rate", &train_options::muon_others_rate);
  demand(!is_muon || o.mode != "test", "--mode test trains by AdamW; leave --optimizer out");
  demand(!is_muon || !o.describe, "--describe counts the memory of AdamW; leave --optimizer out");
  demand(o.muon_momentum >= 0 && o.muon_momentum < 1, "--muon_momentum is ", o.muon_momentum,
         "; it must be at least 0 and below 1");
  for (const auto& [name, value] :
       {std::pair{"lr_decay_fraction", o.lr_decay_fraction}, std::pair{"lr_floor", o.lr_floor}})
    demand(value >= 0 && value <= 1, "--", name, " is ", value, "; it must be from 0 to 1");
}

}  // namespace detail

/// Throws usage_error for a value that is out of range or does not go with another.
inline void check(const train_options& o) {
  demand(o.mode != "test" || o.resume == "false",
         "--mode test goes on with no run; leave --resume out");
  (void)parse_device(o.device);
  const auto at_least = [](const char* name, index_t value, index_t least) {
    demand(value >= least, "--", name, " is ", value, "; it must be at least ", least);
  };
  at_least("epochs", o.epochs, 1);
  at_least("max_steps", o.max_steps, 0);
  at_least("batch_size", o.batch_size, 1);
  at_least("log_interval", o.log_interval, 1);
  at_least("save_interval", o.save_interval, 0);
  at_least("save_interval_steps", o.save_interval_steps, 0);
  at_least("keep_checkpoint_max", o.keep_checkpoint_max, 1);
  at_least("num_workers", o.num_workers, 0);
  at_least("n_threads", o.n_threads, 0);
  at_least("dump_samples", o.dump_samples, 0);
  demand(o.dump_samples == 0 || o.mode == "sft", "--dump_samples goes with --mode sft");
  at_least("accumulation_steps", o.accumulation_steps, 1);
  at_least("warmup_iters", o.warmup_iters, 0);
  const auto finite = [](const char* name, double value, double least) {
    demand(std::isfinite(value) && value >= least, "--", name, " is ", value,
           "; it must be a number from ", least);
  };
  demand(o.learning_rate > 0 && std::isfinite(o.learning_rate), "--learning_rate is ",
         o.learning_rate, "; it must be above 0");
  finite("grad_clip", o.grad_clip, 0);
  finite("weight_decay", o.weight_decay, 0);
  finite("muon_others_rate", o.muon_others_rate, 0);
  detail::check_optimizer(o);
  demand(o.dpo_beta > 0 && std::isfinite(o.dpo_beta), "--dpo_beta is ", o.dpo_beta,
         "; it must be above 0");
  demand(o.dpo_label_smoothing >= 0 && o.dpo_label_smoothing < 0.5, "--dpo_label_smoothing is ",
         o.dpo_label_smoothing, "; it must be at least 0 and below 0.5");
  finite("simpo_gamma", o.simpo_gamma, 0);
  visit_sizes(o.sizes, [](const zer0::size_info& size, const auto& value) {
    demand(size.allows(value), "--", size.key, " is ", value_text(value), "; ", size.range.words);
  });
  demand(o.sizes.experts.per_token <= o.sizes.experts.n_routed, "--num_experts_per_tok is ",
         o.sizes.experts.per_token, "; it must be from 1 to n_routed_experts (",
         o.sizes.experts.n_routed, ")");
  demand(o.scoring_func == "softmax" || !o.use_moe || o.flash_attn,
         "--scoring_func sigmoid goes with --flash_attn");
  demand(!o.recompute || o.flash_attn,
         "--recompute saves memory, and so does --flash_attn; give both");
  demand(o.val_fraction >= 0 && o.val_fraction < 1, "--val_fraction is ", o.val_fraction,
         "; it must be at least 0 and below 1");
  demand(o.val_fraction == 0 || o.val_path == "none",
         "--val_path and --val_fraction are both given; choose one");
  demand(o.resume == "false" || !o.overwrite,
         "--resume and --overwrite are both given; choose one");
  check_sizes(o.model_sizes());
  constexpr index_t most = std::numeric_limits<std::int32_t>::max();
  demand(o.sizes.max_seq_len <= most / o.batch_size, "batch_size (", o.batch_size,
         ") times max_seq_len (", o.sizes.max_seq_len, ") is over ", most,
         " tokens; lower one of them");
}

}  // namespace program
