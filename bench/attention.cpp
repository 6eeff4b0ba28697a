// Attention forward and backward: the kernels beside each other over sequence lengths, with the memory they keep.
#include "support/machine_peak.hpp"
#include "support/report.hpp"
#include <zer0/attention/kernel.hpp>
#include <zer0/device/cpu.hpp>

#include <boost/program_options.hpp>

#include <cmath>
#include <iostream>

namespace po = boost::program_options;

namespace {

struct settings {
  zer0::index_t tokens = 4096, heads = 8, kv_heads = 8, head_dim = 64;
  int runs = 5;
  double dropout = 0;
};

template <class Kernel>
void measure(const char* name, const settings& s, zer0::index_t seq, bench::report& out) {
  using kernel = typename Kernel::template kernel<zer0::cpu>;
  zer0::cpu device;
  zer0::arena<zer0::cpu> keep(device);
  zer0::arena<zer0::cpu> scratch(device);
  std::vector<std::int32_t> starts;
  for (zer0::index_t i = 0; i <= s.tokens; i += seq) starts.push_back(static_cast<std::int32_t>(i));
  const zer0::attention_sizes a{s.heads,   s.kv_heads, s.head_dim, 1 / std::sqrt(static_cast<double>(s.head_dim)),
                                s.dropout, {1, 2, 3}};
  const double keys = static_cast<double>(seq + 1) / 2;
  const double product = 2 * static_cast<double>(s.tokens * s.heads * s.head_dim) * keys;  // one of q k^T, p v, ...
  std::vector<double> forward, backward, share;
  for (int i = 0; i <= s.runs; ++i) {
    keep.reset();
    scratch.reset();
    zer0::context<zer0::cpu> c{device, keep, scratch, {starts, {}, {}, {}, seq}};
    const auto random = [&](zer0::index_t heads, std::uint32_t site) {
      const auto x = scratch.matrix(s.tokens, heads * s.head_dim);
      zer0::random_normal(device, {1, site, 0}, 0, 1, x);
      return x;
    };
    const auto q = random(s.heads, 1), k = random(s.kv_heads, 2), v = random(s.kv_heads, 3), dout = random(s.heads, 4);
    const auto dq = random(s.heads, 5), dk = random(s.kv_heads, 6), dv = random(s.kv_heads, 7), o = random(s.heads, 8);
    const double peak = bench::best_of(2, [] { return bench::float_peak(2'000'000); });
    typename kernel::saved saved;
    auto start = bench::clock::now();
    kernel::forward(c, a, q, k, v, o, saved);
    const double f = bench::seconds_since(start);
    start = bench::clock::now();
    kernel::backward(c, a, q, k, v, o, dout, saved, dq, dk, dv);
    const double b = bench::seconds_since(start);
    if (i == 0) continue;
    forward.push_back(f * 1e3);
    backward.push_back(b * 1e3);
    share.push_back(100 * 6 * product / ((f + b) * 1e9) /
                    peak);  // 2 products forward, 4 backward; flash's fifth is not counted
  }
  out.add({{"kernel", name},
           {"T", seq},
           {"forward ms", bench::median(forward)},
           {"backward ms", bench::median(backward)},
           {"% of peak", bench::median(share)},
           {"kept MiB", static_cast<double>(keep.peak()) / 1048576}});
}

}  // namespace

int main(int argc, char** argv) try {
  settings s;
  std::string json;
  po::options_description options("Times causal attention on the CPU at a constant number of tokens");
  // clang-format off
  options.add_options()
      ("help", "this text")
      ("tokens", po::value(&s.tokens)->default_value(4096))
      ("heads", po::value(&s.heads)->default_value(8))
      ("kv_heads", po::value(&s.kv_heads)->default_value(8))
      ("head_dim", po::value(&s.head_dim)->default_value(64))
      ("dropout", po::value(&s.dropout)->default_value(0))
      ("runs", po::value(&s.runs)->default_value(5), "measured runs of each")
      ("json", po::value(&json), "also write the figures to this file");
  // clang-format on
  po::variables_map values;
  po::store(po::parse_command_line(argc, argv, options), values);
  po::notify(values);
  if (values.count("help")) {
    std::cout << options;
    return 0;
  }
  bench::report out("attention: " + std::to_string(s.tokens) + " tokens, " + std::to_string(s.heads) + " heads of " +
                    std::to_string(s.head_dim) + ", " + std::to_string(s.kv_heads) + " key/value heads, float32");
  for (const zer0::index_t seq : {128, 256, 512, 1024, 2048, 4096}) {
    if (s.tokens % seq != 0) continue;
    measure<zer0::flash>("flash", s, seq, out);
    if (seq <= 2048) measure<zer0::standard>("standard", s, seq, out);
  }
  out.finish(json);
  return 0;
} catch (const std::exception& e) {
  std::cerr << "attention: " << e.what() << '\n';
  return 2;
}
