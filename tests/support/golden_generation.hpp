// Goldens of generation: the sampler by itself, and continuations of a model.
#pragma once

#include "support/golden_model.hpp"
#include <zer0/core/sampling.hpp>
#include <zer0/generate/generate.hpp>

#include <algorithm>
#include <cfloat>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace support::golden {
namespace detail {

using tokens = std::vector<zer0::token_id>;

/// From "rp=1.1 temperature=0.85 top_p=0.85"; top_p may be "none".
inline zer0::sampling sampling_of(const file& f, const std::string& key) {
  zer0::sampling rules{.temperature = 1, .top_p = 1, .rule = zer0::repetition_rule::reference};
  std::istringstream words(f.text(key));
  for (std::string word; words >> word;) {
    const std::size_t equals = word.find('=');
    zer0::require(equals != std::string::npos, f.name(), ": the metadata's ", key,
                  " has no value in \"", word, "\"");
    const std::string name = word.substr(0, equals), value = word.substr(equals + 1);
    if (value == "none") continue;
    double number = 0;
    const auto [end, problem] = std::from_chars(value.data(), value.data() + value.size(), number);
    zer0::require(problem == std::errc{} && end == value.data() + value.size(), f.name(),
                  ": the metadata's ", key, " has no number in \"", word, "\"");
    if (name == "rp")
      rules.repetition_penalty = number;
    else if (name == "temperature")
      rules.temperature = number;
    else if (name == "top_p")
      rules.top_p = number;
    else
      zer0::fail(f.name(), ": the metadata's ", key, " has an unknown setting \"", word, "\"");
  }
  return rules;
}

template <class Numbers>
zer0::token_id largest(const Numbers& x) {
  return static_cast<zer0::token_id>(std::ranges::max_element(x) - std::ranges::begin(x));
}

/// Which tokens have a probability that a float can hold.
inline std::vector<bool> kept(const numbers& probabilities) {
  std::vector<bool> out;
  for (const double p : probabilities) out.push_back(p >= static_cast<double>(FLT_MIN));
  return out;
}

/// Probabilities after each of the logits (steps, V), the history growing by `ids`.
inline void compare_probabilities(file& f, verdict& v, const std::string& prefix,
                                  const zer0::sampling& rules, const tokens& prompt,
                                  const std::vector<std::vector<float>>& logits) {
  const tokens ids = f.ids(prefix + "ids");
  zer0::require(logits.size() == ids.size(), f.name(), ": ", prefix, "ids has ", ids.size(),
                " tokens for ", logits.size(), " rows of logits");
  zer0::sampler choose(rules);
  tokens history = prompt;
  tokens chosen;
  numbers all;
  for (std::size_t j = 0; j < ids.size(); ++j) {
    const auto p = choose.probabilities(logits[j], history);
    all.insert(all.end(), p.begin(), p.end());
    chosen.push_back(largest(p));
    history.push_back(ids[j]);
  }
  v.compare(f, prefix + "probs", all, allow::probability);
  v.equal(prefix + "probs: tokens kept", kept(all), kept(f.values(prefix + "probs")));
  v.equal(prefix + "ids", chosen, ids);
}

inline std::vector<std::vector<float>> float_rows(const numbers& all, index_t rows) {
  const index_t width = static_cast<index_t>(all.size()) / std::max<index_t>(rows, 1);
  std::vector<std::vector<float>> out(static_cast<std::size_t>(rows));
  for (index_t i = 0; i < rows; ++i)
    for (index_t j = 0; j < width; ++j)
      out[static_cast<std::size_t>(i)].push_back(
          static_cast<float>(all[static_cast<std::size_t>(i * width + j)]));
  return out;
}

}  // namespace detail

inline void check_sampling(file& f, verdict& v) {
  for (index_t i = 0; f.has("case." + std::to_string(i) + ".probs"); ++i) {
    const std::string name = "case." + std::to_string(i);
    const auto logits = detail::float_rows(f.values(name + ".logits"), f.size(name + ".logits", 0));
    detail::compare_probabilities(f, v, name + ".", detail::sampling_of(f, name),
                                  f.ids(name + ".prompt"), logits);
  }
}

namespace detail {

/// The logits of each sequence after its prompt and after each further token of `ids` but the last.
/// Prompts go in pieces of at most `piece` tokens, so sequences of different lengths are out of
/// step with one another.
template <class Model>
std::vector<std::vector<std::vector<float>>> logits_along(Model& m,
                                                          const std::vector<tokens>& prompts,
                                                          const std::vector<tokens>& ids,
                                                          std::size_t piece) {
  std::vector<std::vector<tokens>> feeds(prompts.size());
  std::vector<std::size_t> in_prompt;  // feeds that belong to the prompt
  index_t capacity = 0;
  std::size_t rounds = 0;
  for (std::size_t s = 0; s < prompts.size(); ++s) {
    for (std::size_t at = 0; at < prompts[s].size(); at += piece)
      feeds[s].emplace_back(prompts[s].begin() + static_cast<std::ptrdiff_t>(at),
                            prompts[s].begin() + static_cast<std::ptrdiff_t>(
                                                     std::min(at + piece, prompts[s].size())));
    in_prompt.push_back(feeds[s].size());
    for (std::size_t j = 0; j + 1 < ids[s].size(); ++j) feeds[s].push_back({ids[s][j]});
    capacity = std::max(capacity, static_cast<index_t>(prompts[s].size() + ids[s].size()));
    rounds = std::max(rounds, feeds[s].size());
  }
  zer0::session<Model> session(m, static_cast<index_t>(prompts.size()), capacity);
  std::vector<std::vector<std::vector<float>>> out(prompts.size());
  for (std::size_t round = 0; round < rounds; ++round) {
    std::vector<tokens> pieces(prompts.size());
    for (std::size_t s = 0; s < prompts.size(); ++s)
      if (round < feeds[s].size()) pieces[s] = feeds[s][round];
    auto logits = session.feed(pieces).begin();
    for (std::size_t s = 0; s < prompts.size(); ++s) {
      if (pieces[s].empty()) continue;
      if (round + 1 >= in_prompt[s]) out[s].push_back(*logits);
      ++logits;
    }
  }
  return out;
}

inline numbers joined(const std::vector<std::vector<float>>& rows) {
  numbers out;
  for (const auto& row : rows) out.insert(out.end(), row.begin(), row.end());
  return out;
}

/// One way of choosing ("greedy", "proc_a") for all prompts side by side.
template <class Model>
void check_continuations(file& f, verdict& v, Model& m, const std::vector<tokens>& prompts,
                         const std::string& kind, const std::string& how) {
  const auto name = [&](std::size_t s) { return kind + "." + how + "." + std::to_string(s) + "."; };
  std::vector<tokens> ids;
  for (std::size_t s = 0; s < prompts.size(); ++s) ids.push_back(f.ids(name(s) + "ids"));
  for (const std::size_t piece : {std::size_t{1} << 30, std::size_t{2}}) {
    const auto logits = logits_along(m, prompts, ids, piece);
    for (std::size_t s = 0; s < prompts.size(); ++s) {
      v.compare(f, name(s) + "logits", joined(logits[s]), allow::activation);
      if (how != "greedy") {
        compare_probabilities(f, v, name(s), sampling_of(f, how), prompts[s], logits[s]);
        continue;
      }
      tokens chosen;
      for (const auto& row : logits[s]) chosen.push_back(largest(row));
      v.equal(name(s) + "ids", chosen, ids[s]);
    }
  }
  if (how != "greedy") return;
  const std::size_t most = std::ranges::max(ids, {}, &tokens::size).size();
  auto generated = generate_tokens(
      m, prompts, {.rules = {.temperature = 0}, .max_new_tokens = static_cast<index_t>(most)});
  for (std::size_t s = 0; s < prompts.size(); ++s) {
    generated[s].resize(std::min(generated[s].size(), ids[s].size()));
    v.equal(name(s) + "ids by generate_tokens", generated[s], ids[s]);
  }
}

/// The models of a file: "dense", as in dense.greedy.0.ids and config.dense.dim.
inline std::set<std::string> models_of(const file& f) {
  std::set<std::string> out;
  for (const std::string& n : f.names())
    if (const std::size_t at = n.find(".greedy."); at != std::string::npos)
      out.insert(n.substr(0, at));
  return out;
}

/// The ways of choosing that a model's tensors show: "greedy", "proc_a", ...
inline std::set<std::string> ways_of(const file& f, const std::string& kind) {
  std::set<std::string> out;
  for (const std::string& n : f.names())
    if (n.starts_with(kind + ".") && n.ends_with(".logits"))
      out.insert(n.substr(kind.size() + 1, n.find('.', kind.size() + 1) - kind.size() - 1));
  return out;
}

}  // namespace detail

inline void check_generate(file& f, verdict& v) {
  std::vector<detail::tokens> prompts;
  for (index_t p = 0; f.has("prompt." + std::to_string(p)); ++p)
    prompts.push_back(f.ids("prompt." + std::to_string(p)));
  zer0::require(!prompts.empty(), f.name(), ": there is no prompt.0");
  for (const std::string& kind : detail::models_of(f)) {
    const std::string config = "config." + kind + ".";
    const bool experts = f.has_meta(config + "use_moe") && f.text(config + "use_moe") == "true";
    const auto check = [&]<class Variant, class D>(std::type_identity<Variant>,
                                                   std::type_identity<D>) {
      zer0::model<Variant, D> m(sizes_of(f, config));
      load_parameters(m, f, kind + ".");
      for (const std::string& how : detail::ways_of(f, kind))
        detail::check_continuations(f, v, m, prompts, kind, how);
    };
    on_each_kernel(
        v, [&]<class D, class Kernel>(std::type_identity<D> device, std::type_identity<Kernel>) {
          if (experts)
            check(std::type_identity<expert_decoder<Kernel>>{}, device);
          else
            check(std::type_identity<plain_decoder<Kernel>>{}, device);
        });
  }
}

}  // namespace support::golden
