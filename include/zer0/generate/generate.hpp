// Generation. A session holds growing sequences and their key/value cache; generate_tokens
// continues several prompts in one session, a token at a time.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/core/sampling.hpp>
#include <zer0/model/workspace.hpp>
#include <zer0/text/tokenizer.hpp>

#include <algorithm>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace zer0 {

namespace detail {

/// Throws zer0::error if there are no sequences or no tokens, or more than the model or 32 bits
/// allow.
void check_session(index_t sequences, index_t capacity, index_t max_seq_len);

/// The tokens that a session is fed in one pass: one row each, those of a sequence side by side.
struct session_rows {
  std::vector<std::int32_t> ids, positions,
      slots;  ///< of each row: token, position in its sequence, place in the cache
  std::vector<std::int32_t> starts;     ///< the first row of each sequence, and the number of rows
  std::vector<std::int32_t> last_rows;  ///< the last row of each sequence that got a token

  /// `past`: how many tokens each sequence has already. Throws zer0::error as `session::feed` does.
  void lay_out(std::span<const std::vector<token_id>> pieces, std::span<const std::int32_t> past,
               index_t capacity, index_t vocab_size);
};

}  // namespace detail

/// Holds `sequences` sequences of at most `capacity` tokens each. They are fed tokens in pieces of
/// any length, and give the logits of the token that follows. Memory: the model's cache for
/// sequences * capacity tokens.
template <class Model>
class session {
 public:
  using device_type = typename Model::device_type;
  using real = typename Model::real;

  /// Throws zer0::error if a size is below 1 or `capacity` is above the model's max_seq_len.
  session(Model& model, index_t sequences, index_t capacity);

  [[nodiscard]] index_t capacity() const { return capacity_; }
  [[nodiscard]] index_t length(index_t sequence) const {
    return past_[static_cast<std::size_t>(sequence)];
  }

  /// Appends pieces[s] to sequence s (an empty piece leaves it as it is). Returns the logits (V)
  /// after the last token of each sequence that got one, in order. Throws zer0::error if a sequence
  /// would outgrow the capacity or a token the vocabulary.
  const std::vector<std::vector<float>>& feed(std::span<const std::vector<token_id>> pieces) {
    fetch(advance(pieces));
    return logits_;
  }

  /// Feeds the pieces as `feed` does, and chooses the next token of each sequence on the device, so
  /// that only these tokens are copied to the host. The random numbers of sequence s are those of
  /// number s; the repetition penalty counts all tokens that the sequence was fed. Throws
  /// zer0::error also if a logit is not a number.
  const std::vector<token_id>& choose(std::span<const std::vector<token_id>> pieces,
                                      const sampling& rules);

 private:
  /// Feeds the pieces. Returns the logits that follow, on the device.
  tensor_view<real> advance(std::span<const std::vector<token_id>> pieces);

  void fetch(tensor_view<real> logits);

  Model* model_;
  index_t capacity_;
  std::vector<std::int32_t> past_, drawn_;
  std::vector<std::vector<token_id>> fed_;
  typename Model::cache cache_;
  workspace<device_type> workspace_;
  detail::session_rows rows_;
  std::vector<std::int32_t> sequences_, draws_, histories_, history_starts_;
  std::vector<token_id> chosen_;
  std::vector<real> host_;
  std::vector<std::vector<float>> logits_;
};

template <class Model>
session<Model>::session(Model& model, index_t sequences, index_t capacity)
    : model_(&model),
      capacity_((detail::check_session(sequences, capacity, model.sizes().max_seq_len), capacity)),
      past_(static_cast<std::size_t>(sequences), 0),
      drawn_(static_cast<std::size_t>(sequences), 0),
      fed_(static_cast<std::size_t>(sequences)),
      cache_(model.make_cache(sequences, capacity)),
      workspace_(model.device()) {}

template <class Model>
const std::vector<token_id>& session<Model>::choose(std::span<const std::vector<token_id>> pieces,
                                                    const sampling& rules) {
  const tensor_view<real> logits = advance(pieces);
  const auto rows = static_cast<std::size_t>(logits.rows);
  sequences_.clear();
  draws_.clear();
  histories_.clear();
  history_starts_.assign(1, 0);
  for (std::size_t s = 0; s < pieces.size(); ++s) {
    if (pieces[s].empty()) continue;
    sequences_.push_back(static_cast<std::int32_t>(s));
    draws_.push_back(drawn_[s]++);
    if (rules.repetition_penalty != 1)
      histories_.insert(histories_.end(), fed_[s].begin(), fed_[s].end());
    history_starts_.push_back(static_cast<std::int32_t>(histories_.size()));
  }
  const std::span<std::int32_t> chosen =
      workspace_.current().keep.template vector<std::int32_t>(logits.rows);
  choose_tokens(model_->device(), rules, logits,
                {.sequences = workspace_.template put<std::int32_t>(std::span(sequences_)),
                 .positions = workspace_.template put<std::int32_t>(std::span(draws_)),
                 .starts = workspace_.template put<std::int32_t>(std::span(history_starts_)),
                 .history = workspace_.template put<std::int32_t>(std::span(histories_))},
                chosen);
  chosen_.resize(rows);
  download(model_->device(), std::span<const std::int32_t>(chosen), chosen_.data());
  require(std::find(chosen_.begin(), chosen_.end(), no_token) == chosen_.end(),
          "generation: a logit is not a number; the model's weights are damaged or its training "
          "diverged");
  return chosen_;
}

template <class Model>
auto session<Model>::advance(std::span<const std::vector<token_id>> pieces) -> tensor_view<real> {
  rows_.lay_out(pieces, past_, capacity_, model_->sizes().vocab_size);
  (void)workspace_.reset();
  const auto put = [&](const std::vector<std::int32_t>& numbers) {
    return workspace_.template put<std::int32_t>(std::span(numbers));
  };
  context<device_type>& c = workspace_.begin({.starts = put(rows_.starts),
                                              .positions = put(rows_.positions),
                                              .past = put(past_),
                                              .slots = put(rows_.slots),
                                              .longest = capacity_});
  const id_span ids = put(rows_.ids);
  const id_span last = put(rows_.last_rows);
  const tensor_view<real> hidden = model_->extend(c, ids, cache_);
  const auto rows = static_cast<index_t>(rows_.last_rows.size());
  const tensor_view<real> ends = c.keep.matrix(rows, hidden.cols);
  const tensor_view<real> logits = c.keep.matrix(rows, model_->sizes().vocab_size);
  gather_rows(c.device, hidden, last, ends);
  matmul(c.device, ends, transposed(model_->output().value), 0, logits);
  for (std::size_t s = 0; s < pieces.size(); ++s) {
    past_[s] += static_cast<std::int32_t>(pieces[s].size());
    fed_[s].insert(fed_[s].end(), pieces[s].begin(), pieces[s].end());
  }
  return logits;
}

template <class Model>
void session<Model>::fetch(tensor_view<real> logits) {
  host_.resize(static_cast<std::size_t>(logits.elements()));
  model_->device().download(host_.data(), logits.data, host_.size() * sizeof(real));
  logits_.resize(static_cast<std::size_t>(logits.rows));
  auto from = host_.begin();
  for (std::vector<float>& row : logits_) {
    row.assign(from, from + logits.cols);
    from += logits.cols;
  }
}

struct generate_options {
  sampling rules = {};
  index_t max_new_tokens = 128;             ///< new tokens for each prompt
  std::optional<token_id> stop_token = {};  ///< ends a sequence; not part of the result
  std::function<bool()> goes_on = {};       ///< asked behind each new token; false ends them all
};

namespace detail {

/// The length of the longest prompt. Throws zer0::error for an empty prompt or one that leaves no
/// room in the context.
[[nodiscard]] index_t longest_prompt(const std::vector<std::vector<token_id>>& prompts,
                                     index_t max_seq_len);

}  // namespace detail

/// Continues each prompt by at most `max_new_tokens` tokens. A sequence ends earlier at the stop
/// token, at the end of the model's context, or when `on_token(prompt index, token)` returns false.
/// Returns the new tokens of each prompt. The prompts run side by side; each one's tokens depend on
/// the seed and its index, not on the other prompts. Throws zer0::error for rules out of range, an
/// empty prompt or one that leaves no room in the context.
template <class Model>
std::vector<std::vector<token_id>> generate_tokens(
    Model& model, const std::vector<std::vector<token_id>>& prompts,
    const generate_options& options = {},
    const std::function<bool(index_t, token_id)>& on_token = {}) {
  options.rules.check();
  const index_t longest = detail::longest_prompt(prompts, model.sizes().max_seq_len);
  std::vector<std::vector<token_id>> results(prompts.size());
  if (prompts.empty() || options.max_new_tokens <= 0) return results;

  const index_t capacity = std::min(model.sizes().max_seq_len, longest + options.max_new_tokens);
  session<Model> s(model, static_cast<index_t>(prompts.size()), capacity);
  std::vector<std::vector<token_id>> pieces = prompts;
  bool goes_on = true;
  for (bool any = true; any && goes_on;) {
    const auto& chosen = s.choose(pieces, options.rules);
    any = false;
    auto next = chosen.begin();
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      if (pieces[i].empty()) continue;
      const auto sequence = static_cast<index_t>(i);
      const token_id token = *next++;
      pieces[i].clear();
      if (token == options.stop_token) continue;
      results[i].push_back(token);
      const bool wanted = !on_token || on_token(sequence, token);
      goes_on = goes_on && (!options.goes_on || options.goes_on());
      const bool room = static_cast<index_t>(results[i].size()) < options.max_new_tokens &&
                        s.length(sequence) < capacity;
      if (!wanted || !room) continue;
      pieces[i].push_back(token);
      any = true;
    }
  }
  return results;
}

namespace detail {

/// The text that follows the tokens of a prompt, up to the stop token or `end` (which decoding
/// skips if it is special); `on_text` gets each piece.
template <class Model>
std::string generate_text(Model& model, const tokenizer& tok, const std::vector<token_id>& prompt,
                          const generate_options& options,
                          const std::function<void(std::string_view)>& on_text,
                          std::optional<token_id> end) {
  stream_decoder decoder(tok);
  std::string text;
  const auto emit = [&](const std::string& piece) {
    text += piece;
    if (on_text && !piece.empty()) on_text(piece);
  };
  (void)generate_tokens(model, {prompt}, options, [&](index_t, token_id token) {
    emit(decoder.push(token));
    return token != end;
  });
  emit(decoder.flush());
  return text;
}

}  // namespace detail

/// Continues the text `prompt` until the tokenizer's end-of-text token, or as `options` say. As in
/// training, the tokenizer's begin-of-text token stands before the text. `on_text` gets each piece
/// of new text as soon as its characters are complete. Returns the new text.
template <class Model>
std::string generate(Model& model, const tokenizer& tok, std::string_view prompt,
                     generate_options options = {},
                     const std::function<void(std::string_view)>& on_text = {}) {
  std::vector<token_id> ids;
  if (tok.bos()) ids.push_back(*tok.bos());
  tok.encode(prompt, ids);
  if (!options.stop_token) options.stop_token = tok.eos();
  return detail::generate_text(model, tok, ids, options, on_text, std::nullopt);
}

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/generate/detail/generate.ipp>
#endif
