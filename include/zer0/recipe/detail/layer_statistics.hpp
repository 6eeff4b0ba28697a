// What layers gathered during a step, as metrics of its report.
#pragma once

#include <zer0/device/memory.hpp>
#include <zer0/recipe/step_report.hpp>

#include <algorithm>
#include <string_view>
#include <vector>

namespace zer0::detail {

/// Adds a metric for each name among the model's statistics. If a statistic is one number (a
/// layer's loss), the metric is `factor` times its sum over the layers. If it has a number for each
/// of several parts (the tokens that came to each expert), the metric is the largest share that any
/// part has of its layer's sum, times the number of parts, so 1 is an even load. Waits for the
/// device if there are statistics. Memory: a copy of them on the host.
template <class Model>
void add_statistics(Model& model, double factor, metric_list& metrics) {
  using number = wide<typename Model::real>;
  const std::span<const number> on_device = model.statistics();
  if (on_device.empty()) return;
  std::vector<number> numbers(on_device.size());
  download(model.device(), on_device, numbers.data());
  auto next = numbers.begin();
  for (const auto& entry : model.parameters().statistics()) {
    const auto first = std::exchange(next, next + entry.value->size);
    double sum = 0, largest = 0;
    std::for_each(first, next, [&](number x) {
      sum += static_cast<double>(x);
      largest = std::max(largest, static_cast<double>(x));
    });
    metric& m = metrics.named(entry.value->name);
    if (entry.value->size == 1)
      m.value += factor * sum;
    else if (sum > 0)
      m.value = std::max(m.value, largest * static_cast<double>(entry.value->size) / sum);
  }
}

}  // namespace zer0::detail
