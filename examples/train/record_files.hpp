// The records of data_path and val_path.
#pragma once

#include "support/terminal.hpp"
#include "train/setup.hpp"
#include <zer0/data/records.hpp>

#include <algorithm>
#include <iostream>
#include <optional>
#include <string>

namespace program {

/// "1 bad line is", "2 bad lines are".
inline std::string count_of(index_t n, const std::string& what) {
  return with_commas(n) + " " + what + (n == 1 ? " is" : "s are");
}

/// Opens data_path and val_path, or parts data_path by val_fraction. Bad lines that are left out
/// are told on stderr. What is counted of the files is kept in the folder of the run, so that a
/// resumed run begins at once.
template <class Records>
class record_files {
 public:
  using view = zer0::record_view<Records>;

  explicit record_files(const train_setup& s)
      : val_records_(open_val(s)), records_(s.o.data_path, open_options(s)), train_(records_) {
    if (val_records_) {
      val_.emplace(*val_records_);
    } else if (s.o.val_fraction > 0) {
      const auto parts = zer0::split(records_, s.o.val_fraction, s.o.seed);
      train_ = parts.train;
      val_ = parts.val;
    }
    tell_bad_lines(records_);
    if (val_records_) tell_bad_lines(*val_records_);
  }

  [[nodiscard]] const view& train() const { return train_; }
  [[nodiscard]] const std::optional<view>& val() const { return val_; }

 private:
  static zer0::open_options open_options(const train_setup& s) {
    return {.skip_bad_lines = s.o.skip_bad_lines,
            .num_workers = static_cast<int>(std::max<index_t>(s.o.num_workers, 1)),
            .counts_in = s.o.only_shows() ? fs::path() : s.directory,
            .progress = show_percent("reading")};
  }

  static std::optional<Records> open_val(const train_setup& s) {
    std::optional<Records> records;
    if (s.o.val_path != "none") records.emplace(s.o.val_path, open_options(s));
    return records;
  }

  static void tell_bad_lines(const Records& file) {
    if (file.bad_lines() == 0) return;
    std::cerr << file.name() << ": " << count_of(file.bad_lines(), "bad line")
              << " left out; the first: " << file.first_bad().front() << '\n';
  }

  std::optional<Records> val_records_;  // opened first: where it is bad nothing is written yet
  Records records_;
  view train_;
  std::optional<view> val_;
};

}  // namespace program
