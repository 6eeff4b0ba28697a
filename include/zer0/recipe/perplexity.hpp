// The perplexity of texts under a model.
#pragma once

#include <zer0/data/encoders.hpp>
#include <zer0/data/record_view.hpp>
#include <zer0/recipe/sequence_scorer.hpp>

#include <algorithm>
#include <cmath>
#include <exception>
#include <functional>
#include <string>
#include <vector>

namespace zer0 {

struct perplexity_options {
  index_t batch_tokens = 4096;  ///< go through the model together; a longer text goes alone
  std::function<bool(double)> progress =
      {};  ///< called with the fraction that is done; false stops there
};

struct perplexity_report {
  double loss_sum = 0;  ///< sum of -log p, natural logarithm
  index_t tokens = 0;   ///< tokens that were predicted
  index_t texts = 0;

  [[nodiscard]] double loss() const {
    return tokens > 0 ? loss_sum / static_cast<double>(tokens) : 0;
  }
  [[nodiscard]] double perplexity() const { return std::exp(loss()); }
};

/// exp of the mean of -log p over all tokens of all texts. Each text is bos + text + eos, as far as
/// the tokenizer has these, and does not see other texts. Each token is predicted from all tokens
/// before it in its text. But a text longer than the model's max_seq_len is cut into windows of
/// that length, which do not see each other. Throws zer0::error naming file and line for a text
/// that cannot be encoded.
///
///   const zer0::pretrain_records texts("texts.jsonl");
///   std::cout << zer0::perplexity(llm, texts, zer0::document_encoder(tok)).perplexity();
template <class Model>
perplexity_report perplexity(Model& model, const record_view<pretrain_records>& texts,
                             const document_encoder& encode,
                             const perplexity_options& options = {}) {
  sequence_scorer<Model> score(model);
  std::string text;
  std::vector<token_id> tokens;
  perplexity_report report;
  token_batch batch;
  const auto flush = [&] {
    if (batch.ids.empty()) return;
    for (const double log_p : score(batch)) report.loss_sum -= log_p;
    batch = {};
  };
  for (index_t i = 0; i < texts.size(); ++i) {
    texts.read(i, text);
    try {
      encode(text, tokens);
    } catch (const std::exception& e) {
      fail(texts.where(i), ": ", e.what());
    }
    const auto targets = static_cast<index_t>(tokens.size()) - 1;
    for (index_t from = 0; from < targets;) {
      const index_t length = std::min(model.sizes().max_seq_len, targets - from);
      if (batch.tokens() + length > options.batch_tokens) flush();
      if (batch.starts.empty()) batch.starts.push_back(0);
      const auto first = tokens.begin() + from;
      batch.ids.insert(batch.ids.end(), first, first + length);
      batch.targets.insert(batch.targets.end(), first + 1, first + 1 + length);
      batch.weights.resize(batch.ids.size(), 1);
      batch.starts.push_back(static_cast<std::int32_t>(batch.ids.size()));
      report.tokens += length;
      from += length;
    }
    ++report.texts;
    if (options.progress &&
        !options.progress(static_cast<double>(i + 1) / static_cast<double>(texts.size())))
      break;
  }
  flush();
  return report;
}

}  // namespace zer0
