// A session: sequences that grow, with their key/value cache.
#pragma once

#include <zer0/core/sampling.hpp>
#include <zer0/model/workspace.hpp>

#include <algorithm>
#include <limits>
#include <span>
#include <vector>

namespace zer0 {

/// Feeds tokens to `sequences` sequences of at most `capacity` tokens, in pieces of any length, and gives the logits
/// that follow. Memory: the model's cache for sequences * capacity tokens.
template <class Model>
class session {
 public:
  using device_type = typename Model::device_type;
  using real = typename Model::real;

  /// Throws zer0::error if the sizes are out of range or the model does not accept so long a sequence.
  session(Model& model, index_t sequences, index_t capacity)
      : model_(&model),
        capacity_((check(model, sequences, capacity), capacity)),
        past_(static_cast<std::size_t>(sequences), 0),
        drawn_(static_cast<std::size_t>(sequences), 0),
        fed_(static_cast<std::size_t>(sequences)),
        cache_(model.make_cache(sequences, capacity)),
        workspace_(model.device()) {}

  [[nodiscard]] index_t capacity() const { return capacity_; }
  [[nodiscard]] index_t length(index_t sequence) const { return past_[static_cast<std::size_t>(sequence)]; }

  /// Appends pieces[s] to sequence s (an empty piece leaves it as it is). Returns the logits (V) after the last token
  /// of each sequence that got one, in order. Throws zer0::error if a sequence would outgrow the capacity or a token
  /// the vocabulary.
  const std::vector<std::vector<float>>& feed(std::span<const std::vector<token_id>> pieces) {
    fetch(advance(pieces));
    return logits_;
  }

  /// The same, but chooses the token that follows, on the device: only the tokens come back. Sequence s is number s for
  /// the random numbers, and the penalty counts all tokens it was fed.
  /// Throws zer0::error also if a logit is not a number.
  const std::vector<token_id>& choose(std::span<const std::vector<token_id>> pieces, const sampling& rules) {
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
      if (rules.repetition_penalty != 1) histories_.insert(histories_.end(), fed_[s].begin(), fed_[s].end());
      history_starts_.push_back(static_cast<std::int32_t>(histories_.size()));
    }
    const std::span<std::int32_t> chosen = workspace_.current().keep.template vector<std::int32_t>(logits.rows);
    choose_tokens(model_->device(), rules, logits,
                  {.sequences = workspace_.template put<std::int32_t>(std::span(sequences_)),
                   .positions = workspace_.template put<std::int32_t>(std::span(draws_)),
                   .starts = workspace_.template put<std::int32_t>(std::span(history_starts_)),
                   .history = workspace_.template put<std::int32_t>(std::span(histories_))},
                  chosen);
    chosen_.resize(rows);
    download(model_->device(), std::span<const std::int32_t>(chosen), chosen_.data());
    require(std::find(chosen_.begin(), chosen_.end(), no_token) == chosen_.end(),
            "generation: a logit is not a number; the model's weights are damaged or its training diverged");
    return chosen_;
  }

 private:
  /// The logits that follow, on the device.
  tensor_view<real> advance(std::span<const std::vector<token_id>> pieces) {
    lay_out(pieces);
    context<device_type>& c = workspace_.reset();
    c.layout.starts = workspace_.template put<std::int32_t>(std::span(starts_));
    c.layout.positions = workspace_.template put<std::int32_t>(std::span(positions_));
    c.layout.past = workspace_.template put<std::int32_t>(std::span(past_));
    c.layout.slots = workspace_.template put<std::int32_t>(std::span(slots_));
    c.layout.longest = capacity_;
    const id_span ids = workspace_.template put<std::int32_t>(std::span(ids_));
    const id_span last = workspace_.template put<std::int32_t>(std::span(last_rows_));
    const tensor_view<real> hidden = model_->extend(c, ids, cache_);
    const auto rows = static_cast<index_t>(last_rows_.size());
    const tensor_view<real> ends = c.keep.matrix(rows, hidden.cols);
    const tensor_view<real> logits = c.keep.matrix(rows, model_->sizes().vocab_size);
    gather_rows(c.device, hidden, last, ends);
    matmul(c.device, transpose::no, ends, transpose::yes, model_->output().value, 0, logits);
    for (std::size_t s = 0; s < pieces.size(); ++s) {
      past_[s] += static_cast<std::int32_t>(pieces[s].size());
      fed_[s].insert(fed_[s].end(), pieces[s].begin(), pieces[s].end());
    }
    return logits;
  }

  static void check(const Model& model, index_t sequences, index_t capacity) {
    require(sequences > 0 && capacity > 0, "generation: ", sequences, " sequences of ", capacity,
            " tokens asked for; there must be at least 1 of each");
    require(capacity <= model.sizes().max_seq_len, "generation: ", capacity,
            " tokens of context asked for; the model accepts max_seq_len = ", model.sizes().max_seq_len);
    constexpr index_t most = std::numeric_limits<std::int32_t>::max();
    require(sequences <= most / capacity, "generation: ", sequences, " sequences of ", capacity,
            " tokens are more than ", most, " tokens in all; generate fewer at once");
  }

  void lay_out(std::span<const std::vector<token_id>> pieces) {
    require(pieces.size() == past_.size(), "generation: ", pieces.size(), " pieces for ", past_.size(), " sequences");
    starts_.assign(1, 0);
    ids_.clear();
    positions_.clear();
    slots_.clear();
    last_rows_.clear();
    for (std::size_t s = 0; s < pieces.size(); ++s) {
      require(past_[s] + static_cast<index_t>(pieces[s].size()) <= capacity_, "generation: sequence ", s,
              " would have ", past_[s] + static_cast<index_t>(pieces[s].size()), " tokens; there is room for ",
              capacity_);
      for (const token_id token : pieces[s]) {
        require(token >= 0 && token < model_->sizes().vocab_size, "generation: token ", token,
                " is outside the vocabulary of ", model_->sizes().vocab_size,
                "; use the tokenizer that the model was made for");
        const auto position =
            static_cast<std::int32_t>(past_[s] + static_cast<std::int32_t>(ids_.size()) - starts_.back());
        ids_.push_back(token);
        positions_.push_back(position);
        slots_.push_back(static_cast<std::int32_t>(static_cast<index_t>(s) * capacity_) + position);
      }
      if (!pieces[s].empty()) last_rows_.push_back(static_cast<std::int32_t>(ids_.size()) - 1);
      starts_.push_back(static_cast<std::int32_t>(ids_.size()));
    }
    require(!ids_.empty(), "generation: no token given; a prompt needs at least one (the begin-of-text token will do)");
  }

  void fetch(tensor_view<real> logits) {
    host_.resize(static_cast<std::size_t>(logits.elements()));
    model_->device().download(host_.data(), logits.data, host_.size() * sizeof(real));
    logits_.resize(static_cast<std::size_t>(logits.rows));
    auto from = host_.begin();
    for (std::vector<float>& row : logits_) {
      row.assign(from, from + logits.cols);
      from += logits.cols;
    }
  }

  Model* model_;
  index_t capacity_;
  std::vector<std::int32_t> past_, drawn_;
  std::vector<std::vector<token_id>> fed_;
  typename Model::cache cache_;
  workspace<device_type> workspace_;
  std::vector<std::int32_t> ids_, starts_, positions_, slots_, last_rows_;
  std::vector<std::int32_t> sequences_, draws_, histories_, history_starts_;
  std::vector<token_id> chosen_;
  std::vector<real> host_;
  std::vector<std::vector<float>> logits_;
};

}  // namespace zer0
