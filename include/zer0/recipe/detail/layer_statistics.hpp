// What layers gathered during a step, as metrics of its report.
#pragma once

#include <zer0/device/memory.hpp>
#include <zer0/recipe/step_report.hpp>

#include <algorithm>
#include <string_view>
#include <vector>

namespace zer0::detail {

/// Adds a metric for each name of a statistic of the model. Of those that are one number (a layer's
/// loss) it is `factor` times the sum over the layers. Of those that are a number for each of
/// several parts (tokens that came to an expert) it is the largest, over all layers, of a part's
/// share of its layer, times the number of parts: 1 is even. Waits for the device if there are
/// statistics. Memory: a copy of them on the host.
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
