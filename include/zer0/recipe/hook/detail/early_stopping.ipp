// Bodies of zer0/recipe/hook/early_stopping.hpp.
#pragma once

#include <zer0/file/detail/json.hpp>
#include <zer0/recipe/hook/early_stopping.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace zer0 {

ZER0_INLINE early_stopping::early_stopping(early_stopping_options options) : options_(options) {
  require(options.patience >= 1, "early_stopping: patience is ", options.patience,
          "; it must be at least 1");
  require(options.least_gain >= 0 && std::isfinite(options.least_gain),
          "early_stopping: least_gain is ", options.least_gain, "; use 0 if any gain counts");
}

ZER0_INLINE void early_stopping::look(double loss) {
  misses_ = loss < best_ - options_.least_gain ? 0 : misses_ + 1;
  best_ = std::min(best_, loss);
}

ZER0_INLINE void early_stopping::save(const std::filesystem::path& checkpoint) const {
  detail::write_json_file(checkpoint / "early_stopping.json",
                          {{"best_loss", best_}, {"misses", misses_}});
}

ZER0_INLINE void early_stopping::load(const std::filesystem::path& checkpoint) {
  const std::filesystem::path path = checkpoint / "early_stopping.json";
  if (!std::filesystem::exists(path)) return;  // the run had no such hook so far
  const nlohmann::json j = detail::read_json_file(path);
  best_ = detail::json_member<double>(j, "best_loss", path);
  misses_ = detail::json_member<index_t>(j, "misses", path);
}

}  // namespace zer0
