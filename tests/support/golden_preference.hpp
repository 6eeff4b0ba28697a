// Goldens of preference losses: log-probabilities of answers, losses and gradients for each tag.
#pragma once

#include "support/golden_model.hpp"
#include <zer0/loss/preference.hpp>
#include <zer0/recipe/sequence_scorer.hpp>
#include <zer0/recipe/trainer.hpp>

#include <string>
#include <vector>

namespace support::golden {
namespace detail {

/// "cdpo_b0.1_ls0.1": the loss's name and its numbers.
inline zer0::any_preference policy_of(const std::string& tag) {
  using kind = zer0::any_preference::kind;
  zer0::any_preference policy;
  const auto number = [&](const std::string& key, double otherwise) {
    const auto at = tag.find("_" + key);
    return at == std::string::npos ? otherwise : std::stod(tag.substr(at + 1 + key.size()));
  };
  policy.beta = number("b", 0);
  policy.label_smoothing = number("ls", 0);
  policy.gamma = number("g", 0);
  const std::string name = tag.substr(0, tag.find('_'));
  if (name == "dpo" || name == "cdpo") return policy;
  policy.which = name == "orig"    ? kind::reference_mean
                 : name == "ipo"   ? kind::ipo
                 : name == "hinge" ? kind::hinge
                 : name == "simpo" ? kind::simpo
                                   : kind::orpo;
  zer0::require(policy.which != kind::orpo || name == "orpo", "golden: there is no loss called ",
                name);
  return policy;
}

/// The file has all chosen answers, then all rejected ones; zer0 has them pair by pair.
inline std::vector<index_t> rows_by_pair(index_t rows) {
  std::vector<index_t> order;
  for (index_t pair = 0; pair < rows / 2; ++pair)
    order.insert(order.end(), {pair, rows / 2 + pair});
  return order;
}
inline zer0::token_batch pairs_of(file& f, const std::vector<index_t>& rows) {
  zer0::token_batch all;
  all.starts = {0};
  for (const index_t row : rows) {
    const zer0::token_batch one = batch_of(f, row, 1);
    all.ids.insert(all.ids.end(), one.ids.begin(), one.ids.end());
    all.targets.insert(all.targets.end(), one.targets.begin(), one.targets.end());
    all.weights.insert(all.weights.end(), one.weights.begin(), one.weights.end());
    all.starts.push_back(static_cast<std::int32_t>(all.tokens()));
  }
  return all;
}

/// The scores of all rows, in the order of the file; compares them, and the log-probability of
/// every label.
template <class Model>
numbers compare_scores(file& f, verdict& v, Model& m, const std::string& whose) {
  const index_t rows = f.size("input_ids", 0);
  zer0::token_batch batch = batch_of(f, 0, rows);
  zer0::sequence_scorer<Model> score(m);
  const auto scores = score(batch);
  const numbers sums(scores.begin(), scores.end());
  v.compare(f, whose + "_seq_logprob_sum", sums, allow::log_probability);
  // Every label as a sequence of targets of its own: one weight at a time.
  numbers labels;
  for (std::size_t t = 0; t < static_cast<std::size_t>(f.size("input_ids", 1)); ++t) {
    for (std::size_t i = 0; i < batch.weights.size(); ++i)
      batch.weights[i] = i % static_cast<std::size_t>(f.size("input_ids", 1)) == t ? 1 : 0;
    const auto column = score(batch);
    labels.insert(labels.end(), column.begin(), column.end());
  }
  numbers by_row;
  const auto count = static_cast<std::size_t>(rows);
  for (std::size_t row = 0; row < count; ++row)
    for (std::size_t t = row; t < labels.size(); t += count) by_row.push_back(labels[t]);
  v.compare(f, whose + "_logprobs", by_row, allow::log_probability);
  return sums;
}

template <class Model>
void compare_losses(file& f, verdict& v, Model& m, const numbers& references) {
  using zer0::adamw, zer0::any_preference, zer0::cosine, zer0::per_pair, zer0::preference;
  using trainer_type = zer0::trainer<Model, preference<any_preference>, adamw, cosine, per_pair>;
  const std::vector<index_t> order = rows_by_pair(f.size("input_ids", 0));
  const auto with_references = [&](const std::vector<index_t>& rows) {
    zer0::token_batch batch = pairs_of(f, rows);
    for (const index_t row : rows)
      batch.references.push_back(references[static_cast<std::size_t>(row)]);
    return batch;
  };
  const zer0::token_batch batch = with_references(order);
  for (const std::string& key : f.keys("loss.")) {
    const std::string tag = key.substr(5);
    trainer_type trainer(m, {}, {policy_of(tag)});
    v.compare_scalar(f, key, trainer.evaluate(batch).mean(), allow::loss);
    if (!f.has("grad_" + tag + ".norm.weight")) continue;
    fill(m.device(), {m.gradients().data(), 1, m.parameters().elements()}, 0);
    trainer.accumulate(batch);
    const double pairs = static_cast<double>(order.size()) / 2;
    v.compare_scalar(f, "grad_norm." + tag,
                     std::sqrt(squared_norm(m.device(), m.gradients())) / pairs, allow::loss);
    for_each_part(m, [&](const std::string& name, auto, auto grad, const std::vector<index_t>&) {
      numbers mean = fetch(m.device(), grad);
      for (double& g : mean) g /= pairs;
      v.compare(f, "grad_" + tag + "." + name, mean, allow::model_gradient);
    });
  }

  // One pair at a time, by what the losses report.
  numbers sums, averages, chosen, rejected;
  trainer_type summed(m, {}, {{.beta = 0.1}});
  trainer_type averaged(m, {}, {{.which = any_preference::kind::ipo, .beta = 1}});
  for (std::size_t i = 0; i < order.size(); i += 2) {
    const zer0::token_batch pair = with_references({order[i], order[i + 1]});
    const zer0::metric_list metrics = summed.evaluate(pair).metrics();
    sums.push_back(metrics.at("logratios/chosen") - metrics.at("logratios/rejected"));
    averages.push_back(averaged.evaluate(pair).metrics().at("rewards/margins"));
    chosen.push_back(metrics.at("rewards/chosen"));
    rejected.push_back(metrics.at("rewards/rejected"));
  }
  chosen.insert(chosen.end(), rejected.begin(), rejected.end());
  v.compare(f, "pair_logit_sum", sums, allow::activation);
  v.compare(f, "pair_logit_avg", averages, allow::activation);
  v.compare(f, "reward_b0.1", chosen, allow::activation);
}

}  // namespace detail

/// Whatever the file holds, on every device with every kernel.
inline void check_preference(file& f, verdict& v) {
  const zer0::dims sizes = sizes_of(f);
  on_each_kernel(v, [&]<class D, class Kernel>(std::type_identity<D>, std::type_identity<Kernel>) {
    zer0::model<plain_decoder<Kernel>, D> m(sizes);
    load_parameters(m, f, "ref.");
    const numbers references = detail::compare_scores(f, v, m, "ref");
    load_parameters(m, f, "policy.");
    (void)detail::compare_scores(f, v, m, "policy");
    detail::compare_losses(f, v, m, references);
  });
}

}  // namespace support::golden
