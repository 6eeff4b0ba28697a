// The pairs of answers that --mode dpo trains on and validates with, and the batches made of them.
#pragma once

#include "train/conversations.hpp"
#include "train/record_files.hpp"
#include "train/training_data.hpp"
#include <zer0/data/batches.hpp>

#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace program {

class stream_of_pairs final : public pair_stream {
 public:
  template <class... Args>
  explicit stream_of_pairs(Args&&... args) : data_(std::forward<Args>(args)...) {}

  [[nodiscard]] index_t batches_per_epoch() const override { return data_.batches_per_epoch(); }
  void seek(index_t epoch, index_t batch) override { data_.seek(epoch, batch); }
  bool next(zer0::token_batch& out) override { return data_.next(out); }
  [[nodiscard]] index_t pairs() const override { return data_.pairs(); }
  [[nodiscard]] std::uint64_t fingerprint() const override { return data_.fingerprint(); }
  void in_order(index_t first, zer0::token_batch& out) override { data_.in_order(first, out); }
  void set_references(std::vector<double> references) override {
    data_.set_references(std::move(references));
  }

  [[nodiscard]] const zer0::preference_data& data() const { return data_; }

 private:
  zer0::preference_data data_;
};

/// Of --mode dpo.
inline training_data open_pairs(const train_setup& s, const zer0::tokenizer& tok) {
  const train_options& o = s.o;
  auto files = std::make_shared<record_files<zer0::preference_records>>(s);
  const zer0::conversation_encoder encoder = open_encoder(s, tok);
  const auto open = [&](const auto& view, bool shuffle) {
    auto stream = std::make_unique<stream_of_pairs>(
        view, encoder, batches_of<zer0::preference_options>(o, shuffle));
    tell_left_out(view.records().name(), stream->data().counts(), o.sizes.max_seq_len, "pair",
                  "an answer does not begin");
    return stream;
  };
  training_data data;
  auto train = open(files->train(), o.shuffle);
  data.about = o.data_path + ": " + with_commas(train->pairs()) + " pairs of answers, " +
               with_commas(train->data().counts().tokens) + " tokens an epoch";
  data.train_pairs = train.get();
  data.train = std::move(train);
  if (files->val()) {
    auto val = open(*files->val(), false);
    data.about += "; validation: " + with_commas(val->pairs()) + " pairs";
    data.val_pairs = val.get();
    data.val = std::move(val);
  }
  data.files = std::move(files);
  return data;
}

}  // namespace program
