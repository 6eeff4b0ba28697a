// Does a model of these sizes learn, save, load and generate on this device?
#pragma once

#include <zer0/checkpoint/checkpoint.hpp>
#include <zer0/core/types.hpp>
#include <zer0/data/detail/permutation.hpp>
#include <zer0/device/ops/elements.hpp>
#include <zer0/generate/generate.hpp>
#include <zer0/optim/schedule/warmup_stable_decay.hpp>
#include <zer0/recipe/trainer.hpp>
#include <zer0/testing/gradient_check.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <sstream>
#include <string>
#include <type_traits>
#include <vector>

namespace zer0 {

struct self_check_options {
  std::filesystem::path folder;  ///< a checkpoint is written into it, and removed at the end
  std::uint64_t seed = 42;       ///< of the random tokens that the model learns
  std::function<bool()> asks_to_stop = {};  ///< true ends it after the current part
};

/// What a part of the check found.
struct self_check_finding {
  std::string part;  ///< "gradients", "learns", "resumes", "generates"
  bool good = false;
  std::string text = {};  ///< what was found, for people
};

/// Trains `model` on two short sequences in which no token occurs twice, and checks four things:
/// the gradients agree with finite differences, the loss falls to nearly 0, the next step is the
/// same bit for bit after saving and loading, and generation repeats what was learned. Meant for a
/// composition or a device of your own.
///
///   zer0::self_check check(llm, {.folder = "out"});
///   check([](const zer0::self_check_finding& f) {
///     std::cout << f.part << ": " << f.text << '\n';
///   });
///
/// The check changes the model's weights. Memory: that of a trainer.
template <class Model>
class self_check {
 public:
  /// Throws zer0::error for a vocabulary or a context too small for two sequences.
  explicit self_check(Model& model, self_check_options options)
      : model_(model),
        options_(std::move(options)),
        learning_rate_(std::clamp(3e-3 * std::sqrt(128.0 / static_cast<double>(model.sizes().dim)),
                                  5e-4, 1e-2)),
        trainer_(model, {.total_steps = most_steps, .seed = options_.seed, .dropout = false}, {},
                 {.weight_decay = 0}, {learning_rate_, 10}),
        length_(std::min(
            {index_t{24}, model.sizes().max_seq_len - 1, model.sizes().vocab_size / 2 - 1})) {
    require(length_ >= 1,
            "the self-check needs a vocabulary of at least 4 tokens and a max_seq_len of 2, not ",
            model.sizes().vocab_size, " and ", model.sizes().max_seq_len);
    make_batch();
  }

  /// Calls `tell` with each finding. Returns true if all are good and the check was not stopped.
  bool operator()(const std::function<void(const self_check_finding&)>& tell) {
    const bool gradients_hold = part("gradients", tell, [&] { return gradients(); });
    const bool learned = part("learns", tell, [&] { return learns(); });
    const bool resumed = part("resumes", tell, [&] { return resumes(); });
    const bool generated = part("generates", tell, [&] { return generates(); });
    return gradients_hold && learned && resumed && generated;
  }

 private:
  static constexpr index_t most_steps = 400;

  [[nodiscard]] bool stopped() const { return options_.asks_to_stop && options_.asks_to_stop(); }

  bool part(const char* name, const std::function<void(const self_check_finding&)>& tell,
            const std::function<self_check_finding()>& check) {
    if (stopped()) return false;
    self_check_finding found;
    try {
      found = check();
    } catch (const std::exception& e) {
      found = {{}, false, e.what()};
    }
    found.part = name;
    tell(found);
    return found.good;
  }

  template <class... Parts>
  static std::string text(const Parts&... parts) {
    std::ostringstream out;
    out.precision(3);
    (out << ... << parts);
    return out.str();
  }

  void make_batch() {
    const detail::permutation order(options_.seed, 0, model_.sizes().vocab_size);
    token_batch& b = window_.front();
    b.starts = {0};
    for (index_t s = 0; s < 2; ++s) {
      for (index_t i = 0; i < length_; ++i) {
        const index_t at = s * (length_ + 1) + i;
        b.ids.push_back(static_cast<token_id>(order(at)));
        b.targets.push_back(static_cast<token_id>(order(at + 1)));
      }
      b.starts.push_back(static_cast<std::int32_t>(b.ids.size()));
    }
    b.weights.assign(b.ids.size(), 1);
  }

  /// Along random directions through all weights: the effect of one weight is lost in float's
  /// rounding.
  self_check_finding gradients() {
    using real = typename Model::real;
    if (has_experts())
      return {{},
              true,
              "not compared with finite differences: a step of a weight changes which experts are "
              "chosen"};
    if constexpr (std::is_same_v<real, float>) {
      trainer_.begin_step();
      trainer_.accumulate(window_.front());
      const std::span<const float> gradient = model_.gradients();
      const auto loss = [&] { return trainer_.evaluate(window_.front()).loss_sum; };
      const auto report = check_gradient(model_.device(), model_.weights(), gradient, loss,
                                         {.coordinates = 0, .directions = 3, .step = 0.002});
      return {{},
              report.worst < 1e-2,
              text("differ from finite differences by ", report.worst, " at most, relative")};
    } else {
      return {{},
              true,
              "not compared with finite differences, for which this number format is too coarse"};
    }
  }

  [[nodiscard]] bool has_experts() const {
    for (const auto& entry : model_.parameters())
      for (const parameter_part& p : entry.value->parts)
        if (p.name.starts_with("experts.")) return true;
    return false;
  }

  self_check_finding learns() {
    const double first = trainer_.evaluate(window_.front()).mean();
    double loss = first;
    index_t steps = 0;
    for (; steps < most_steps && loss > 0.02 && !stopped(); ++steps)
      loss = trainer_.step(window_).loss;
    return {{},
            loss <= 0.02,
            text("loss ", first, " to ", loss, " on ", 2 * length_, " tokens in ", steps,
                 " steps at learning rate ", learning_rate_)};
  }

  /// The step after saving and loading must equal the step that would have come without loading.
  self_check_finding resumes() {
    const std::filesystem::path checkpoint = options_.folder / "self_check";
    const struct removal {
      const std::filesystem::path& path;
      ~removal() {
        std::error_code none;
        std::filesystem::remove_all(path, none);
      }
    } at_the_end{checkpoint};
    std::filesystem::create_directories(options_.folder);
    save_checkpoint(trainer_, {.micro_steps = trainer_.micro_steps()}, checkpoint);
    const step_report next = trainer_.step(window_);
    (void)load_checkpoint(trainer_, checkpoint);
    const step_report again = trainer_.step(window_);
    const bool same = next.loss == again.loss && next.gradient_norm == again.gradient_norm;
    return {{},
            same,
            same ? "saved, loaded, and the next step is the same bit for bit"
                 : text("the next step after loading has loss ", again.loss, ", not ", next.loss)};
  }

  /// From their first tokens both sequences must go on as learned, a token at a time through the
  /// cache.
  self_check_finding generates() {
    const token_batch& b = window_.front();
    std::vector<std::vector<token_id>> prompts, expected;
    for (std::size_t s = 0; s < 2; ++s) {
      const auto begin = static_cast<std::ptrdiff_t>(b.starts[s]),
                 end = static_cast<std::ptrdiff_t>(b.starts[s + 1]);
      prompts.push_back({b.ids[static_cast<std::size_t>(begin)]});
      expected.emplace_back(b.targets.begin() + begin, b.targets.begin() + end);
    }
    const auto tokens =
        generate_tokens(model_, prompts, {.rules = {.temperature = 0}, .max_new_tokens = length_});
    const bool same = tokens == expected;
    return {
        {}, same, same ? "goes on with what it learned" : "does not go on with what it learned"};
  }

  Model& model_;
  self_check_options options_;
  double learning_rate_;
  trainer<Model, cross_entropy, adamw, constant_rate> trainer_;
  index_t length_;  // of a sequence, and of its targets
  std::vector<token_batch> window_{1};
};

}  // namespace zer0
