// How fast a training step is, phase by phase, and what share of the machine's peak it reaches.
#include "support/machine_peak.hpp"
#include "support/model_flops.hpp"
#include "support/report.hpp"
#include <zer0/device/cpu.hpp>
#include <zer0/model/model.hpp>
#include <zer0/recipe/trainer.hpp>

#include <boost/program_options.hpp>

#include <array>
#include <iostream>

namespace po = boost::program_options;

namespace {

struct settings {
  zer0::dims sizes;
  zer0::index_t batch = 4;
  zer0::index_t seq = 512;
  int steps = 5;
};

zer0::token_batch random_batch(const settings& s) {
  zer0::token_batch b;
  for (zer0::index_t i = 0; i < s.batch * s.seq; ++i) {
    b.ids.push_back(static_cast<zer0::token_id>((i * 7919 + i / 13) % s.sizes.vocab_size));
    b.targets.push_back(static_cast<zer0::token_id>((i * 104729 + i / 7) % s.sizes.vocab_size));
    b.weights.push_back(1);
  }
  for (zer0::index_t i = 0; i <= s.batch; ++i) b.starts.push_back(static_cast<std::int32_t>(i * s.seq));
  return b;
}

/// One training step as the trainer does it, with a clock between the phases. Milliseconds.
struct phases {
  double forward = 0, loss = 0, backward = 0, optimizer = 0;
  [[nodiscard]] double total() const { return forward + loss + backward + optimizer; }
};

template <class Model, class State>
phases timed_step(Model& model, zer0::workspace<zer0::cpu>& memory, State& state, const zer0::token_batch& batch) {
  auto last = bench::clock::now();
  const auto lap = [&] {
    const double ms = bench::seconds_since(last) * 1e3;
    last = bench::clock::now();
    return ms;
  };
  phases p;
  std::array<double, 2> totals{};  // loss, squared gradients
  const std::span<float> gradients = model.gradients();
  const zer0::tensor_view<float> all(gradients.data(), 1, static_cast<zer0::index_t>(gradients.size()));
  zer0::fill(model.device(), all, 0);
  auto& c = memory.start(batch, model.sizes());
  c.training = true;
  c.step = static_cast<std::uint32_t>(state.steps);
  p.optimizer += lap();
  const auto hidden = model.forward(c, memory.batch().ids);
  p.forward = lap();
  const auto dhidden = c.keep.matrix(hidden.rows, hidden.cols);
  zer0::cross_entropy{}(c, model.output(), hidden, memory.batch().targets, memory.batch().weights, &totals[0], dhidden);
  p.loss = lap();
  model.backward(c, dhidden);
  p.backward = lap();
  zer0::add_squares(model.device(), gradients, &totals[1]);
  state.update(zer0::adamw{}, model, 1e-4, {1 / batch.target_tokens(), 1, &totals[1]});
  p.optimizer += lap();
  return p;
}

template <class Kernel>
void measure(const char* name, const settings& s, bench::report& out) {
  zer0::model<zer0::decoder<zer0::gqa<Kernel>>, zer0::cpu> model(s.sizes);
  model.initialize(1);
  zer0::workspace<zer0::cpu> memory(model.device());
  zer0::adamw::state<zer0::cpu> state(model);
  const zer0::token_batch batch = random_batch(s);
  const auto tokens = static_cast<double>(batch.tokens());
  const double flops = bench::training_flops_per_token(s.sizes, static_cast<double>(s.seq)) * tokens;
  for (int i = 0; i < 2; ++i) timed_step(model, memory, state, batch);  // memory grows, then settles

  // Each step beside a measurement of the peak: the machine's speed drifts, their ratio does not.
  std::vector<double> total, share, forward, loss, backward, optimizer, peaks;
  for (int i = 0; i < s.steps; ++i) {
    const double peak = bench::best_of(3, [] { return bench::float_peak(); });
    const phases p = timed_step(model, memory, state, batch);
    total.push_back(p.total());
    forward.push_back(p.forward);
    loss.push_back(p.loss);
    backward.push_back(p.backward);
    optimizer.push_back(p.optimizer);
    peaks.push_back(peak);
    share.push_back(100 * flops / (p.total() * 1e6) / peak);
  }
  const double ms = bench::median(total);
  out.add({{"attention", name},
           {"tokens/s", tokens / ms * 1e3},
           {"step ms", ms},
           {"forward", bench::median(forward)},
           {"head+loss", bench::median(loss)},
           {"backward", bench::median(backward)},
           {"optimizer", bench::median(optimizer)},
           {"GFLOP/s", flops / ms / 1e6},
           {"peak GFLOP/s", bench::median(peaks)},
           {"% of peak", bench::median(share)},
           {"best %", *std::max_element(share.begin(), share.end())},
           {"activations MiB", static_cast<double>(memory.peak_bytes()) / 1048576},
           {"process peak MiB", bench::peak_mib()}});
}

}  // namespace

int main(int argc, char** argv) try {
  settings s;
  std::string json;
  std::string kernels = "flash,standard";
  po::options_description options(
      "Times a training step on the CPU; defaults are the size that docs/performance.md follows");
  // clang-format off
  options.add_options()
      ("help", "this text")
      ("dim", po::value(&s.sizes.dim)->default_value(512))
      ("n_layers", po::value(&s.sizes.n_layers)->default_value(8))
      ("n_heads", po::value(&s.sizes.n_heads)->default_value(8))
      ("n_kv_heads", po::value(&s.sizes.n_kv_heads)->default_value(0))
      ("vocab_size", po::value(&s.sizes.vocab_size)->default_value(6400))
      ("dropout", po::value(&s.sizes.dropout)->default_value(0))
      ("seq", po::value(&s.seq)->default_value(512))
      ("batch", po::value(&s.batch)->default_value(4))
      ("steps", po::value(&s.steps)->default_value(5), "measured steps")
      ("kernels", po::value(&kernels)->default_value(kernels), "flash, standard or both")
      ("json", po::value(&json), "also write the figures to this file");
  // clang-format on
  po::variables_map values;
  po::store(po::parse_command_line(argc, argv, options), values);
  po::notify(values);
  if (values.count("help")) {
    std::cout << options;
    return 0;
  }
  s.sizes.max_seq_len = s.seq;
  bench::report out("train_step: dim " + std::to_string(s.sizes.dim) + ", " + std::to_string(s.sizes.n_layers) +
                    " layers, vocabulary " + std::to_string(s.sizes.vocab_size) + ", batch " + std::to_string(s.batch) +
                    " x " + std::to_string(s.seq) + ", float32, dropout " + std::to_string(s.sizes.dropout));
  if (kernels.find("flash") != std::string::npos) measure<zer0::flash>("flash", s, out);
  if (kernels.find("standard") != std::string::npos) measure<zer0::standard>("standard", s, out);
  out.finish(json);
  return 0;
} catch (const std::exception& e) {
  std::cerr << "train_step: " << e.what() << '\n';
  return 2;
}
