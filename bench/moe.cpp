// A training step of a mixture of experts beside that of a dense model with the same products a
// token.
#include "support/clock.hpp"
#include "support/random_batch.hpp"
#include "support/report.hpp"
#include "support/step_settings.hpp"
#include <zer0/device/cpu.hpp>
#include <zer0/model/model.hpp>
#include <zer0/moe/moe.hpp>
#include <zer0/recipe/trainer.hpp>

#include <boost/program_options.hpp>

#include <iostream>
#include <span>
#include <string>
#include <vector>

namespace po = boost::program_options;

namespace {

using dense = zer0::decoder<zer0::gqa<zer0::flash>>;
using experts = zer0::decoder<zer0::gqa<zer0::flash>, zer0::moe<>>;

/// A model and its trainer, whose steps are timed.
template <class Variant>
class timed {
 public:
  explicit timed(const zer0::dims& sizes)
      : model_((sizes.check(), sizes)), trainer_((model_.initialize(1), model_)) {}

  /// Milliseconds of a step.
  double step(const zer0::token_batch& batch) {
    const auto start = bench::clock::now();
    report_ = trainer_.step(std::span(&batch, 1));
    return bench::seconds_since(start) * 1e3;
  }
  [[nodiscard]] zer0::index_t parameters() const { return model_.parameters().elements(); }
  [[nodiscard]] double activations_mib() const {
    return static_cast<double>(trainer_.memory().peak_bytes()) / 1048576;
  }
  [[nodiscard]] const zer0::step_report& report() const { return report_; }

 private:
  zer0::model<Variant, zer0::cpu> model_;
  zer0::trainer<zer0::model<Variant, zer0::cpu>> trainer_;
  zer0::step_report report_;
};

void measure(const bench::step_settings& s, bench::report& out) {
  zer0::dims dense_sizes = s.sizes;
  dense_sizes.hidden_dim = s.sizes.experts.per_token * s.sizes.experts.hidden_dim;
  timed<dense> a(dense_sizes);
  timed<experts> b(s.sizes);
  const zer0::token_batch batch = bench::random_batch(s.batch, s.seq, s.sizes.vocab_size);
  for (int i = 0; i < 2; ++i) {  // memory grows, then settles
    a.step(batch);
    b.step(batch);
  }
  // Steps in pairs: the machine's speed drifts, their ratio does not.
  std::vector<double> dense_ms, experts_ms, ratios;
  for (int i = 0; i < s.steps; ++i) {
    dense_ms.push_back(a.step(batch));
    experts_ms.push_back(b.step(batch));
    ratios.push_back(experts_ms.back() / dense_ms.back());
  }
  const auto row = [&](const char* name, const auto& model, const std::vector<double>& ms) {
    return nlohmann::ordered_json{
        {"model", name},
        {"parameters", model.parameters()},
        {"step ms", bench::median(ms)},
        {"tokens/s", static_cast<double>(batch.tokens()) / bench::median(ms) * 1e3},
        {"activations MiB", model.activations_mib()},
        {"ratio", 1},
        {"best ratio", 1},
        {"largest load", ""}};
  };
  out.add(row("dense", a, dense_ms));
  auto moe = row("experts", b, experts_ms);
  moe["ratio"] = bench::median(ratios);
  moe["best ratio"] = *std::min_element(ratios.begin(), ratios.end());
  moe["largest load"] = b.report().metrics.at("expert_load");
  out.add(moe);
}

}  // namespace

int main(int argc, char** argv) try {
  bench::step_settings s;
  s.sizes = {
      .dim = 256, .n_layers = 4, .n_heads = 8, .vocab_size = 6400, .experts = {.hidden_dim = 352}};
  std::string json;
  po::options_description options(
      "Times training steps with experts on the CPU, beside a dense model of as many products");
  // clang-format off
  options.add_options()
      ("help", "this text")
      ("dim", po::value(&s.sizes.dim)->default_value(s.sizes.dim))
      ("n_layers", po::value(&s.sizes.n_layers)->default_value(s.sizes.n_layers))
      ("experts", po::value(&s.sizes.experts.n_routed)->default_value(8))
      ("per_token", po::value(&s.sizes.experts.per_token)->default_value(2))
      ("expert_hidden", po::value(&s.sizes.experts.hidden_dim)->default_value(352), "the dense model's is per_token times it")
      ("batch", po::value(&s.batch)->default_value(8))
      ("seq", po::value(&s.seq)->default_value(256))
      ("steps", po::value(&s.steps)->default_value(9), "pairs of steps; the medians are printed")
      ("json", po::value(&json), "file for the figures");
  // clang-format on
  po::variables_map values;
  po::store(po::parse_command_line(argc, argv, options), values);
  po::notify(values);
  if (values.count("help")) return std::cout << options << '\n', 0;
  bench::report report("training step, CPU, float32, " + std::to_string(s.batch) + " x " +
                       std::to_string(s.seq) + " tokens");
  measure(s, report);
  report.finish(json);
} catch (const std::exception& e) {
  std::cerr << "bench_moe: " << e.what() << '\n';
  return 1;
}
