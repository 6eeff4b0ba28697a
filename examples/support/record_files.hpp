// The records of data_path and val_path.
#pragma once

#include "terminal.hpp"
#include "train_options.hpp"
#include <zer0/data/checked_lines.hpp>
#include <zer0/data/record_view.hpp>

#include <algorithm>
#include <iostream>
#include <optional>
#include <string>

namespace program {

/// "1 bad line is", "2 bad lines are".
inline std::string count_of(index_t n, const std::string& what) {
  return with_commas(n) + " " + what + (n == 1 ? " is" : "s are");
}

/// Opens data_path and val_path, or parts data_path by val_fraction. Bad lines that are left out are told on stderr.
template <class Records>
class record_files {
 public:
  using view = zer0::record_view<Records>;

  explicit record_files(const train_options& o) : records_(o.data_path, open_options(o)), train_(records_) {
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

  static void tell_bad_lines(const Records& file) {
    if (file.bad_lines() == 0) return;
    std::cerr << file.name() << ": " << count_of(file.bad_lines(), "bad line")
              << " left out; the first: " << file.first_bad().front() << '\n';
  }

  Records records_;
  std::optional<Records> val_records_;
  view train_;
  std::optional<view> val_;
};

}  // namespace program
