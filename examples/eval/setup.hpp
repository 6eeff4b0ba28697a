// What `eval` needs to know before it loads a model: options, where the model is, its sizes.
#pragma once

#include "eval/options.hpp"
#include "support/device_table.hpp"
#include "support/run_directory.hpp"
#include <zer0/checkpoint/model_files.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace program {

/// A model to talk with or to measure: where it is, and its sizes.
struct eval_setup {
  eval_options o;
  device_place place;
  fs::path checkpoint;
  zer0::model_config config;
};

inline fs::path find_model(const option_set& options, const eval_options& o) {
  if (o.checkpoint != "none") {
    demand(fs::is_regular_file(fs::path(o.checkpoint) / "config.json"), "--checkpoint ",
           o.checkpoint,
           " holds no config.json; give a folder in Hugging Face's layout, such as "
           "out/pretrain_512/best");
    return o.checkpoint;
  }
  const std::vector<std::string_view> kinds = o.chats()
                                                  ? std::vector<std::string_view>{"rlhf", "sft"}
                                                  : std::vector<std::string_view>{"pretrain"};
  const fs::path run = newest_run(o.out_dir, kinds, o.dim, options.given("dim"));
  const fs::path checkpoint = best_checkpoint(run);
  demand(!checkpoint.empty(), run.string(), " holds no checkpoint; train a model with train",
         o.chats() ? " --mode sft" : "",
         ", or name its folder by --out_dir and --dim, or --checkpoint");
  return checkpoint;
}

/// The command line as a setup; nothing if only the help was asked for.
inline std::optional<eval_setup> read_options(int argc, char** argv) {
  eval_setup s;
  option_set options(
      "eval: lets a trained model go on with texts or answer, or measures it.\n\n"
      "  eval                                              the model that train left in out/, "
      "texts of our own\n"
      "  eval --prompt \"Once upon a time\" --temperature 0   one text, always the most likely "
      "token\n"
      "  eval --interactive                                your texts, a line each\n"
      "  eval --model_mode 1 --interactive --history_cnt 5 a chat with the model that --mode sft "
      "or dpo left\n"
      "  eval --ppl texts.jsonl                            perplexity of texts\n"
      "  eval --model_mode 1 --accuracy questions.jsonl    how many questions it answers "
      "exactly\n\n"
      "Options are given as --name value or --name=value; BOOL may be left out for true.");
  s.o.device = default_device();
  add_eval_options(options, s.o);
  if (!options.parse(argc, argv)) return std::nullopt;
  options.finish();
  check(s.o);
  s.place = parse_device(s.o.device);
  s.checkpoint = find_model(options, s.o);
  s.config = zer0::read_config(s.checkpoint);
  zer0::dims& sizes = s.config.sizes;
  const auto same = [&](const char* name, index_t value, index_t in_file) {
    demand_same(options, name, value, in_file, s.checkpoint.string());
  };
  same("dim", s.o.dim, sizes.dim);
  same("n_layers", s.o.n_layers, sizes.n_layers);
  same("n_heads", s.o.n_heads, sizes.n_heads);
  same("n_kv_heads", s.o.n_kv_heads.value, sizes.kv_heads());
  demand(!options.given("max_seq_len") || s.o.max_seq_len <= sizes.max_seq_len, "--max_seq_len is ",
         s.o.max_seq_len, ", but the model in ", s.checkpoint.string(), " accepts ",
         sizes.max_seq_len);
  sizes.max_seq_len = std::min(sizes.max_seq_len, s.o.max_seq_len);
  if (s.o.lora_path != "none") sizes.lora = zer0::read_adapter_config(s.o.lora_path);
  return s;
}

}  // namespace program
