// What a run trains on and validates with, whatever its mode.
#pragma once

#include "train/setup.hpp"
#include <zer0/core/types.hpp>
#include <zer0/text/tokenizer.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace program {

/// A batch source (zer0::batch_source) whose kind is known when the program runs, so that all modes
/// share a trainer.
class batch_stream {
 public:
  batch_stream() = default;
  batch_stream(const batch_stream&) = delete;
  batch_stream& operator=(const batch_stream&) = delete;
  virtual ~batch_stream() = default;

  [[nodiscard]] virtual index_t batches_per_epoch() const = 0;
  virtual void seek(index_t epoch, index_t batch) = 0;
  virtual bool next(zer0::token_batch& out) = 0;
};

/// Pairs of answers, which want the log-probabilities of a reference model (zer0::pair_source).
class pair_stream : public batch_stream {
 public:
  [[nodiscard]] virtual index_t pairs() const = 0;
  [[nodiscard]] virtual std::uint64_t fingerprint() const = 0;
  virtual void in_order(index_t first, zer0::token_batch& out) = 0;
  virtual void set_references(std::vector<double> references) = 0;
};

/// One of a library's source, or one with the same members.
template <class Data>
class stream_of final : public batch_stream {
 public:
  template <class... Args>
  explicit stream_of(Args&&... args) : data_(std::forward<Args>(args)...) {}

  [[nodiscard]] index_t batches_per_epoch() const override { return data_.batches_per_epoch(); }
  void seek(index_t epoch, index_t batch) override { data_.seek(epoch, batch); }
  bool next(zer0::token_batch& out) override { return data_.next(out); }

  [[nodiscard]] const Data& data() const { return data_; }

 private:
  Data data_;
};

struct training_data {
  std::shared_ptr<const void> files;  ///< that the batches are made from
  std::unique_ptr<batch_stream> train;
  std::unique_ptr<batch_stream> val;   ///< none: no validation
  pair_stream* train_pairs = nullptr;  ///< train, where it is of pairs
  pair_stream* val_pairs = nullptr;
  std::string about;  ///< for people
};

/// The data of the setup's mode; the tokenizer must outlive it. Says on stderr what is left out. In
/// train/data.cpp, so that no compiler of a device sees what it takes.
training_data open_training_data(const train_setup& s, const zer0::tokenizer& tok);

/// Prints the first samples of the training data instead of training; the exit code of the program.
int dump_samples(train_setup& s);

}  // namespace program
