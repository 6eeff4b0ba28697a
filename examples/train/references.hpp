// The reference model of --mode dpo: its log-probabilities, from a file beside the data or computed
// now.
#pragma once

#include "support/terminal.hpp"
#include "train/setup.hpp"
#include "train/training_data.hpp"
#include <zer0/loss/preference.hpp>
#include <zer0/recipe/sequence_scorer.hpp>

#include <iostream>
#include <optional>
#include <string>
#include <vector>

namespace program {

inline zer0::any_preference chosen_preference(const train_options& o) {
  using kind = zer0::any_preference::kind;
  const kind which = o.dpo_loss == "reference_mean" ? kind::reference_mean
                     : o.dpo_loss == "ipo"          ? kind::ipo
                     : o.dpo_loss == "hinge"        ? kind::hinge
                     : o.dpo_loss == "simpo"        ? kind::simpo
                     : o.dpo_loss == "orpo"         ? kind::orpo
                                                    : kind::sigmoid;
  return {which, o.dpo_beta, o.dpo_label_smoothing, o.simpo_gamma};
}

/// Gives the data the log-probabilities of its answers under the reference model. A run that is
/// resumed needs the model itself only if their file is gone.
template <class Model>
class references {
 public:
  references(train_setup& s, Model& model) : s_(s), model_(model) {
    if (s.earlier) {
      const auto then = s.earlier->state.run->value("reference", nlohmann::json::object());
      source_ = then.value("model", s.start.string());
      weights_ = then.value("weights", std::uint64_t{0});
    } else {
      source_ = s.o.ref_model_path == "none" ? s.start.string() : s.o.ref_model_path;
      load();
    }
    s.run["reference"] = {{"model", source_}, {"weights", weights_}};
  }

  void give_to(pair_stream& pairs, const fs::path& data_path) {
    const std::string name = data_path.filename().string();
    const auto file_in = [&](const fs::path& folder) {
      return zer0::reference_file(folder, name, weights_, pairs.fingerprint());
    };
    for (const zer0::reference_file& file :
         {file_in(data_path.parent_path()), file_in(s_.directory)})
      if (std::optional<std::vector<double>> scores = file.read(pairs.pairs())) {
        std::cout << "reference " << file.path().string() << '\n';
        return pairs.set_references(std::move(*scores));
      }
    if (!loaded_) load();
    std::vector<double> scores =
        zer0::reference_scores(model_, pairs, show_percent("reference model"));
    std::cout << "reference " << source_ << ", kept in "
              << keep(file_in(data_path.parent_path()), file_in(s_.directory), scores).string()
              << '\n';
    pairs.set_references(std::move(scores));
  }

 private:
  void load() {
    const auto own = zer0::config_of<typename Model::variant>(model_.sizes());
    if (const auto d = config_difference(own, source_, {zer0::size_use::result}))
      zer0::fail("the reference model ", source_, " has ", d->size.key, " ", d->second,
                 ", the model to train ", d->first,
                 "; --ref_model_path must name one that differs in its weights alone");
    zer0::load_weights(model_, source_);
    const std::uint64_t now = zer0::weights_fingerprint(model_);
    zer0::require(!s_.earlier || now == weights_, "the reference model ", source_,
                  " is not what the run was begun with, and the file of its log-probabilities is "
                  "gone; put back either");
    weights_ = now;
    loaded_ = true;
  }

  /// Where they could be written: beside the data, else in the run's folder.
  static fs::path keep(const zer0::reference_file& beside, const zer0::reference_file& in_run,
                       const std::vector<double>& scores) {
    try {
      beside.write(scores);
      return beside.path();
    } catch (const zer0::error& e) {
      std::cerr << "note: " << e.what()
                << "; the reference's log-probabilities are kept in the run's folder\n";
      in_run.write(scores);
      return in_run.path();
    }
  }

  train_setup& s_;
  Model& model_;
  std::string source_;
  std::uint64_t weights_ = 0;
  bool loaded_ = false;
};

/// Does nothing in other modes, or for a loss that needs no reference.
template <class Model>
void prepare_references(train_setup& s, Model& model, const training_data& data) {
  if (data.train_pairs == nullptr || !chosen_preference(s.o).needs_reference()) return;
  references<Model> of(s, model);
  of.give_to(*data.train_pairs, s.o.data_path);
  if (data.val_pairs)
    of.give_to(*data.val_pairs, s.o.val_path == "none" ? s.o.data_path : s.o.val_path);
}

}  // namespace program
