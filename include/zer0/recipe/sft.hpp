// The recipe of supervised fine-tuning.
#pragma once

#include <zer0/recipe/pretrain.hpp>

namespace zer0 {

/// Fine-tunes a model on conversations. The parts are those of pretraining, and so are the options:
/// what is learned from is decided by the weights of sft_data's batches, and the loss is the mean
/// over these tokens, however many a batch has. A rate of a tenth of pretraining's or less is
/// usual.
///
///   zer0::load_weights(llm, "out/pretrain_512/best");
///   const zer0::sft recipe{.epochs = 2, .learning_rate = 5e-5};
///   const zer0::training_report report = recipe(llm, data, zer0::progress());
using sft = pretrain;

}  // namespace zer0
