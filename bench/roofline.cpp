// The least time of each kernel of a training step on a GPU, from what it must compute and move and
// the card's peaks. Pure arithmetic: nothing is measured.
#include "support/roofline.hpp"

#include "support/report.hpp"

#include <boost/program_options.hpp>

#include <cstdio>
#include <iostream>

namespace po = boost::program_options;

int main(int argc, char** argv) try {
  bench::step_shape s{.sizes = {}, .sequences = 16, .seq = 2048};
  std::string attention, json;
  po::options_description options("The least time of each kernel of a training step, in bfloat16");
  // clang-format off
  options.add_options()
      ("help", "this text")
      ("dim", po::value(&s.sizes.dim)->default_value(1024))
      ("n_layers", po::value(&s.sizes.n_layers)->default_value(24))
      ("n_heads", po::value(&s.sizes.n_heads)->default_value(16))
      ("n_kv_heads", po::value(&s.sizes.n_kv_heads)->default_value(0))
      ("hidden_dim", po::value(&s.sizes.hidden_dim)->default_value(0))
      ("vocab_size", po::value(&s.sizes.vocab_size)->default_value(32000))
      ("batch", po::value(&s.sequences)->default_value(16), "sequences of a micro-batch")
      ("seq", po::value(&s.seq)->default_value(2048))
      ("accumulate", po::value(&s.micro_batches)->default_value(1), "micro-batches of a step")
      ("logit_rows", po::value(&s.logit_rows)->default_value(0), "rows of logits at once; 0: all")
      ("attention", po::value(&attention)->default_value("flash"), "flash or standard")
      ("json", po::value(&json), "also write the figures to this file");
  // clang-format on
  po::variables_map values;
  po::store(po::parse_command_line(argc, argv, options), values);
  po::notify(values);
  if (values.contains("help")) return std::cout << options, 0;
  s.standard = attention == "standard";
  zer0::require(s.standard || attention == "flash", "attention is ", attention,
                "; use flash or standard");
  s.sizes.check();

  const bench::step_costs step(s);
  const auto cards = bench::cards();
  const auto row = [&](const std::string& phase, const std::string& name, double times,
                       double flops, double bytes) {
    return nlohmann::ordered_json{
        {"phase", phase},       {"kernel", name},    {"times", static_cast<long>(times)},
        {"GFLOP", flops / 1e9}, {"MB", bytes / 1e6}, {"FLOP/byte", flops / bytes}};
  };
  bench::report table(
      "Milliseconds at the least, and what sets them: arithmetic (a) or memory (m)");
  double flops = 0, bytes = 0;
  for (const bench::kernel_cost& k : step.kernels()) {
    auto figures = row(k.phase, k.name, k.times, k.flops, k.bytes);
    for (const bench::card& c : cards) {
      figures[c.name] = 1e3 * c.floor(k);
      figures[c.name + " by"] = c.is_compute_bound(k) ? "a" : "m";
    }
    table.add(figures);
    flops += k.flops;
    bytes += k.bytes;
  }
  auto sums = row("step", "all", 1, flops, bytes);
  for (const bench::card& c : cards) {
    sums[c.name] = 1e3 * bench::floor_of_step(step, c);
    sums[c.name + " by"] = "";
  }
  table.add(sums);
  table.finish(json);
  std::printf("\n%.1f million parameters, %.0f tokens a step. Tokens a second at most:",
              step.parameters() / 1e6, step.tokens());
  for (const bench::card& c : cards)
    std::printf(" %s %.0f;", c.name.c_str(), step.tokens() / bench::floor_of_step(step, c));
  std::printf("\n");
} catch (const std::exception& e) {
  std::cerr << "bench_roofline: " << e.what() << '\n';
  return 1;
}
