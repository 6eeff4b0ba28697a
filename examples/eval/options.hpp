// The options of `eval`: names, defaults, groups of the help, and what must hold of them.
#pragma once

#include "support/device_options.hpp"
#include "support/device_table.hpp"
#include "support/options.hpp"
#include "support/run_directory.hpp"
#include <zer0/generate/generate.hpp>

#include <string>
#include <utility>
#include <vector>

namespace program {

using zer0::index_t;

struct eval_options {
  // model
  index_t model_mode = 0;
  std::string out_dir = "out", checkpoint = "none", tokenizer_path = "none", lora_path = "none",
              device = "cpu", dtype = "bfloat16";
  index_t dim = 512, n_layers = 8, n_heads = 8, max_seq_len = 2048, n_threads = 0;
  optional_count n_kv_heads;
  // prompts
  std::vector<std::string> prompts;
  bool interactive = false, stream = true;
  std::string system;
  index_t history_cnt = 0;
  // measures
  std::string ppl = "none", accuracy = "none", preferences = "none";
  // generation
  index_t max_new_tokens = 128;
  zer0::sampling rules;
  std::string repetition_rule = "usual";

  [[nodiscard]] bool chats() const { return model_mode == 1; }
  [[nodiscard]] bool measures() const {
    return ppl != "none" || accuracy != "none" || preferences != "none";
  }
};

inline void add_eval_options(option_set& options, eval_options& o) {
  options.group("model");
  options.add("model_mode", o.model_mode,
              "0: a pretrained model goes on with texts; 1: one trained by sft or dpo answers");
  options.add("out_dir", o.out_dir, "folder of all runs of train");
  options.add("dim", o.dim,
              "width of the model: the run OUT_DIR/pretrain_DIM, or the newer of rlhf_DIM and "
              "sft_DIM; if it is left out, the newest run of all");
  options.add("checkpoint", o.checkpoint,
              "or: a folder in Hugging Face's layout (Llama), such as a checkpoint of train");
  options.add("tokenizer_path", o.tokenizer_path,
              "tokenizer.json, or its folder; none: that of the checkpoint");
  options.add("lora_path", o.lora_path,
              "a LoRA adapter to add to the model, a folder in PEFT's layout; none: none");
  options.add("n_layers", o.n_layers, "if given, must be the model's, as n_heads and n_kv_heads");
  options.add("n_heads", o.n_heads, "query heads");
  options.add("n_kv_heads", o.n_kv_heads, "key/value heads");
  options.add("max_seq_len", o.max_seq_len,
              "longest context, prompt and answer together; at most the model's");
  add_device(options, o.device, o.dtype);
  options.add("n_threads", o.n_threads, "threads that compute; 0: one a core");
  options.group("prompts");
  options.add("prompt", o.prompts,
              "a text to go on with, or a question; may be given several times; if left out, some "
              "of our own");
  options.add("interactive", o.interactive,
              "ask for texts or questions, a line each, until an empty one");
  options.add(
      "stream", o.stream,
      "print as it is generated, prompt by prompt; false: all prompts side by side, faster");
  options.add("system", o.system, "what a chat is told before its first question");
  options.add("history_cnt", o.history_cnt,
              "earlier questions and their answers that a chat remembers, the oldest left out "
              "where they do not fit");
  options.group("measures (instead of prompts; several at once)");
  options.add("ppl", o.ppl, "perplexity of JSON Lines of {\"text\": ...}");
  options.add("accuracy", o.accuracy,
              "how many questions are answered exactly, always by the most likely token: JSON "
              "Lines of {\"prompt\": ..., \"answer\": ...}, or of conversations whose last message "
              "is the answer (docs/eval.md)");
  options.add("preferences", o.preferences,
              "how often a chosen answer is more likely than a rejected one: JSON Lines of "
              "{\"chosen\": [...], \"rejected\": [...]}, two conversations");
  options.group("generation");
  options.add("max_new_tokens", o.max_new_tokens, "stop after so many, the prompt not counted");
  options.add("temperature", o.rules.temperature,
              "0: the most likely token, always; above: the higher, the more varied");
  options.add("top_p", o.rules.top_p,
              "only the most likely tokens that together have this probability; 1: all");
  options.add("top_k", o.rules.top_k, "only so many most likely tokens; 0: all");
  options.add("repetition_penalty", o.rules.repetition_penalty,
              "above 1: tokens that occurred are less likely; 1: none");
  options.add("repetition_rule", o.repetition_rule, {"usual", "reference"},
              "reference divides negative logits too, as Zer02LLM does");
  options.add("seed", o.rules.seed, "of the random choices");
}

/// Throws usage_error for a value that is out of range or does not go with another.
inline void check(eval_options& o) {
  demand(o.model_mode == 0 || o.model_mode == 1, "--model_mode is ", o.model_mode,
         "; it must be 0 (goes on with texts) or 1 (answers)");
  demand(o.chats() || (o.system.empty() && o.history_cnt == 0), "--",
         o.system.empty() ? "history_cnt" : "system", " is of chats; add --model_mode 1");
  demand(o.chats() || o.preferences == "none", "--preferences is of chats; add --model_mode 1");
  demand(o.history_cnt >= 0, "--history_cnt is ", o.history_cnt, "; it must be at least 0");
  demand(o.stream || o.history_cnt == 0, "--history_cnt ", o.history_cnt,
         " and --stream false are both given, but a question waits for the answer before it; "
         "choose one");
  (void)parse_device(o.device);
  demand(o.max_new_tokens >= 1, "--max_new_tokens is ", o.max_new_tokens,
         "; it must be at least 1");
  demand(o.max_seq_len >= 2, "--max_seq_len is ", o.max_seq_len, "; it must be at least 2");
  demand(o.n_threads >= 0, "--n_threads is ", o.n_threads, "; it must be at least 0");
  demand(!o.interactive || o.prompts.empty(),
         "--interactive and --prompt are both given; choose one");
  demand(!o.measures() || (!o.interactive && o.prompts.empty()), "--",
         o.interactive ? "interactive" : "prompt", " and a measure are both given; choose one");
  for (const auto& [name, file] :
       {std::pair("ppl", &o.ppl), {"accuracy", &o.accuracy}, {"preferences", &o.preferences}})
    demand(*file == "none" || fs::is_regular_file(*file), "--", name, " ", *file,
           " does not exist");
  o.rules.rule = o.repetition_rule == "usual" ? zer0::repetition_rule::usual
                                              : zer0::repetition_rule::reference;
  refuse_errors_of([&] { o.rules.check(); });
}

}  // namespace program
