// What `train` prints before its first step and after its last.
#pragma once

#include "support/run_directory.hpp"
#include "support/terminal.hpp"
#include "train/setup.hpp"
#include <zer0/recipe/hook/stop_on_signals.hpp>
#include <zer0/recipe/training_loop.hpp>

#include <cmath>
#include <iostream>
#include <string>

namespace program {

template <class Model>
void print_model(const char* variant, Model& model) {
  const zer0::dims& d = model.sizes();
  std::cout << "model     " << variant << ", " << with_commas(model.parameters().elements())
            << " parameters: dim " << d.dim << ", " << d.n_layers << " layers, " << d.n_heads
            << " heads (" << d.kv_heads() << " key/value), feed-forward " << d.hidden()
            << ", vocabulary " << d.vocab_size << '\n';
  if (model.parameters().has_adapters())
    std::cout << "lora      " << with_commas(model.parameters().trained_elements())
              << " of them are trained: rank " << d.lora.rank << ", alpha " << d.lora.alpha
              << ", on " << d.lora.projections << '\n';
}

template <class Model, class Run>
void print_header(const train_setup& s, const char* variant, const std::string& device,
                  Model& model, const Run& run, const std::string& data) {
  const train_options& o = s.o;
  print_model(variant, model);
  if (s.starts_from_files()) std::cout << "start     " << s.start.string() << '\n';
  std::cout << "data      " << data << "\nschedule  " << with_commas(run.total_steps())
            << " steps (" << with_commas(run.steps_per_epoch()) << " an epoch) of "
            << o.accumulation_steps << " x " << o.batch_size << " rows of " << o.sizes.max_seq_len
            << " tokens; " << o.optimizer << ", learning rate " << value_text(o.learning_rate)
            << " " << o.lr_schedule << ", warmup " << o.warmup_iters << '\n';
  std::cout << "device    " << device << "\nrun       " << s.directory.string();
  if (s.earlier) std::cout << ", resumed at step " << s.earlier->state.step;
  std::cout << std::endl;
  if (o.warmup_iters >= run.total_steps())
    std::cerr << "note: the warmup (" << o.warmup_iters << " steps) is as long as the run\n";
}

/// Prints how it ended and what to do next; the exit code of the program.
inline int print_end(const train_setup& s, const zer0::training_report& report, index_t step,
                     const char* program) {
  const bool whole = report.complete;
  const fs::path last = s.folder->last(), best = s.folder->best();
  const auto line = [&](const char* what, const fs::path& link, const fs::path& to) {
    if (!to.empty()) std::cout << what << link.string() << " (" << to.filename().string() << ")\n";
  };
  std::cout << (whole ? "done: " : "stopped: ") << with_commas(step) << " steps";
  if (report.steps > 0)
    std::cout << "; " << with_commas(report.tokens) << " tokens in " << minutes(report.seconds)
              << " (" << with_commas(std::llround(report.tokens_per_second)) << " tokens/s), loss "
              << report.loss << '\n';
  else
    std::cout << ", none of them now\n";
  line("last      ", s.directory / "last", last);
  line("best      ", s.directory / "best", best);
  std::cout << "log       " << (s.directory / "log.jsonl").string() << '\n';
  const std::string mode = s.o.mode == "pretrain" ? "" : " --mode " + s.o.mode;
  const std::string options = " --out_dir " + s.directory.parent_path().string() + " --dim " +
                              std::to_string(s.o.sizes.dim);
  if (!whole && !last.empty())
    std::cout << "go on     " << program << " --resume" << mode << options << '\n';
  if (whole && !last.empty())
    std::cout << "talk      " << (fs::path(program).parent_path() / "eval").string()
              << (mode.empty() ? "" : " --model_mode 1") << options << '\n';
  std::cout << std::flush;
  const bool saved = last == s.folder->checkpoint(step);
  zer0::require(saved || !s.o.save_last || report.steps == 0,
                "the state at the end could not be saved; see the warning above");
  return whole ? 0 : 128 + zer0::stop_on_signals::received();
}

}  // namespace program
