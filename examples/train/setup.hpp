// What `train` needs to know before it builds a model: options, sizes, files, the folder of the
// run.
#pragma once

#include "support/device_table.hpp"
#include "support/run_directory.hpp"
#include "support/variant_choice.hpp"
#include "train/earlier_run.hpp"
#include "train/modes.hpp"
#include "train/options.hpp"
#include <zer0/checkpoint/model_files.hpp>
#include <zer0/file/mapped_file.hpp>
#include <zer0/text/tokenizer.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <optional>
#include <string>

namespace program {

using zer0::file_fingerprint;

struct train_setup {
  train_options o;
  device_place place;
  std::string dtype;  ///< that the device computes in, whatever was asked for
  std::optional<earlier_run> earlier;
  fs::path start;  ///< the model whose weights a new run begins with; empty: random ones, or the
                   ///< earlier run's
  fs::path directory;
  std::optional<zer0::run_folder> folder;  ///< open once the run writes to it
  fs::path tokenizer_source;
  zer0::model_config config;
  expert_kind experts = expert_kind::none;
  nlohmann::json run;  ///< what checkpoints hold about it

  [[nodiscard]] variant_choice variant() const {
    return {
        .flash = o.flash_attn, .tied = config.tied, .recompute = o.recompute, .experts = experts};
  }
  [[nodiscard]] bool starts_from_files() const { return !start.empty(); }
  /// The weights that adapters adapt; no link, which may point elsewhere when the run is resumed.
  [[nodiscard]] std::string base() const {
    return earlier ? earlier->state.base : fs::canonical(start).string();
  }
  /// Neither resumed nor begun with another model's weights.
  [[nodiscard]] bool starts_from_nothing() const { return !earlier && start.empty(); }
};

namespace detail {

inline nlohmann::json options_as_json(const option_set& options) {
  nlohmann::json texts = nlohmann::json::object();
  for (const std::string& name : options.names())
    if (std::ranges::find(momentary_options, name) == momentary_options.end())
      texts[name] = options.text(name);
  return texts;
}

/// The sizes of a model that exists; options may repeat what its results depend on, not change it.
inline void read_sizes(train_setup& s, const option_set& options, const fs::path& source) {
  const zer0::dims& in_file = s.config.sizes;
  each_size_option(options, s.o.sizes, in_file,
                   [&](const zer0::size_info& size, auto& given, const auto& has) {
                     const bool unused = size.name.starts_with("experts.") && !s.o.use_moe;
                     if (unused || size.use != zer0::size_use::result ||
                         size.key == "multiple_of" || size.key == "vocab_size")
                       return;
                     demand_same(options, std::string(size.key), given, has, source.string());
                     given = has;
                   });
  demand_same(options, "n_kv_heads", s.o.model_sizes().kv_heads(), in_file.kv_heads(),
              source.string());
  if (s.starts_from_files()) s.o.n_kv_heads.value = in_file.kv_heads();
  index_t& context = s.o.sizes.max_seq_len;
  if (s.starts_from_files() && !options.given("max_seq_len"))
    context = std::min(context, in_file.max_seq_len);
  demand(context <= in_file.max_seq_len, "--max_seq_len is ", context, ", but the model in ",
         source.string(), " accepts ", in_file.max_seq_len);
  if (s.starts_from_files() && !options.given("tokenizer_path") &&
      !zer0::tokenizer::files_in(source).empty())
    s.o.tokenizer_path = source.string();
}

/// Whose weights a new run begins with: those of --init_from, else those of the run before it in
/// OUT_DIR.
inline void choose_start(train_setup& s, const option_set& options) {
  if (s.earlier) return;
  const std::string_view from = mode_of(s.o.mode).from;
  if (s.o.init_from != "none") {
    demand(fs::is_regular_file(fs::path(s.o.init_from) / "config.json"), "--init_from ",
           s.o.init_from,
           " holds no config.json; give a folder in Hugging Face's layout, such as a checkpoint of "
           "train");
    s.start = s.o.init_from;
  } else if (!from.empty()) {
    const fs::path run =
        find_run(s.o.out_dir, mode_of(from).run, s.o.sizes.dim, options.given("dim"), s.o.use_moe);
    s.start = best_checkpoint(run);
    demand(!s.start.empty() || s.o.only_shows(), "--mode ", s.o.mode,
           " begins with a trained model, and ", run.string(),
           " holds no checkpoint; train one with --mode ", from,
           ", or name a model's folder by --init_from");
  }
}

inline std::string projections_of(const std::string& target) {
  if (target == "qv") return "q_proj v_proj";
  if (target == "attention") return "q_proj k_proj v_proj o_proj";
  return target;
}

/// Sizes of adapters: those of the run that is gone on with, of --lora_path, or of the options.
inline void choose_adapters(train_setup& s, const option_set& options) {
  const auto of_files = [&](const fs::path& folder) {
    zer0::lora_sizes sizes = zer0::read_adapter_config(folder);
    demand_same(options, "lora_rank", s.o.sizes.lora.rank, sizes.rank, folder.string());
    demand_same(options, "lora_alpha", s.o.sizes.lora.alpha, sizes.alpha, folder.string());
    demand(!options.given("lora_target"), "--lora_target is given, but the adapter in ",
           folder.string(), " has its own; leave the option out");
    if (options.given("lora_dropout")) sizes.dropout = s.o.sizes.lora.dropout;
    return sizes;
  };
  zer0::lora_sizes& lora = s.config.sizes.lora;
  if (s.earlier) {
    const fs::path adapter = s.earlier->checkpoint / "adapter";
    if (fs::is_directory(adapter)) lora = zer0::read_adapter_config(adapter);
  } else if (s.o.lora_path != "none") {
    lora = of_files(s.o.lora_path);
  } else {
    lora = s.o.sizes.lora;
    lora.projections = projections_of(s.o.lora_target);
  }
  demand(lora.rank == 0 || s.o.mode != "test",
         "--mode test trains all weights; leave --lora_rank and --lora_path out");
  demand(lora.rank == 0 || s.earlier || s.starts_from_files() || s.o.describe,
         "LoRA adapts a trained model, but this run begins with random weights; name a model by "
         "--init_from");
}

/// Which experts the model in files has; the options may repeat it.
inline void read_experts(train_setup& s, const option_set& options, const fs::path& source) {
  s.experts = experts_in(source);
  demand_same(options, "use_moe", s.o.use_moe, s.experts != expert_kind::none, source.string());
  s.o.use_moe = s.experts != expert_kind::none;
  if (s.o.use_moe)
    demand_same(options, "scoring_func", s.o.scoring_func,
                std::string(s.experts == expert_kind::sigmoid ? "sigmoid" : "softmax"),
                source.string());
}

inline void choose_sizes(train_setup& s, const option_set& options) {
  if (s.starts_from_nothing()) {
    s.config = {s.o.model_sizes(), true};
    if (s.o.use_moe)
      s.experts = s.o.scoring_func == "sigmoid" ? expert_kind::sigmoid : expert_kind::softmax;
  } else {
    const fs::path source = s.earlier ? s.earlier->checkpoint : s.start;
    s.config = zer0::read_config(source);
    read_experts(s, options, source);
    read_sizes(s, options, source);
  }
  s.config.sizes.dropout = s.o.sizes.dropout;
  s.config.sizes.experts.aux_loss_alpha = s.o.sizes.experts.aux_loss_alpha;
  s.config.sizes.experts.seq_aux = s.o.sizes.experts.seq_aux;
  choose_adapters(s, options);
  check_sizes(s.config.sizes);
}

inline void choose_files(train_setup& s, const option_set& options) {
  s.directory = s.earlier ? s.earlier->directory()
                          : run_directory(s.o.out_dir, mode_of(s.o.mode).run, s.o.sizes.dim,
                                          s.experts != expert_kind::none);
  demand(s.earlier || s.o.overwrite || s.o.only_shows() || !holds_checkpoints(s.directory),
         s.directory.string(),
         " holds the checkpoints of an earlier run; go on with it by --resume, choose another "
         "--out_dir, or replace it by --overwrite");
  demand(s.o.mode == "test" || s.o.describe || fs::exists(s.o.data_path), "--data_path ",
         s.o.data_path, " does not exist; give a JSON Lines file of ",
         s.o.mode == "pretrain" ? "{\"text\": ...}, such as the program corpus writes"
         : s.o.mode == "sft"    ? "{\"conversations\": [{\"role\": ..., \"content\": ...}, ...]}"
                                : "{\"chosen\": [messages], \"rejected\": [messages]}");
  demand(s.o.val_path == "none" || fs::exists(s.o.val_path), "--val_path ", s.o.val_path,
         " does not exist");
  const bool own_tokenizer = s.earlier && !options.given("tokenizer_path");
  s.tokenizer_source = own_tokenizer ? s.earlier->checkpoint : fs::path(s.o.tokenizer_path);
  demand(fs::exists(s.tokenizer_source), "--tokenizer_path ", s.tokenizer_source.string(),
         " does not exist",
         options.given("tokenizer_path")
             ? ""
             : "; that is its default, which is right in the folder of zer0");
}

}  // namespace detail

/// The command line as a setup; nothing if only the help was asked for. Throws usage_error.
inline std::optional<train_setup> read_setup(int argc, const char* const* argv) {
  train_setup s;
  option_set options(
      "train: trains a language model on your texts.\n\n"
      "  train --data_path texts.jsonl --val_fraction 0.01 --flash_attn\n"
      "  train --resume                  go on with the run in out/\n"
      "  train --mode sft --data_path conversations.jsonl --learning_rate 5e-5\n"
      "                                  fine-tune the model that was pretrained in out/\n"
      "  train --mode dpo --data_path preferences.jsonl\n"
      "                                  make better answers likelier in the model fine-tuned in "
      "out/\n\n"
      "Options are --name value or --name=value; BOOL may be left out for true.");
  s.o.device = default_device();
  add_train_options(options, s.o);
  if (!options.parse(argc, argv)) return std::nullopt;
  s.earlier = find_earlier_run(options, s.o, s.folder);
  if (s.earlier)
    take_over(options, *s.earlier);
  else if (s.o.mode == "dpo")
    options.restore(dpo_defaults);
  options.finish();
  check(s.o);
  s.place = parse_device(s.o.device);
  s.dtype = computed_dtype(s.place, s.o.dtype);
  if (s.earlier) check_same_run(options, *s.earlier);
  if (s.earlier) check_same_dtype(s.dtype, *s.earlier);
  demand(!s.earlier || s.o.init_from == "none" || s.o.resume == "auto",
         "--resume and --init_from are both given; choose one");
  detail::choose_start(s, options);
  detail::choose_sizes(s, options);
  detail::choose_files(s, options);
  s.run = {{"options", detail::options_as_json(options)}, {"dtype", s.dtype}};
  s.run["time"] = s.earlier ? s.earlier->state.run->value("time", std::int64_t{0})
                            : std::int64_t{std::time(nullptr)};
  return s;
}

/// The tokenizer; without a model's files it decides the size of the vocabulary.
inline zer0::tokenizer open_tokenizer(train_setup& s) {
  zer0::tokenizer tok(s.tokenizer_source);
  if (s.starts_from_nothing()) s.config.sizes.vocab_size = tok.size();
  demand(tok.size() <= s.config.sizes.vocab_size, "the tokenizer ", tok.source().string(), " has ",
         tok.size(), " tokens, but the model a vocabulary of ", s.config.sizes.vocab_size);
  return tok;
}

/// Of the files that a chat template and the names of its special tokens may lie in.
inline std::uint64_t template_fingerprint(const fs::path& directory) {
  std::uint64_t sum = 0;
  for (const char* name : {"chat_template.jinja", "tokenizer_config.json"})
    if (fs::exists(directory / name)) sum = sum * 31 + file_fingerprint(directory / name);
  return sum;
}

/// Fingerprints of the files that decide what the weights become; compared with the earlier run's.
inline void note_files(train_setup& s, const zer0::tokenizer& tok) {
  std::uint64_t tokens = 0;
  for (const fs::path& file : tok.files())
    if (file.filename() != "tokenizer_config.json") tokens = tokens * 31 + file_fingerprint(file);
  const auto note = [&](const char* what, const fs::path& path, std::uint64_t content) {
    if (s.earlier) check_same_file(what, path, content, *s.earlier);
    s.run[what] = content;
  };
  note("tokenizer", tok.source(), tokens);
  note("training data", s.o.data_path, file_fingerprint(s.o.data_path));
  if (s.config.sizes.lora.rank > 0)
    for (const auto& file : {"model.safetensors", "model.safetensors.index.json"})
      if (fs::exists(fs::path(s.base()) / file))
        note("base model", s.base(), file_fingerprint(fs::path(s.base()) / file));
  if (s.o.mode != "pretrain")
    note("chat template", tok.directory(), template_fingerprint(tok.directory()));
  if (s.o.val_path != "none") note("validation data", s.o.val_path, file_fingerprint(s.o.val_path));
}

}  // namespace program
