// Attention forward and backward: the kernels beside each other over sequence lengths, with the
// memory they keep; flash with a sliding window, whose cost a token must not grow with the
// sequence; and what a token takes in caches.
#include "support/machine_peak.hpp"
#include "support/report.hpp"
#include <zer0/attention/gqa.hpp>
#include <zer0/attention/kernel.hpp>
#include <zer0/attention/mla.hpp>
#include <zer0/device/cpu.hpp>

#include <boost/program_options.hpp>

#include <cmath>
#include <iostream>

namespace po = boost::program_options;

namespace {

struct settings {
  zer0::index_t tokens = 4096, heads = 8, kv_heads = 8, head_dim = 64;
  int runs = 5;
  zer0::index_t window = 256;
  double dropout = 0;
};

template <class Kernel>
void measure(const char* name, const settings& s, zer0::index_t seq, zer0::index_t window,
             bench::report& out) {
  using kernel = typename Kernel::template kernel<zer0::cpu>;
  zer0::cpu device;
  zer0::arena<zer0::cpu> keep(device);
  zer0::arena<zer0::cpu> scratch(device);
  std::vector<std::int32_t> starts;
  for (zer0::index_t i = 0; i <= s.tokens; i += seq) starts.push_back(static_cast<std::int32_t>(i));
  const zer0::attention_sizes a{.heads = s.heads,
                                .kv_heads = s.kv_heads,
                                .head_dim = s.head_dim,
                                .scale = 1 / std::sqrt(static_cast<double>(s.head_dim)),
                                .dropout = s.dropout,
                                .stream = {1, 2, 3},
                                .window = window};
  double keys = 0;  // that a query sees, on average
  for (zer0::index_t i = 1; i <= seq; ++i)
    keys += static_cast<double>(i - a.hidden(i)) / static_cast<double>(seq);
  const double product =
      2 * static_cast<double>(s.tokens * s.heads * s.head_dim) * keys;  // one of q k^T, p v, ...
  std::vector<double> forward, backward, share;
  for (int i = 0; i <= s.runs; ++i) {
    keep.reset();
    scratch.reset();
    zer0::context<zer0::cpu> c{
        device, keep, scratch, {.starts = starts, .positions = {}, .longest = seq}};
    const auto random = [&](zer0::index_t heads, std::uint32_t site) {
      const auto x = scratch.matrix(s.tokens, heads * s.head_dim);
      zer0::random_normal(device, {1, site, 0}, 0, 1, x);
      return x;
    };
    const auto q = random(s.heads, 1), k = random(s.kv_heads, 2), v = random(s.kv_heads, 3),
               dout = random(s.heads, 4);
    const auto dq = random(s.heads, 5), dk = random(s.kv_heads, 6), dv = random(s.kv_heads, 7),
               o = random(s.heads, 8);
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
           {"us a token", (bench::median(forward) + bench::median(backward)) * 1e3 /
                              static_cast<double>(s.tokens)},
           {"% of peak", bench::median(share)},
           {"kept MiB", static_cast<double>(keep.peak()) / 1048576}});
}

/// What a token takes in the cache of one layer, at the sizes of DeepSeek-V2 (arXiv:2405.04434,
/// section 3.1.2).
void measure_caches(bench::report& out) {
  const zer0::dims sizes{.dim = 5120,
                         .n_heads = 128,
                         .head_dim = 128,
                         .kv_lora_rank = 512,
                         .q_lora_rank = 1536,
                         .qk_nope_head_dim = 128,
                         .qk_rope_head_dim = 64,
                         .v_head_dim = 128};
  zer0::cpu device;
  const auto add = [&](const char* name, zer0::index_t numbers) {
    out.add({{"attention", name}, {"numbers a token in the cache", numbers}});
  };
  for (const auto& [name, kv_heads] :
       {std::pair("gqa, 128 key/value heads", 128), std::pair("gqa, 8", 8)}) {
    zer0::dims grouped = sizes;
    grouped.n_kv_heads = kv_heads;
    const auto cache = zer0::layer_of<zer0::gqa<>, zer0::cpu>(grouped).make_cache(device, 1, 1);
    add(name, cache.keys.size() + cache.values.size());
  }
  add("mla", zer0::layer_of<zer0::mla<>, zer0::cpu>(sizes).make_cache(device, 1, 1).rows.size());
}

}  // namespace

int main(int argc, char** argv) try {
  settings s;
  std::string json;
  po::options_description options(
      "Times causal attention on the CPU at a constant number of tokens");
  // clang-format off
  options.add_options()
      ("help", "this text")
      ("tokens", po::value(&s.tokens)->default_value(4096))
      ("heads", po::value(&s.heads)->default_value(8))
      ("kv_heads", po::value(&s.kv_heads)->default_value(8))
      ("head_dim", po::value(&s.head_dim)->default_value(64))
      ("window", po::value(&s.window)->default_value(s.window), "keys that a query sees in the rows named window")
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
  bench::report out("attention: " + std::to_string(s.tokens) + " tokens, " +
                    std::to_string(s.heads) + " heads of " + std::to_string(s.head_dim) + ", " +
                    std::to_string(s.kv_heads) + " key/value heads, float32");
  for (const zer0::index_t seq : {128, 256, 512, 1024, 2048, 4096}) {
    if (s.tokens % seq != 0) continue;
    measure<zer0::flash>("flash", s, seq, 0, out);
    if (seq <= 2048) measure<zer0::standard_attention>("standard", s, seq, 0, out);
  }
  settings longer = s;
  longer.tokens *= 4;
  for (const zer0::index_t seq : {256, 1024, 4096, 16384})
    if (longer.tokens % seq == 0) measure<zer0::flash>("flash, window", longer, seq, s.window, out);
  out.finish(json);
  bench::report caches("numbers a token in the cache of one layer, at the sizes of DeepSeek-V2");
  measure_caches(caches);
  caches.finish({});
  return 0;
} catch (const std::exception& e) {
  std::cerr << "attention: " << e.what() << '\n';
  return 2;
}
