// The texts that a run trains on and validates with, and the batches made of them.
#pragma once

#include "terminal.hpp"
#include "training_data.hpp"
#include <zer0/data/pretrain_data.hpp>

#include <algorithm>
#include <iostream>
#include <optional>
#include <string>
#include <utility>

namespace program {

/// Opens data_path and val_path, or parts data_path by val_fraction. Bad lines that are left out are told on stderr.
class texts {
 public:
  using view = zer0::record_view<zer0::pretrain_records>;

  explicit texts(const train_options& o) : records_(o.data_path, open_options(o)), train_(records_) {
    if (o.val_path != "none") {
      val_records_.emplace(o.val_path, open_options(o));
      val_.emplace(*val_records_);
    } else if (o.val_fraction > 0) {
      const auto parts = zer0::split(records_, o.val_fraction, o.seed);
      train_ = parts.train;
      val_ = parts.val;
    }
    tell_bad_lines(records_);
    if (val_records_) tell_bad_lines(*val_records_);
  }

  [[nodiscard]] const view& train() const { return train_; }
  [[nodiscard]] const std::optional<view>& val() const { return val_; }

 private:
  static zer0::open_options open_options(const train_options& o) {
    return {.skip_bad_lines = o.skip_bad_lines,
            .num_workers = static_cast<int>(std::max<index_t>(o.num_workers, 1)),
            .progress = show_percent("reading")};
  }

  static void tell_bad_lines(const zer0::pretrain_records& file) {
    if (file.bad_lines() == 0) return;
    std::cerr << file.name() << ": " << file.bad_lines() << (file.bad_lines() == 1 ? " bad line is" : " bad lines are")
              << " left out; the first: " << file.first_bad().front() << '\n';
  }

  zer0::pretrain_records records_;
  std::optional<zer0::pretrain_records> val_records_;
  view train_;
  std::optional<view> val_;
};

inline zer0::data_options batches_of(const train_options& o, bool shuffle) {
  return {.batch_size = o.batch_size,
          .seq = o.max_seq_len,
          .packed = o.packed,
          .shuffle = shuffle,
          .seed = o.seed,
          .num_workers = static_cast<int>(o.num_workers),
          .progress = show_percent("counting tokens")};
}

/// Of --mode pretrain.
inline training_data open_texts(const train_options& o, const zer0::tokenizer& tok) {
  auto files = std::make_shared<texts>(o);
  auto train = std::make_unique<stream_of<zer0::pretrain_data>>(files->train(), tok, batches_of(o, o.shuffle));
  training_data data;
  data.about = o.data_path + ": " + with_commas(train->data().records()) + " texts";
  if (o.packed) data.about += ", " + with_commas(train->data().tokens_per_epoch()) + " tokens an epoch, packed";
  if (files->val()) {
    data.about += "; validation: " + with_commas(files->val()->size()) + " texts";
    data.val = std::make_unique<stream_of<zer0::pretrain_data>>(*files->val(), tok, batches_of(o, false));
  }
  data.train = std::move(train);
  data.files = std::move(files);
  return data;
}

}  // namespace program
