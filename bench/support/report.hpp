// What every benchmark prints: a table, and the same as JSON.
#pragma once

#include <zer0/file/detail/json.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace bench {

/// Rows of named figures; columns appear in the order in which the first row names them.
class report {
 public:
  explicit report(std::string title) : title_(std::move(title)) {}

  void add(nlohmann::ordered_json row) { rows_.push_back(std::move(row)); }

  /// Prints the table, and writes JSON to `path` unless it is empty.
  void finish(const std::filesystem::path& path) const {
    std::printf("\n%s\n", title_.c_str());
    if (!rows_.empty()) print();
    if (path.empty()) return;
    std::ofstream out(path);
    out << nlohmann::ordered_json{{"benchmark", title_}, {"rows", rows_}}.dump(2) << '\n';
    zer0::require(out.good(), "cannot write ", path.string());
  }

 private:
  static std::string text(const nlohmann::ordered_json& value) {
    if (value.is_string()) return value.get<std::string>();
    if (!value.is_number_float()) return value.dump();
    char number[32];
    std::snprintf(number, sizeof number, value.get<double>() >= 100 ? "%.0f" : "%.3g",
                  value.get<double>());
    return number;
  }

  void print() const {
    std::vector<std::size_t> widths;
    std::vector<std::string> names;
    for (const auto& [name, value] : rows_.front().items()) {
      std::size_t width = name.size();
      for (const auto& row : rows_)
        width = std::max(width, text(row.value(name, nlohmann::ordered_json())).size());
      names.push_back(name);
      widths.push_back(width);
    }
    const auto line = [&](auto cell) {
      for (std::size_t i = 0; i < names.size(); ++i)
        std::printf("%*s  ", static_cast<int>(widths[i]), cell(i).c_str());
      std::printf("\n");
    };
    line([&](std::size_t i) { return names[i]; });
    for (const auto& row : rows_)
      line([&](std::size_t i) { return text(row.value(names[i], nlohmann::ordered_json())); });
  }

  std::string title_;
  std::vector<nlohmann::ordered_json> rows_;
};

/// Most memory this process ever held, in MiB.
inline double peak_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

inline double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2),
                   values.end());
  return values[values.size() / 2];
}

}  // namespace bench
