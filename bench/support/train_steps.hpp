// Times the steps of a training run on one device, phase by phase.
#pragma once

#include "clock.hpp"
#include "model_flops.hpp"
#include "random_batch.hpp"
#include "report.hpp"
#include "step_settings.hpp"
#include "support/device_table.hpp"
#include <zer0/attention/gqa.hpp>
#include <zer0/attention/kernel.hpp>
#include <zer0/model/model.hpp>
#include <zer0/recipe/trainer.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

namespace bench {

/// One training step as the trainer does it, with a clock between the phases. Milliseconds.
struct phases {
  double forward = 0, loss = 0, backward = 0, optimizer = 0;
  [[nodiscard]] double total() const { return forward + loss + backward + optimizer; }
};

template <class Model, class Device, class State>
phases timed_step(Model& model, zer0::workspace<Device>& memory, State& state,
                  const zer0::token_batch& batch) {
  Device& device = model.device();
  zer0::buffer<double, Device> totals(device, 2);  // loss, squared gradients
  constexpr std::array<double, 2> zero{};
  device.upload(totals.data(), zero.data(), sizeof zero);
  device.synchronize();
  auto last = clock::now();
  const auto lap = [&] {
    device.synchronize();
    const double ms = seconds_since(last) * 1e3;
    last = clock::now();
    return ms;
  };
  phases p;
  const zer0::wide_span<Device> gradients = model.gradients();
  fill(device,
       zer0::wide_view<Device>(gradients.data(), 1, static_cast<zer0::index_t>(gradients.size())),
       0);
  auto& c = memory.start(batch, model.sizes(),
                         {.training = true, .step = static_cast<std::uint32_t>(state.steps)});
  p.optimizer += lap();
  const auto hidden = model.forward(c, memory.batch().ids);
  p.forward = lap();
  const auto dhidden = c.keep.matrix(hidden.rows, hidden.cols);
  zer0::cross_entropy{}(c, model.output(), hidden, memory.batch(), totals.data(), dhidden);
  p.loss = lap();
  model.backward(c, dhidden);
  p.backward = lap();
  add_squares(device, zer0::const_wide_span<Device>(gradients), totals.data() + 1);
  double squares = 0;
  device.download(&squares, totals.data() + 1, sizeof squares);
  const double factor = 1 / batch.target_tokens();
  state.update(zer0::adamw{}, model, 1e-4,
               factor * std::min(1.0, 1 / (factor * std::sqrt(squares) + 1e-6)));
  p.optimizer += lap();
  return p;
}

/// 10^9 operations a second that the device reaches at best; each folder of a device says how that
/// is found out.
template <class Line>
double device_peak(typename program::device_access<Line>::type& device);

template <class Line, class Kernel>
void measure_steps(const char* name, const step_settings& s, report& out) {
  using device = typename program::device_access<Line>::type;
  zer0::model<zer0::decoder<zer0::gqa<Kernel>>, device> model(
      s.sizes, program::device_access<Line>::open(s.index));
  model.initialize(1);
  zer0::workspace<device> memory(model.device());
  zer0::adamw::state<device> state(model);
  const zer0::token_batch batch = random_batch(s.batch, s.seq, s.sizes.vocab_size);
  const auto tokens = static_cast<double>(batch.tokens());
  const double flops = training_flops_per_token(s.sizes, static_cast<double>(s.seq)) * tokens;
  for (int i = 0; i < 2; ++i)
    timed_step(model, memory, state, batch);  // memory grows, then settles

  // Each step beside a measurement of the peak: the machine's speed drifts, their ratio does not.
  std::vector<double> total, share, forward, loss, backward, optimizer, peaks;
  for (int i = 0; i < s.steps; ++i) {
    const double peak = best_of(3, [&] { return device_peak<Line>(model.device()); });
    const phases p = timed_step(model, memory, state, batch);
    total.push_back(p.total());
    forward.push_back(p.forward);
    loss.push_back(p.loss);
    backward.push_back(p.backward);
    optimizer.push_back(p.optimizer);
    peaks.push_back(peak);
    share.push_back(100 * flops / (p.total() * 1e6) / peak);
  }
  const double ms = median(total);
  out.add({{"attention", name},
           {"tokens/s", tokens / ms * 1e3},
           {"step ms", ms},
           {"forward", median(forward)},
           {"head+loss", median(loss)},
           {"backward", median(backward)},
           {"optimizer", median(optimizer)},
           {"GFLOP/s", flops / ms / 1e6},
           {"peak GFLOP/s", median(peaks)},
           {"% of peak", median(share)},
           {"best %", *std::max_element(share.begin(), share.end())},
           {"activations MiB", static_cast<double>(memory.peak_bytes()) / 1048576},
           {"process peak MiB", peak_mib()}});
}

/// Adds to `out` a row for each kernel that is asked for, on the device of a line of the programs'
/// table.
template <class Line>
void train_steps_on(const step_settings& s, report& out) {
  if (s.kernels.find("flash") != std::string::npos)
    measure_steps<Line, zer0::flash>("flash", s, out);
  if (s.kernels.find("standard") != std::string::npos)
    measure_steps<Line, zer0::standard_attention>("standard", s, out);
}

}  // namespace bench
