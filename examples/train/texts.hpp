// The texts that --mode pretrain trains on and validates with, and the batches made of them.
#pragma once

#include "train/record_files.hpp"
#include "train/training_data.hpp"
#include <zer0/data/batches.hpp>

#include <memory>
#include <utility>

namespace program {

inline zer0::data_options batches_of(const train_options& o, bool shuffle) {
  return {.batch_size = o.batch_size,
          .seq = o.sizes.max_seq_len,
          .packed = o.packed,
          .shuffle = shuffle,
          .seed = o.seed,
          .num_workers = static_cast<int>(o.num_workers),
          .progress = show_percent("counting tokens")};
}

/// Of --mode pretrain.
inline training_data open_texts(const train_setup& s, const zer0::tokenizer& tok) {
  const train_options& o = s.o;
  auto files = std::make_shared<record_files<zer0::pretrain_records>>(s);
  auto train = std::make_unique<stream_of<zer0::pretrain_data>>(files->train(), tok,
                                                                batches_of(o, o.shuffle));
  training_data data;
  data.about = o.data_path + ": " + with_commas(train->data().records()) + " texts";
  if (o.packed)
    data.about += ", " + with_commas(train->data().tokens_per_epoch()) + " tokens an epoch, packed";
  if (files->val()) {
    data.about += "; validation: " + with_commas(files->val()->size()) + " texts";
    data.val =
        std::make_unique<stream_of<zer0::pretrain_data>>(*files->val(), tok, batches_of(o, false));
  }
  data.train = std::move(train);
  data.files = std::move(files);
  return data;
}

}  // namespace program
