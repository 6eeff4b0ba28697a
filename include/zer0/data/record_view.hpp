// All records of a file, or some of them; splitting off a part for validation.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/core/types.hpp>
#include <zer0/data/shuffle.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace zer0 {

/// Some records of a `Records` (pretrain_records, ...), which must outlive it: all of them, or a list in growing order.
/// Memory: nothing, or 8 bytes a record of the list, shared by copies.
template <class Records>
class record_view {
 public:
  record_view(const Records& records) : records_(&records) {}  // NOLINT: a file is a view of all its records
  record_view(Records&&) = delete;                             // it would be gone before the first use

  record_view(const Records& records, std::vector<index_t> chosen)
      : records_(&records), chosen_(std::make_shared<const std::vector<index_t>>(std::move(chosen))) {}

  [[nodiscard]] index_t size() const { return chosen_ ? static_cast<index_t>(chosen_->size()) : records_->size(); }

  /// The index in `records()` of record i of the view.
  [[nodiscard]] index_t operator[](index_t i) const { return chosen_ ? (*chosen_)[static_cast<std::size_t>(i)] : i; }

  [[nodiscard]] const Records& records() const { return *records_; }

 private:
  const Records* records_;
  std::shared_ptr<const std::vector<index_t>> chosen_;
};

template <class Records>
struct record_split {
  record_view<Records> train;
  record_view<Records> val;
};

/// Splits off the nearest whole number to `val_fraction` of the records, at least one and never all, chosen by `seed`
/// alone. Both parts keep the order of the file. Throws: zer0::error for a fraction not inside (0, 1) or fewer than two
/// records.
template <class Records>
[[nodiscard]] record_split<Records> split(const Records& records, double val_fraction, std::uint64_t seed) {
  const index_t n = records.size();
  require(val_fraction > 0 && val_fraction < 1, "val_fraction is ", val_fraction, "; it must lie between 0 and 1");
  require(n >= 2, records.name(), " has ", n, " record; a split into training and validation needs two");
  const auto wanted = static_cast<index_t>(std::llround(val_fraction * static_cast<double>(n)));
  const index_t val_size = std::clamp<index_t>(wanted, 1, n - 1);

  // A constant in place of an epoch: an order of its own, which no epoch's shuffling repeats.
  const permutation order(seed, ~std::uint64_t{0}, n);
  std::vector<index_t> val(static_cast<std::size_t>(val_size));
  for (index_t i = 0; i < val_size; ++i) val[static_cast<std::size_t>(i)] = order(i);
  std::ranges::sort(val);
  std::vector<index_t> train;
  train.reserve(static_cast<std::size_t>(n - val_size));
  for (index_t i = 0, next = 0; i < n; ++i) {
    if (next < val_size && val[static_cast<std::size_t>(next)] == i) {
      ++next;
    } else {
      train.push_back(i);
    }
  }
  return {{records, std::move(train)}, {records, std::move(val)}};
}

}  // namespace zer0
