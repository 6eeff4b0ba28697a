// Trains a model: `train --help` lists the options, docs/data.md says what the data looks like.
#include "support/run_directory.hpp"
#include "support/signals.hpp"
#include "support/terminal.hpp"
#include "support/train_log.hpp"
#include "support/train_options.hpp"
#include <zer0/attention/gqa.hpp>
#include <zer0/attention/kernel.hpp>
#include <zer0/data/pretrain_data.hpp>
#include <zer0/device/cpu.hpp>
#include <zer0/optim/schedule/constant.hpp>
#include <zer0/recipe/hook/checkpoints.hpp>
#include <zer0/recipe/hook/progress.hpp>
#include <zer0/text/tokenizer.hpp>

#include <omp.h>

#include <cstdio>
#include <exception>
#include <functional>
#include <iostream>
#include <new>
#include <optional>
#include <string>
#include <tuple>

namespace {

using namespace program;

/// The variants to choose from. A new one is one line.
template <class Decoder>
struct variant {
  using decoder = Decoder;
  const char* name;
  bool flash;
  bool tied;
};
using zer0::decoder, zer0::flash, zer0::gqa, zer0::rope, zer0::standard, zer0::tied_head, zer0::untied_head;
constexpr std::tuple variants{
    variant<decoder<gqa<rope, standard>, tied_head>>{"gqa<rope, standard>", false, true},
    variant<decoder<gqa<rope, flash>, tied_head>>{"gqa<rope, flash>", true, true},
    variant<decoder<gqa<rope, standard>, untied_head>>{"gqa<rope, standard>, untied_head", false, false},
    variant<decoder<gqa<rope, flash>, untied_head>>{"gqa<rope, flash>, untied_head", true, false},
};

/// What the options choose is known when the program runs, so it is not a type of the library's but a call.
using schedule = std::function<double(index_t, index_t)>;

schedule chosen_schedule(const train_options& o) {
  if (o.lr_schedule == "constant") return zer0::constant_rate{o.learning_rate, o.warmup_iters};
  if (o.lr_schedule == "cosine_reference") return zer0::cosine_reference{o.learning_rate, o.warmup_iters};
  return zer0::cosine{o.learning_rate, o.warmup_iters};
}

struct chosen_normalization {
  bool means = false;

  [[nodiscard]] double micro_factor(const zer0::token_batch& batch) const {
    return means ? zer0::mean_of_means().micro_factor(batch) : zer0::per_target_token().micro_factor(batch);
  }
  [[nodiscard]] double window_factor(index_t batches, double targets) const {
    return means ? zer0::mean_of_means().window_factor(batches, targets)
                 : zer0::per_target_token().window_factor(batches, targets);
  }
};

/// A checkpoint to go on from, and what it says about its run.
struct earlier_run {
  fs::path checkpoint;
  zer0::training_state state;

  [[nodiscard]] std::map<std::string, std::string> options() const {
    return state.run.value("options", std::map<std::string, std::string>());
  }
};

std::optional<earlier_run> find_earlier_run(const option_set& options) {
  const auto& resume = options.peek<std::string>("resume");
  if (resume == "false") return std::nullopt;
  fs::path checkpoint = resume;
  if (resume == "true" || resume == "auto") {
    const fs::path run = find_run(options.peek<std::string>("out_dir"), options.peek<std::string>("mode"),
                                  options.peek<index_t>("dim"), options.given("dim"));
    if (fs::is_directory(run)) tidy_up(run);
    checkpoint = find_checkpoint(run, {"last"});
    if (checkpoint.empty() && resume == "auto" && !holds_checkpoints(run)) return std::nullopt;
    demand(!checkpoint.empty(), "nothing to resume: ", run.string(), " has no last checkpoint; start without --resume");
  } else if (fs::is_symlink(checkpoint)) {
    checkpoint = fs::canonical(checkpoint);
  }
  demand(fs::is_regular_file(checkpoint / "training_state.json"), "nothing to resume: ", checkpoint.string(),
         " is not a checkpoint of train; give a folder like ", "out/pretrain_512/step_00001000");
  return earlier_run{checkpoint, zer0::read_training_state(checkpoint)};
}

/// Refuses to go on with a run by options that are not its own.
void check_same_run(const option_set& options, const earlier_run& run) {
  const auto older = run.options();
  for (const char* name : defining_options) {
    const auto found = older.find(name);
    if (found == older.end() || options.text(name) == found->second) continue;
    refuse("--", name, " is ", options.text(name), ", but the run in ", run.checkpoint.string(), " has ", found->second,
           "; leave the option out, or start a new run in another --out_dir");
  }
}

/// The content of a file that the run depends on: its place may change.
void check_same_file(const char* what, const fs::path& path, std::uint64_t now, const earlier_run& run) {
  const auto then = run.state.run.value(what, now);
  demand(then == now, what, " ", path.string(), " is not what the run in ", run.checkpoint.string(),
         " was begun with; its content differs");
}

/// All that a run needs besides its model.
struct setup {
  train_options o;
  std::optional<earlier_run> earlier;
  fs::path directory;
  fs::path tokenizer_source;
  zer0::model_config config;
  nlohmann::json run;  ///< what checkpoints hold about it
};

nlohmann::json options_as_json(const option_set& options) {
  nlohmann::json texts = nlohmann::json::object();
  for (const std::string& name : options.names())
    if (std::ranges::find(momentary_options, name) == momentary_options.end()) texts[name] = options.text(name);
  return texts;
}

/// The command line as a setup; nothing if only the help was asked for.
std::optional<setup> read_options(int argc, char** argv) {
  setup s;
  option_set options(
      "train: trains a language model on your texts.\n\n"
      "  train --data_path data/pretrain.jsonl --val_path data/pretrain_val.jsonl --flash_attn\n"
      "  train --resume                                    go on with the run in out/\n\n"
      "Options are given as --name value or --name=value; BOOL may be left out for true.");
  add_train_options(options, s.o);
  if (!options.parse(argc, argv)) return std::nullopt;
  s.earlier = find_earlier_run(options);
  if (s.earlier) {
    auto older = s.earlier->options();
    for (const char* name : momentary_options) older.erase(name);
    options.restore(older);
  }
  options.finish();
  check(s.o);
  if (s.earlier) check_same_run(options, *s.earlier);

  const bool from_files = !s.earlier && s.o.init_from != "none";
  demand(!s.earlier || s.o.init_from == "none", "--resume and --init_from are both given; choose one");
  if (s.earlier || from_files) {
    const fs::path source = s.earlier ? s.earlier->checkpoint : fs::path(s.o.init_from);
    s.config = zer0::read_config(source);
    const zer0::dims& c = s.config.sizes;
    const auto same = [&](const char* name, auto& value, auto in_file) {
      demand(!options.given(name) || value == in_file, "--", name, " is ", value, ", but the model in ",
             source.string(), " has ", in_file, "; leave the option out");
      value = in_file;
    };
    same("dim", s.o.dim, c.dim);
    same("n_layers", s.o.n_layers, c.n_layers);
    same("n_heads", s.o.n_heads, c.n_heads);
    same("n_kv_heads", s.o.n_kv_heads.value, c.kv_heads());
    same("rope_theta", s.o.rope_theta, c.rope_theta);
    same("norm_eps", s.o.norm_eps, c.norm_eps);
    demand(s.o.max_seq_len <= c.max_seq_len, "--max_seq_len is ", s.o.max_seq_len, ", but the model in ",
           source.string(), " accepts ", c.max_seq_len);
    if (from_files && !options.given("tokenizer_path") && !tokenizer_files(source).empty())
      s.o.tokenizer_path = source.string();
  } else {
    s.config = {s.o.sizes(s.o.vocab_size), true};
  }
  s.config.sizes.dropout = s.o.dropout;
  check_sizes(s.config.sizes);

  s.directory = s.earlier ? s.earlier->checkpoint.parent_path() : run_directory(s.o.out_dir, s.o.mode, s.o.dim);
  demand(s.earlier || s.o.overwrite || !holds_checkpoints(s.directory), s.directory.string(),
         " holds the checkpoints of an earlier run; go on with it by --resume, choose another --out_dir, or replace it "
         "by --overwrite");
  demand(fs::exists(s.o.data_path), "--data_path ", s.o.data_path,
         " does not exist; give a JSON Lines file of {\"text\": ...}, such as the program corpus writes");
  demand(s.o.val_path == "none" || fs::exists(s.o.val_path), "--val_path ", s.o.val_path, " does not exist");
  const bool own_tokenizer = s.earlier && !options.given("tokenizer_path");
  s.tokenizer_source = own_tokenizer ? s.earlier->checkpoint : fs::path(s.o.tokenizer_path);
  demand(fs::exists(s.tokenizer_source), "--tokenizer_path ", s.tokenizer_source.string(), " does not exist",
         options.given("tokenizer_path") ? "" : "; that is its default, which is right in the folder of zer0");
  s.run = {{"options", options_as_json(options)}};
  return s;
}

/// The tokenizer, kept in the run's folder for its checkpoints.
zer0::tokenizer open_tokenizer(const setup& s) {
  zer0::tokenizer tok(s.tokenizer_source);
  if (s.earlier || s.o.init_from != "none") {
    demand(tok.size() <= s.config.sizes.vocab_size, "the tokenizer ", tok.source().string(), " has ", tok.size(),
           " tokens, but the model a vocabulary of ", s.config.sizes.vocab_size);
  }
  return tok;
}

/// Fingerprints of the files that decide what the weights become; compared with the earlier run's.
void note_files(setup& s, const zer0::tokenizer& tok) {
  std::uint64_t tokens = 0;
  for (const fs::path& file : tokenizer_files(tok.directory()))
    if (file.filename() != "tokenizer_config.json") tokens = tokens * 31 + fingerprint(file);
  const auto note = [&](const char* what, const fs::path& path, std::uint64_t content) {
    if (s.earlier) check_same_file(what, path, content, *s.earlier);
    s.run[what] = content;
  };
  note("tokenizer", tok.source(), tokens);
  note("training data", s.o.data_path, fingerprint(s.o.data_path));
  if (s.o.val_path != "none") note("validation data", s.o.val_path, fingerprint(s.o.val_path));
}

void prepare_directory(const setup& s, const zer0::tokenizer& tok) {
  if (!s.earlier) remove_checkpoints(s.directory);
  tidy_up(s.directory);
  const fs::path kept = s.directory / "tokenizer";
  if (s.earlier && fs::is_directory(kept)) return;
  fs::remove_all(kept);
  fs::create_directories(kept);
  for (const fs::path& file : tokenizer_files(tok.directory())) zer0::copy_durably(file, kept / file.filename());
}

/// Texts to train on and to validate with, as options ask for them.
class texts {
 public:
  explicit texts(const train_options& o)
      : records_(o.data_path, open_options(o)), train_(records_) {
    if (o.val_path != "none") {
      val_records_.emplace(o.val_path, open_options(o));
      val_.emplace(*val_records_);
    } else if (o.val_fraction > 0) {
      const auto parts = zer0::split(records_, o.val_fraction, o.seed);
      train_ = parts.train;
      val_ = parts.val;
    }
    for (const zer0::pretrain_records* file : {&records_, val_records_ ? &*val_records_ : nullptr})
      if (file != nullptr && file->bad_lines() > 0)
        std::cerr << file->name() << ": " << file->bad_lines() << " bad lines are left out; the first: "
                  << file->first_bad().front() << '\n';
  }

  [[nodiscard]] const zer0::record_view<zer0::pretrain_records>& train() const { return train_; }
  [[nodiscard]] const std::optional<zer0::record_view<zer0::pretrain_records>>& val() const { return val_; }

 private:
  static zer0::open_options open_options(const train_options& o) {
    return {.skip_bad_lines = o.skip_bad_lines,
            .num_workers = static_cast<int>(std::max<index_t>(o.num_workers, 1)),
            .progress = show_percent("reading")};
  }

  zer0::pretrain_records records_;
  std::optional<zer0::pretrain_records> val_records_;
  zer0::record_view<zer0::pretrain_records> train_;
  std::optional<zer0::record_view<zer0::pretrain_records>> val_;
};

zer0::data_options batches_of(const train_options& o, bool shuffle) {
  return {.batch_size = o.batch_size,
          .seq = o.max_seq_len,
          .packed = o.packed,
          .shuffle = shuffle,
          .seed = o.seed,
          .num_workers = static_cast<int>(o.num_workers),
          .progress = show_percent("counting tokens")};
}

template <class Model, class Run>
void print_header(const setup& s, const char* variant, Model& model, const Run& run, index_t val_texts) {
  const train_options& o = s.o;
  const zer0::dims& d = model.sizes();
  std::cout << "model     " << variant << ", " << with_commas(model.parameters().elements()) << " parameters: dim "
            << d.dim << ", " << d.n_layers << " layers, " << d.n_heads << " heads (" << d.kv_heads()
            << " key/value), feed-forward " << d.hidden() << ", vocabulary " << d.vocab_size << '\n';
  std::cout << "data      " << o.data_path << ": " << with_commas(run.data.records()) << " texts";
  if (o.packed) std::cout << ", " << with_commas(run.data.tokens_per_epoch()) << " tokens an epoch, packed";
  if (val_texts > 0) std::cout << "; validation: " << with_commas(val_texts) << " texts";
  std::cout << "\nschedule  " << with_commas(run.total_steps()) << " steps (" << with_commas(run.steps_per_epoch())
            << " an epoch) of " << o.accumulation_steps << " x " << o.batch_size << " rows of " << o.max_seq_len
            << " tokens; learning rate " << value_text(o.learning_rate) << " " << o.lr_schedule << ", warmup "
            << o.warmup_iters << '\n';
  std::cout << "device    cpu, " << omp_get_max_threads() << " threads, float32";
  if (o.dtype != "float32") std::cout << " (" << o.dtype << " asked for: on a CPU this version computes in float32)";
  std::cout << "\nrun       " << s.directory.string();
  if (s.earlier) std::cout << ", resumed at step " << s.earlier->state.step;
  std::cout << std::endl;
  if (o.warmup_iters >= run.total_steps())
    std::cerr << "note: the warmup (" << o.warmup_iters << " steps) is as long as the run\n";
}

/// Prints how it ended; the exit code of the program.
int print_end(const setup& s, const zer0::training_report& report, index_t step, bool whole, const char* program) {
  const fs::path last = find_checkpoint(s.directory, {"last"});
  const fs::path best = find_checkpoint(s.directory, {"best"});
  const bool saved = last.filename() == zer0::checkpoints::step_name(step);
  std::cout << (whole ? "done: " : "stopped: ") << with_commas(step) << " steps; " << with_commas(report.tokens)
            << " tokens in " << minutes(report.seconds) << " (" << with_commas(std::llround(report.tokens_per_second))
            << " tokens/s), loss " << report.loss << '\n';
  if (!last.empty()) std::cout << "last      " << (s.directory / "last").string() << " (" << last.filename().string() << ")\n";
  if (!best.empty()) std::cout << "best      " << (s.directory / "best").string() << " (" << best.filename().string() << ")\n";
  std::cout << "log       " << (s.directory / "log.jsonl").string() << '\n';
  const std::string where = s.directory.parent_path().string();
  if (!whole && !last.empty())
    std::cout << "go on     " << program << " --resume --out_dir " << where << " --dim " << s.o.dim << '\n';
  else if (!last.empty())
    std::cout << "talk      " << (fs::path(program).parent_path() / "eval").string() << " --out_dir " << where
              << " --dim " << s.o.dim << '\n';
  std::cout << std::flush;
  zer0::require(saved || !s.o.save_last, "the state at the end could not be saved; see the warning above");
  return stop_signal == 0 || whole ? 0 : 128 + stop_signal;
}

template <class Decoder>
int train_variant(setup& s, const char* variant_name, const char* program) {
  const train_options& o = s.o;
  const zer0::tokenizer tok = open_tokenizer(s);
  if (!s.earlier && o.init_from == "none") s.config.sizes.vocab_size = tok.size();
  const texts t(o);
  note_files(s, tok);
  zer0::pretrain_data data(t.train(), tok, batches_of(o, o.shuffle));
  std::optional<zer0::pretrain_data> val_data;
  if (t.val()) val_data.emplace(*t.val(), tok, batches_of(o, false));

  fs::create_directories(s.directory);
  const directory_lock lock(s.directory);
  zer0::model<Decoder, zer0::cpu> llm(s.config.sizes);
  using trainer_type =
      zer0::trainer<decltype(llm), zer0::cross_entropy, zer0::adamw, schedule, chosen_normalization>;
  using run_type = zer0::training_run<trainer_type, zer0::pretrain_data>;
  const zer0::adamw optimizer{.weight_decay = o.weight_decay,
                              .decay = o.decay == "all" ? zer0::decay_rule::all : zer0::decay_rule::matrices};
  const index_t steps_per_epoch = (data.batches_per_epoch() + o.accumulation_steps - 1) / o.accumulation_steps;
  const index_t all_steps = o.epochs * steps_per_epoch;
  const index_t total_steps = o.max_steps > 0 ? std::min(o.max_steps, all_steps) : all_steps;
  trainer_type trainer(llm, {total_steps, o.grad_clip, o.seed}, {}, optimizer, chosen_schedule(o),
                       {o.normalization == "mean_of_means"});
  run_type run{trainer, data, o.epochs, o.accumulation_steps, 0, 0, false, o.max_steps};

  index_t step = 0;
  if (s.earlier) {
    const zer0::training_state state = zer0::load_checkpoint(trainer, s.earlier->checkpoint);
    run.epoch = state.epoch;
    run.batch = state.batch;
    step = state.step;
  } else if (o.init_from != "none") {
    zer0::load_weights(llm, o.init_from);
  } else {
    llm.initialize(o.seed);
  }
  prepare_directory(s, tok);
  print_header(s, variant_name, llm, run, t.val() ? t.val()->size() : 0);

  train_log log(s.directory / "log.jsonl", o.log_interval, step);
  std::optional<double> val_loss;
  std::function<double()> validate;
  if (val_data) validate = [&] { return *(val_loss = zer0::validate(trainer, *val_data)); };
  zer0::checkpoints checkpoints({.directory = s.directory,
                                 .save_interval = o.save_interval,
                                 .save_interval_steps = o.save_interval_steps,
                                 .save_best_only = o.save_best_only,
                                 .save_last = o.save_last,
                                 .keep_checkpoint_max = o.keep_checkpoint_max,
                                 .extra_files = tokenizer_files(s.directory / "tokenizer")},
                                validate, s.run);
  if (s.earlier) checkpoints.restore(s.earlier->state);
  const auto stop_if_asked = [&](run_type& r, const zer0::step_report& report) {
    step = report.step;
    r.stop = r.stop || stop_signal != 0;
  };
  const auto show_validation = [&](const run_type&, const zer0::step_report& report) {
    if (!val_loss) return;
    clear_line();
    std::cout << "step " << report.step << ": validation loss " << *val_loss
              << (*val_loss <= checkpoints.best_loss() ? ", the best so far" : "") << std::endl;
    log.validation(report.step, *val_loss);
    val_loss.reset();
  };
  zer0::training_report report;
  if (step < total_steps && stop_signal == 0)
    report = zer0::train(run, stop_if_asked, zer0::progress(o.log_interval), log, checkpoints, show_validation);
  return print_end(s, report, step, step >= total_steps, program);
}

int train(setup& s, const char* program) {
  std::signal(SIGXFSZ, SIG_IGN);  // a file over the limit is an error of that write, not the end
  stop_on({SIGINT, SIGTERM});
  if (s.o.n_threads > 0) omp_set_num_threads(static_cast<int>(s.o.n_threads));
  int result = 0;
  const auto try_variant = [&]<class D>(const variant<D>& v) {
    if (v.flash == s.o.flash_attn && v.tied == s.config.tied) result = train_variant<D>(s, v.name, program);
  };
  std::apply([&](const auto&... v) { (try_variant(v), ...); }, variants);
  return result;
}

}  // namespace

int main(int argc, char** argv) try {
  auto s = read_options(argc, argv);
  return s ? train(*s, argv[0]) : 0;
} catch (const usage_error& e) {
  clear_line();
  std::cerr << "train: " << e.what() << '\n';
  return 2;
} catch (const std::bad_alloc&) {
  std::cerr << "train: there is not enough memory; lower --batch_size, --max_seq_len or the sizes of the model\n";
  return 1;
} catch (const std::exception& e) {
  clear_line();
  std::cerr << "train: " << e.what() << '\n';
  return 1;
}
