// `train --mode test`: does a model of these sizes learn, save, load and generate on this device?
#pragma once

#include "signals.hpp"
#include "terminal.hpp"
#include "train_setup.hpp"
#include <zer0/data/shuffle.hpp>
#include <zer0/generate/generate.hpp>
#include <zer0/io/checkpoint.hpp>
#include <zer0/optim/schedule/constant.hpp>
#include <zer0/recipe/trainer.hpp>
#include <zer0/testing/gradient_check.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <iostream>
#include <sstream>
#include <string>
#include <type_traits>
#include <vector>

namespace program {

/// Trains the model on two short sequences in which no token occurs twice, and looks at what comes of it. Each check
/// prints a line; nothing is left in the folder.
template <class Trainer, class Model>
class self_check {
 public:
  self_check(Model& model, const train_options& o, const fs::path& folder)
      : model_(model),
        folder_(folder),
        has_experts_(o.use_moe),
        learning_rate_(std::clamp(3e-3 * std::sqrt(128.0 / static_cast<double>(model.sizes().dim)), 5e-4, 1e-2)),
        trainer_(model, {.total_steps = most_steps, .seed = o.seed, .dropout = false}, {}, {.weight_decay = 0},
                 zer0::constant_rate{learning_rate_, 10}, {}),
        length_(std::min({index_t{24}, model.sizes().max_seq_len - 1, model.sizes().vocab_size / 2 - 1})) {
    zer0::require(length_ >= 1, "the self-check needs a vocabulary of at least 4 tokens and a max_seq_len of 2");
    make_batch(o.seed);
  }

  /// The exit code of the program: 0 if all is well.
  int run() {
    part("gradients", [&] { return gradients(); });
    part("learns", [&] { return learns(); });
    part("resumes", [&] { return resumes(); });
    part("generates", [&] { return generates(); });
    if (stop_signal != 0) return 128 + stop_signal;
    std::cout << "self-check: " << (failed_.empty() ? "pass" : "failed: " + failed_) << std::endl;
    return failed_.empty() ? 0 : 1;
  }

 private:
  static constexpr index_t most_steps = 400;

  /// What a check found: nothing bad, or not.
  struct finding {
    bool good = false;
    std::string text;
  };

  void part(const std::string& name, const std::function<finding()>& check) {
    if (stop_signal != 0) return;
    finding f;
    try {
      f = check();
    } catch (const std::exception& e) {
      f = {false, e.what()};
    }
    if (!f.good) failed_ += (failed_.empty() ? "" : ", ") + name;
    std::cout << name << std::string(10 - name.size(), ' ') << (f.good ? "pass" : "failed") << ": " << f.text
              << std::endl;
  }

  template <class... Parts>
  static std::string text(const Parts&... parts) {
    std::ostringstream out;
    out.precision(3);
    (out << ... << parts);
    return out.str();
  }

  void make_batch(std::uint64_t seed) {
    const zer0::permutation order(seed, 0, model_.sizes().vocab_size);
    zer0::token_batch& b = window_.front();
    b.starts = {0};
    for (index_t s = 0; s < 2; ++s) {
      for (index_t i = 0; i < length_; ++i) {
        const index_t at = s * (length_ + 1) + i;
        b.ids.push_back(static_cast<zer0::token_id>(order(at)));
        b.targets.push_back(static_cast<zer0::token_id>(order(at + 1)));
      }
      b.starts.push_back(static_cast<std::int32_t>(b.ids.size()));
    }
    b.weights.assign(b.ids.size(), 1);
  }

  /// Along random directions through all weights: single ones disappear in the rounding of float.
  finding gradients() {
    using real = typename Trainer::real;
    if (has_experts_)
      return {true, "not compared with finite differences: a step of a weight changes which experts are chosen"};
    if constexpr (std::is_same_v<real, float>) {
      zer0::fill(model_.device(), {model_.gradients().data(), 1, static_cast<index_t>(model_.gradients().size())}, 0);
      trainer_.accumulate(window_.front());
      const std::span<const float> gradient = model_.gradients();
      const auto loss = [&] { return trainer_.evaluate(window_.front()).loss_sum; };
      const auto report = zer0::check_gradient(model_.device(), model_.weights(), gradient, loss,
                                               {.coordinates = 0, .directions = 3, .step = 0.002});
      return {report.worst < 1e-2, text("differ from finite differences by ", report.worst, " at most, relative")};
    } else {
      return {true, "not compared with finite differences, for which this number format is too coarse"};
    }
  }

  finding learns() {
    const double first = trainer_.evaluate(window_.front()).mean();
    double loss = first;
    index_t steps = 0;
    for (; steps < most_steps && loss > 0.02 && stop_signal == 0; ++steps) loss = trainer_.step(window_).loss;
    return {loss <= 0.02, text("loss ", first, " to ", loss, " on ", 2 * length_, " tokens in ", steps,
                               " steps at learning rate ", learning_rate_)};
  }

  /// A step after loading is the step that would have come.
  finding resumes() {
    const fs::path checkpoint = folder_ / "self_check";
    const auto removed = [&] {
      std::error_code none;
      fs::remove_all(checkpoint, none);
      fs::remove(folder_, none);  // if it is empty
      fs::remove(folder_.parent_path(), none);
    };
    try {
      fs::create_directories(folder_);
      zer0::save_checkpoint(trainer_, {.micro_steps = trainer_.micro_steps()}, checkpoint);
      const zer0::step_report next = trainer_.step(window_);
      (void)zer0::load_checkpoint(trainer_, checkpoint);
      const zer0::step_report again = trainer_.step(window_);
      removed();
      const bool same = next.loss == again.loss && next.gradient_norm == again.gradient_norm;
      return {same, same ? "saved, loaded, and the next step is the same bit for bit"
                         : text("the next step after loading has loss ", again.loss, ", not ", next.loss)};
    } catch (...) {
      removed();
      throw;
    }
  }

  /// The first tokens of both sequences are gone on with as was learned: through the cache, a token at a time.
  finding generates() {
    const zer0::token_batch& b = window_.front();
    std::vector<std::vector<zer0::token_id>> prompts, expected;
    for (std::size_t s = 0; s < 2; ++s) {
      const auto begin = static_cast<std::ptrdiff_t>(b.starts[s]), end = static_cast<std::ptrdiff_t>(b.starts[s + 1]);
      prompts.push_back({b.ids[static_cast<std::size_t>(begin)]});
      expected.emplace_back(b.targets.begin() + begin, b.targets.begin() + end);
    }
    const auto tokens =
        zer0::generate_tokens(model_, prompts, {.rules = {.temperature = 0}, .max_new_tokens = length_});
    const bool same = tokens == expected;
    return {same, same ? "goes on with what it learned" : "does not go on with what it learned"};
  }

  Model& model_;
  fs::path folder_;
  bool has_experts_;
  double learning_rate_;
  Trainer trainer_;
  index_t length_;  // of a sequence, and of its targets
  std::vector<zer0::token_batch> window_{1};
  std::string failed_;
};

}  // namespace program
