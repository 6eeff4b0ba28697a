// What a run trains on and validates with, whatever its mode.
#pragma once

#include "train/setup.hpp"
#include <zer0/data/batches.hpp>
#include <zer0/text/tokenizer.hpp>

#include <memory>
#include <string>

namespace program {

struct training_data {
  std::shared_ptr<const void> files;  ///< that the batches are made from
  std::shared_ptr<zer0::sample_batches> train;
  std::shared_ptr<zer0::sample_batches> val = {};  ///< none: no validation
  zer0::preference_data* train_pairs = nullptr;    ///< train, where it is of pairs
  zer0::preference_data* val_pairs = nullptr;
  std::string about = {};  ///< for people
};

/// The data of the setup's mode; the tokenizer must outlive it. Says on stderr what is left out. In
/// train/data.cpp, so that no compiler of a device sees what it takes.
training_data open_training_data(const train_setup& s, const zer0::tokenizer& tok);

/// Prints the first samples of the training data instead of training; the exit code of the program.
int dump_samples(train_setup& s);

}  // namespace program
