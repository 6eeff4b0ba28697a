#include "../../bench/support/roofline.hpp"

#include "../../bench/support/model_flops.hpp"
#include "support/catch.hpp"

using namespace bench;

namespace {

/// 2 tokens; D 4, H 2, K 1, C 2, F 8, V 16, one layer.
step_shape tiny() {
  return {.sizes = {.dim = 4,
                    .n_layers = 1,
                    .n_heads = 2,
                    .n_kv_heads = 1,
                    .vocab_size = 16,
                    .hidden_dim = 8},
          .sequences = 1,
          .seq = 2};
}

const kernel_cost& find(const step_costs& step, const std::string& phase, const std::string& name) {
  for (const kernel_cost& k : step.kernels())
    if (k.phase == phase && k.name == name) return k;
  FAIL("no " << phase << " " << name);
  throw 0;
}

}  // namespace

TEST_CASE("roofline: operations and bytes of each kernel, counted by hand", "[bench][roofline]") {
  const step_costs step(tiny());
  struct counted {
    const char *phase, *name;
    double flops, bytes;
  };
  const counted by_hand[] = {
      {"forward", "embedding", 0, 2 * (4 + 8 + 8)},  // an id, a row read, a row written
      {"forward", "q, k, v", 2 * 2 * 4 * 8,
       2 * (2 * 4 + 4 * 8 + 2 * 8)},  // (2, 4) by (4, 4 + 2 + 2)
      {"forward", "rotary positions", 36,
       2 * (12 + 12) + 8},  // 2 (4 + 2) numbers, read and written
      {"forward", "attention", 2 * 3 * 8,
       2 * (8 + 8 + 4 + 4) + 2 * 2 * 4},                        // 2 heads, 3 pairs, 2 dots of 2
      {"forward", "attention's output", 64, 2 * (8 + 16 + 8)},  // (2, 4) by (4, 4)
      {"forward", "gate, up", 256, 2 * (8 + 64 + 32)},          // (2, 4) by (4, 16)
      {"forward", "swiglu", 80, 2 * (32 + 16)},                 // 2 x 8 from 2 x 16
      {"forward", "down", 128, 2 * (16 + 32 + 8)},              // (2, 8) by (8, 4)
      {"head", "logits", 256, 2 * (8 + 64 + 32)},               // (2, 4) by (4, 16)
      {"head", "loss and its gradient", 192,
       2 * (32 + 32) + 2 * (4 + 4 + 4)},  // target, weight and loss of a token
      {"head", "weight gradient", 256, 2 * (8 + 32) + 64 * (4 + 4)},
      {"backward", "attention", 2 * 3 * 20,
       2 * (4 * 8 + 4 * 4) + 2 * 2 * 4},  // q, o, do, dq; k, v, dk, dv; 5 dots,
      {"backward", "down, weight", 128, 2 * (16 + 8) + 32 * 8},
      {"optimizer", "adamw", 12 * 220,
       220 * (4 * 4 + 3 * 4 + 2)},  // reads gradient, weight, m, v; writes 3 and bf16
  };
  for (const counted& c : by_hand) {
    INFO(c.phase << " " << c.name);
    CHECK(find(step, c.phase, c.name).flops == c.flops);
    CHECK(find(step, c.phase, c.name).bytes == c.bytes);
  }
  CHECK(find(step, "forward", "norm (with the sum before it)").times == 3);
  CHECK(find(step, "forward", "norm (with the sum before it)").bytes ==
        3 * (2 * (8 + 8 + 8 + 8 + 4) + 2 * 4));
  CHECK(step.parameters() == 16 * 4 + 4 + (4 + 4 + 4 * 8 + 4 * 4 + 3 * 4 * 8));
  CHECK(step.tokens() == 2);
}

TEST_CASE(
    "roofline: logits in chunks cost the same arithmetic, and the head's weights for each chunk",
    "[bench][roofline]") {
  step_shape s = tiny();
  s.logit_rows = 1;
  const step_costs step(s);
  CHECK(find(step, "head", "logits").times == 2);
  CHECK(find(step, "head", "logits").flops == 256);
  CHECK(find(step, "head", "logits").bytes == 2 * 2 * (4 + 64 + 16));
  CHECK(find(step, "head", "weight gradient").bytes == 2 * (2 * (4 + 16) + 64 * 8));
}

TEST_CASE("roofline: products and attention make up the arithmetic that a step needs",
          "[bench][roofline]") {
  const zer0::dims sizes{
      .dim = 64, .n_layers = 3, .n_heads = 8, .n_kv_heads = 2, .vocab_size = 100};
  const step_costs step(
      {.sizes = sizes, .sequences = 5, .seq = 33, .micro_batches = 2, .standard = true});
  double flops = 0;
  for (const kernel_cost& k : step.kernels())
    if (k.is_product) flops += k.flops;
  CHECK(flops == Approx(5 * 33 * 2 * training_flops_per_token(sizes, 33)));
}

TEST_CASE("roofline: a kernel takes as long as the slower of arithmetic and memory",
          "[bench][roofline]") {
  const kernel_cost product{"", "", 1, 1000, 10, true}, sum{"", "", 1, 10, 1000, false};
  const card c{"", 100, 5, 20};
  CHECK(c.floor(product) == 10);
  CHECK(c.is_compute_bound(product));
  CHECK(c.floor(sum) == 50);
  CHECK(!c.is_compute_bound(sum));
  CHECK(product.intensity() == 100);
  const step_costs step(tiny());
  CHECK(floor_of_step(step, {"", 1e30, 1e30, 1}) == Approx([&] {
          double bytes = 0;
          for (const kernel_cost& k : step.kernels()) bytes += k.bytes;
          return bytes;
        }()));
}
