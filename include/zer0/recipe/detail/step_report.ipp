// Bodies of zer0/recipe/step_report.hpp.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/recipe/step_report.hpp>

#include <algorithm>

namespace zer0 {

ZER0_INLINE void metric_list::push_back(const metric& m) {
  require(size_ < capacity, "metrics: a loss may have at most ", capacity);
  metrics_[size_++] = m;
}

ZER0_INLINE metric& metric_list::named(std::string_view name) {
  metric* const found =
      std::find_if(begin(), end(), [&](const metric& m) { return m.name == name; });
  if (found == end()) push_back({name});
  return *found;
}

ZER0_INLINE double metric_list::at(std::string_view name) const {
  const auto* const found =
      std::find_if(begin(), end(), [&](const metric& m) { return m.name == name; });
  require(found != end(), "metrics: the loss has none called \"", name, "\"");
  return found->value;
}

ZER0_INLINE void metric_list::add(const metric_list& other, double factor) {
  for (std::size_t i = 0; i < other.size_; ++i) {
    if (i == size_) push_back({other.metrics_[i].name});
    metrics_[i].value += factor * other.metrics_[i].value;
  }
}

ZER0_INLINE metric_list evaluation::metrics() const {
  metric_list means;
  means.add(sums, counted > 0 ? 1 / counted : 0);
  return means;
}

ZER0_INLINE void evaluation::add(const evaluation& other) {
  loss_sum += other.loss_sum;
  counted += other.counted;
  sums.add(other.sums, 1);
}

ZER0_INLINE void evaluation::add(const step_report& step) {
  loss_sum += step.loss * step.counted;
  counted += step.counted;
  sums.add(step.metrics, step.counted);
}

}  // namespace zer0
