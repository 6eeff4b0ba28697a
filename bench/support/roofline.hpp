// What each kernel of a training step on the cuda device must compute and move at least, and how
// fast a card could be.
//
// Bytes: each operand is read once and each result written once, as if a kernel's caches were
// perfect and those between two kernels held nothing. Operations: those of products and attention;
// of what is done to each number only a rough count, as memory bounds it on every card. Source of
// the model: Williams et al. 2009, "Roofline", doi:10.1145/1498765.1498785.
#pragma once

#include <zer0/core/dims.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace bench {

struct kernel_cost {
  std::string phase, name;
  double times;  ///< in a step
  double flops;  ///< of all of them
  double bytes;
  bool is_product;  ///< on tensor cores, of 16-bit numbers

  [[nodiscard]] double intensity() const { return flops / bytes; }
};

/// Peaks of a card: dense products of 16-bit numbers summed in float, float arithmetic, memory.
struct card {
  std::string name;
  double tensor_flops, flops, bytes_per_second;

  /// The least seconds, and whether arithmetic rather than memory sets them.
  [[nodiscard]] double floor(const kernel_cost& k) const {
    return std::max(arithmetic(k), k.bytes / bytes_per_second);
  }
  [[nodiscard]] bool is_compute_bound(const kernel_cost& k) const {
    return arithmetic(k) > k.bytes / bytes_per_second;
  }

 private:
  [[nodiscard]] double arithmetic(const kernel_cost& k) const {
    return k.flops / (k.is_product ? tensor_flops : flops);
  }
};

/// From the makers' data sheets, without sparsity: "NVIDIA H100 Tensor Core GPU" (SXM: bfloat16
/// 1,979 TFLOP/s with sparsity, half of it without; 3.35 TB/s), "NVIDIA A100 Tensor Core GPU" (SXM
/// 80GB: 312 TFLOP/s, 2,039 GB/s), "NVIDIA Ada GPU Architecture" v2.1, appendix A (RTX 4090: 165.2
/// TFLOP/s with float sums, 1,008 GB/s).
inline std::vector<card> cards() {
  return {{"H100 SXM", 989.5e12, 67e12, 3350e9},
          {"A100 SXM 80GB", 312e12, 19.5e12, 2039e9},
          {"RTX 4090", 165.2e12, 82.6e12, 1008e9}};
}

struct step_shape {
  zer0::dims sizes;
  zer0::index_t sequences = 1;  ///< of a micro-batch
  zer0::index_t seq = 1;        ///< tokens of each
  zer0::index_t micro_batches = 1;
  bool standard = false;         ///< attention that keeps its probabilities
  zer0::index_t logit_rows = 0;  ///< of a chunk of logits; 0: all at once
};

/// The kernels of one step with 16-bit numbers (and float gradients of weights, statistics and
/// optimizer), one entry a kind, in the order in which they run first.
class step_costs {
 public:
  explicit step_costs(const step_shape& s)
      : d_(count(s.sizes.dim)),
        q_(count(s.sizes.n_heads * s.sizes.head_size())),
        kv_(count(s.sizes.kv_heads() * s.sizes.head_size())),
        f_(count(s.sizes.hidden())),
        v_(count(s.sizes.vocab_size)),
        heads_(count(s.sizes.n_heads)),
        layers_(count(s.sizes.n_layers)),
        n_(count(s.sequences * s.seq)),
        seq_(count(s.seq)),
        micro_(count(s.micro_batches)),
        chunk_(s.logit_rows > 0 ? std::min(count(s.logit_rows), n_) : n_) {
    forward(s.standard);
    head();
    backward(s.standard);
    optimizer();
  }

  [[nodiscard]] const std::vector<kernel_cost>& kernels() const { return kernels_; }
  [[nodiscard]] double tokens() const { return n_ * micro_; }
  /// The head shares the weights of the embedding.
  [[nodiscard]] double parameters() const {
    return v_ * d_ + d_ + layers_ * (2 * d_ + d_ * (2 * q_ + 2 * kv_) + 3 * d_ * f_);
  }

 private:
  static double count(zer0::index_t n) { return static_cast<double>(n); }

  void add(const char* phase, const char* name, double times, double flops, double bytes,
           bool is_product = false) {
    kernels_.push_back({phase, name, times, times * flops, times * bytes, is_product});
  }
  /// (n, in) by (in, out): operands and result of 16 bits.
  void product(const char* phase, const char* name, double times, double in, double out) {
    add(phase, name, times, 2 * n_ * in * out, half * (n_ * in + in * out + n_ * out), true);
  }
  /// (out, n) by (n, in), added to a float gradient.
  void weight_gradient(const char* name, double times, double in, double out) {
    add("backward", name, times, 2 * n_ * in * out, half * n_ * (in + out) + 2 * single * in * out,
        true);
  }

  [[nodiscard]] double pairs() const {
    return n_ * (seq_ + 1) / 2;
  }  ///< of a query and a key that it sees, a head
  [[nodiscard]] double probabilities() const { return half * n_ * heads_ * seq_; }

  void forward(bool standard) {
    const double l = layers_ * micro_;
    add("forward", "embedding", micro_, 0, n_ * (4 + 2 * half * d_));
    add("forward", "norm (with the sum before it)", 2 * l + micro_, 5 * n_ * d_,
        half * (4 * n_ * d_ + d_) + single * n_);
    product("forward", "q, k, v", l, d_, q_ + 2 * kv_);
    add("forward", "rotary positions", l, 3 * n_ * (q_ + kv_), 2 * half * n_ * (q_ + kv_) + 4 * n_);
    add("forward", "attention", l, 4 * q_ * pairs(),
        half * n_ * (2 * q_ + 2 * kv_) + (standard ? probabilities() : single * n_ * heads_), true);
    product("forward", "attention's output", l, q_, d_);
    product("forward", "gate, up", l, d_, 2 * f_);
    add("forward", "swiglu", l, 5 * n_ * f_, half * 3 * n_ * f_);
    product("forward", "down", l, f_, d_);
  }
  /// Each chunk of logits reads the head's weights and adds to their gradient anew.
  void head() {
    const double chunks = n_ / chunk_, flops = 2 * chunk_ * d_ * v_;
    const double operands = half * (chunk_ * d_ + d_ * v_ + chunk_ * v_);
    add("head", "logits", micro_ * chunks, flops, operands, true);
    add("head", "loss and its gradient", micro_, 6 * n_ * v_,
        2 * half * n_ * v_ + n_ * (4 + 2 * single));
    add("head", "input gradient", micro_ * chunks, flops, operands, true);
    add("head", "weight gradient", micro_ * chunks, flops,
        half * chunk_ * (d_ + v_) + 2 * single * d_ * v_, true);
  }
  void backward(bool standard) {
    const double l = layers_ * micro_;
    add("backward", "norm (added to the stream's gradient)", 2 * l + micro_, 8 * n_ * d_,
        half * (4 * n_ * d_ + d_) + single * n_);
    add("backward", "norm's weight gradient", 2 * l + micro_, 3 * n_ * d_,
        half * 2 * n_ * d_ + single * (n_ + 2 * d_));
    product("backward", "down, input", l, d_, f_);
    weight_gradient("down, weight", l, f_, d_);
    add("backward", "swiglu", l, 10 * n_ * f_, half * 5 * n_ * f_);
    product("backward", "gate, up, input", l, 2 * f_, d_);
    weight_gradient("gate, up, weight", l, d_, 2 * f_);
    product("backward", "attention's output, input", l, d_, q_);
    weight_gradient("attention's output, weight", l, q_, d_);
    // With the scores formed again, or with the probabilities read.
    add("backward", "attention", l, (standard ? 8 : 10) * q_ * pairs(),
        half * n_ * (4 * q_ + 4 * kv_) + (standard ? probabilities() : single * n_ * heads_), true);
    add("backward", "rotary positions", l, 3 * n_ * (q_ + kv_),
        2 * half * n_ * (q_ + kv_) + 4 * n_);
    product("backward", "q, k, v, input", l, q_ + 2 * kv_, d_);
    weight_gradient("q, k, v, weight", l, d_, q_ + 2 * kv_);
    add("backward", "embedding", micro_, n_ * d_, n_ * (4 + half * d_ + 2 * single * d_));
  }
  void optimizer() {
    const double p = parameters();
    add("optimizer", "gradients to zero", 1, 0, single * p);
    add("optimizer", "gradient norm", 1, 2 * p, single * p);
    add("optimizer", "adamw", 1, 12 * p, single * 7 * p + half * p);
  }

  static constexpr double half = 2, single = 4;  // bytes
  double d_, q_, kv_, f_, v_, heads_, layers_, n_, seq_, micro_, chunk_;
  std::vector<kernel_cost> kernels_;
};

/// The least seconds of a step: kernels run one after another.
inline double floor_of_step(const step_costs& step, const card& c) {
  double seconds = 0;
  for (const kernel_cost& k : step.kernels()) seconds += c.floor(k);
  return seconds;
}

}  // namespace bench
