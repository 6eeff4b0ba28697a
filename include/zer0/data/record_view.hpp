// Parts of files of records, for training and validation.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/core/types.hpp>
#include <zer0/data/records.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace zer0 {

/// Some records of a `Records` (pretrain_records, ...), which must outlive it: all of them, or a
/// list of indices in ascending order. Memory: none, or 8 bytes for each index, shared by copies.
template <class Records>
class record_view {
 public:
  record_view(const Records& records) : records_(&records) {}  // NOLINT: a file is all its records
  record_view(Records&&) = delete;                             // gone before the first use

  record_view(const Records& records, std::vector<index_t> chosen)
      : records_(&records),
        chosen_(std::make_shared<const std::vector<index_t>>(std::move(chosen))) {}

  [[nodiscard]] index_t size() const {
    return chosen_ ? static_cast<index_t>(chosen_->size()) : records_->size();
  }

  /// The index in `records()` of record i of the view.
  [[nodiscard]] index_t operator[](index_t i) const {
    return chosen_ ? (*chosen_)[static_cast<std::size_t>(i)] : i;
  }

  [[nodiscard]] const Records& records() const { return *records_; }

  /// Puts record i of the view into `out`.
  template <class Record>
  void read(index_t i, Record& out) const {
    records_->read((*this)[i], out);
  }

  /// "FILE:LINE" of record i of the view, for messages.
  [[nodiscard]] std::string where(index_t i) const { return records_->where((*this)[i]); }

 private:
  const Records* records_;
  std::shared_ptr<const std::vector<index_t>> chosen_;
};

template <class Records>
struct record_split {
  record_view<Records> train;
  record_view<Records> val;
};

namespace detail {

/// Indices of the records to train on and to validate with, each in ascending order.
struct index_split {
  std::vector<index_t> train, val;
};
[[nodiscard]] index_split split_indices(index_t n, const std::string& name, double val_fraction,
                                        std::uint64_t seed);

}  // namespace detail

/// Splits off `val_fraction` of the records for validation, as the nearest whole number, at least
/// one and never all. `seed` alone chooses which. Both parts keep the order of the file. Throws:
/// zer0::error for a fraction not inside (0, 1) or fewer than two records.
template <class Records>
[[nodiscard]] record_split<Records> split(const Records& records, double val_fraction,
                                          std::uint64_t seed) {
  auto [train, val] = detail::split_indices(records.size(), records.name(), val_fraction, seed);
  return {{records, std::move(train)}, {records, std::move(val)}};
}

/// Records to train on and, where they are asked for, to validate with: of two files, or the two
/// parts of one. Stays where it is, as views of it do not own it.
template <class Records>
class record_files {
 public:
  /// Trains on `path`. Validates with `val_path` unless it is empty; else with `val_fraction` of
  /// the records of `path` (`split`) unless it is 0. Throws what `Records` and `split` do; nothing
  /// is kept of `path` if `val_path` is bad.
  explicit record_files(const std::filesystem::path& path,
                        const std::filesystem::path& val_path = {}, double val_fraction = 0,
                        std::uint64_t seed = 0, const open_options& options = {})
      : val_records_(val_path.empty() ? std::nullopt : open(val_path, options)),
        records_(path, options),
        train_(records_) {
    if (val_records_) {
      val_.emplace(*val_records_);
    } else if (val_fraction != 0) {
      const record_split<Records> parts = split(records_, val_fraction, seed);
      train_ = parts.train;
      val_ = parts.val;
    }
  }
  record_files(const record_files&) = delete;
  record_files& operator=(const record_files&) = delete;

  [[nodiscard]] const record_view<Records>& train() const { return train_; }
  [[nodiscard]] const std::optional<record_view<Records>>& val() const { return val_; }

  /// Calls f(records) for each file.
  template <class F>
  void each_file(F f) const {
    f(records_);
    if (val_records_) f(*val_records_);
  }

 private:
  static std::optional<Records> open(const std::filesystem::path& path,
                                     const open_options& options) {
    return std::optional<Records>(std::in_place, path, options);
  }

  std::optional<Records> val_records_;
  Records records_;
  record_view<Records> train_;
  std::optional<record_view<Records>> val_;
};

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/data/detail/record_view.ipp>
#endif
