// The reference model of --mode dpo: its log-probabilities, from a file beside the data or computed
// now.
#pragma once

#include "support/terminal.hpp"
#include "train/setup.hpp"
#include "train/training_data.hpp"
#include <zer0/loss/preference.hpp>
#include <zer0/recipe/sequence_scorer.hpp>

#include <iostream>
#include <string>
#include <utility>
#include <vector>

namespace program {

inline zer0::any_preference chosen_preference(const train_options& o) {
  return {zer0::any_preference::named(o.dpo_loss), o.dpo_beta, o.dpo_label_smoothing,
          o.simpo_gamma};
}

/// Gives pairs of a file the log-probabilities of their answers under the reference model, and says
/// where they are.
template <class Model>
void give_references(const train_setup& s, zer0::reference_model<Model>& reference,
                     zer0::preference_data& pairs, const fs::path& file) {
  const std::vector<fs::path> folders{file.parent_path(), s.directory};
  zer0::kept_scores kept =
      reference.scores(pairs, file.filename().string(), folders, show_percent("reference model"));
  if (!kept.not_in_first.empty())
    std::cerr << "note: " << kept.not_in_first
              << "; the reference's log-probabilities are kept in the run's folder\n";
  std::cout << "reference ";
  if (kept.computed) std::cout << reference.source().string() << ", kept in ";
  std::cout << kept.file.string() << '\n';
  pairs.set_references(std::move(kept.scores));
}

/// Does nothing in other modes, or for a loss that needs no reference. A run that is resumed needs
/// the reference model itself only if the file of its log-probabilities is gone.
template <class Model>
void prepare_references(train_setup& s, Model& model, const training_data& data) {
  if (data.train_pairs == nullptr || !chosen_preference(s.o).needs_reference()) return;
  const std::string source = s.o.ref_model_path == "none" ? s.start.string() : s.o.ref_model_path;
  const auto then =
      s.earlier ? s.earlier->state.run->value("reference", nlohmann::json::object()) : nullptr;
  auto reference = s.earlier
                       ? zer0::reference_model<Model>(model, then.value("model", s.start.string()),
                                                      then.value("weights", std::uint64_t{0}))
                       : zer0::reference_model<Model>(model, source);
  s.run["reference"] = {{"model", reference.source().string()}, {"weights", reference.weights()}};
  give_references(s, reference, *data.train_pairs, s.o.data_path);
  if (data.val_pairs)
    give_references(s, reference, *data.val_pairs,
                    s.o.val_path == "none" ? s.o.data_path : s.o.val_path);
}

}  // namespace program
