// For how many pairs of answers a model finds the chosen answer more likely.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/core/types.hpp>
#include <zer0/data/encoders.hpp>
#include <zer0/data/record_view.hpp>
#include <zer0/recipe/sequence_scorer.hpp>

#include <functional>
#include <vector>

namespace zer0 {

struct preference_report {
  index_t pairs = 0;      ///< pairs compared: all that fit, unless `progress` ended it
  index_t fitting = 0;    ///< pairs that fit into the model's context
  index_t too_long = 0;   ///< pairs left out because one of the answers does not fit
  index_t right = 0;      ///< pairs whose chosen answer is the more likely one
  double margin_sum = 0;  ///< sum over pairs of log p(chosen) - log p(rejected), in nats

  /// right / pairs, 0 if there are none.
  [[nodiscard]] double accuracy() const { return mean(static_cast<double>(right)); }
  [[nodiscard]] double margin() const { return mean(margin_sum); }

 private:
  [[nodiscard]] double mean(double sum) const {
    return pairs > 0 ? sum / static_cast<double>(pairs) : 0;
  }
};

namespace detail {

/// Two conversations of one sequence each; only the tokens of the answer that differs have weight.
struct encoded_pair {
  token_batch chosen, rejected;
};

/// The pairs that fit into `context` tokens; `too_long` counts the others.
std::vector<encoded_pair> encode_pairs(const record_view<preference_records>& pairs,
                                       const conversation_encoder& encode, index_t context,
                                       index_t& too_long);

}  // namespace detail

/// Compares log p of the two answers of each pair: the sum over the tokens after the messages that
/// both sides share, including the token that ends an answer. This is the model's own preference,
/// without a reference model. `progress` gets the fraction that is done; if it returns false, the
/// report is of the pairs so far. Throws
/// zer0::error naming file and line for a pair that cannot be encoded. Memory: the tokens of all
/// pairs.
///
///   const zer0::preference_records pairs("pairs.jsonl");
///   std::cout << zer0::preference_accuracy(llm, pairs, encode).accuracy();
template <class Model>
preference_report preference_accuracy(Model& model, const record_view<preference_records>& pairs,
                                      const conversation_encoder& encode,
                                      const std::function<bool(double)>& progress = {}) {
  preference_report report;
  const std::vector<detail::encoded_pair> encoded =
      detail::encode_pairs(pairs, encode, model.sizes().max_seq_len, report.too_long);
  report.fitting = static_cast<index_t>(encoded.size());
  sequence_scorer<Model> score(model);
  for (const detail::encoded_pair& pair : encoded) {
    const double margin = score(pair.chosen).front() - score(pair.rejected).front();
    report.margin_sum += margin;
    if (margin > 0) ++report.right;
    ++report.pairs;
    if (progress &&
        !progress(static_cast<double>(report.pairs) / static_cast<double>(report.fitting)))
      break;
  }
  return report;
}

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/recipe/detail/preference_accuracy.ipp>
#endif
