// All records of a file, or some of them; splitting off a part for validation.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/core/error.hpp>
#include <zer0/core/types.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
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

namespace detail {

/// Indices in growing order: what `split` trains on, and what it validates with.
struct index_split {
  std::vector<index_t> train, val;
};
[[nodiscard]] index_split split_indices(index_t n, const std::string& name, double val_fraction, std::uint64_t seed);

}  // namespace detail

/// Splits off the nearest whole number to `val_fraction` of the records, at least one and never all, chosen by `seed`
/// alone. Both parts keep the order of the file. Throws: zer0::error for a fraction not inside (0, 1) or fewer than two
/// records.
template <class Records>
[[nodiscard]] record_split<Records> split(const Records& records, double val_fraction, std::uint64_t seed) {
  auto [train, val] = detail::split_indices(records.size(), records.name(), val_fraction, seed);
  return {{records, std::move(train)}, {records, std::move(val)}};
}

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/data/detail/record_view.ipp>
#endif
