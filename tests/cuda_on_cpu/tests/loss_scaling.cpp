// Training in float16 with a loss that is scaled, and the other types, where it is not.
#include "support/catch.hpp"
#include "support/temp_dir.hpp"
#include "support/toy_data.hpp"
#include <zer0/checkpoint/checkpoint.hpp>
#include <zer0/device/cpu.hpp>
#include <zer0/device/cuda.cuh>
#include <zer0/file/detail/json.hpp>
#include <zer0/model/model.hpp>
#include <zer0/recipe/trainer.hpp>

#include <cmath>
#include <limits>
#include <vector>

using namespace zer0;
using support::contains;

static_assert(loss_scale_for<__half>::active);
static_assert(!loss_scale_for<__nv_bfloat16>::active);

namespace {

const dims sizes{
    .dim = 16, .n_layers = 1, .n_heads = 2, .vocab_size = 30, .max_seq_len = 8, .multiple_of = 8};

/// Cross-entropy whose gradients are not finite while `overflows`; its loss is.
struct overflowing {
  const bool* overflows;

  template <device D>
  void operator()(context<D>& c, parameter<typename D::real>& output, const_view<D> h,
                  const device_batch<D>& in, double* totals, view<D> dh) const {
    cross_entropy()(c, output, h, in, totals, dh);
    if (*overflows) fill(c.device, dh, std::numeric_limits<double>::infinity());
  }
};

template <class Device, class Loss = cross_entropy>
struct setup {
  using model_type = model<decoder<>, Device>;
  using trainer_type = trainer<model_type, Loss>;

  model_type llm{sizes};
  trainer_type t;
  support::toy_data data{60};

  explicit setup(const loss_scale_rule& rule = {}, Loss loss = {})
      : t(llm, {.total_steps = 60, .loss_scale = rule}, loss, {}, {.learning_rate = 1e-2}) {
    llm.initialize(1);
  }
  step_report step() {
    std::vector<token_batch> window(2);
    for (token_batch& batch : window)
      if (!data.next(batch)) {
        data.seek(1, 0);
        (void)data.next(batch);
      }
    return t.step(window);
  }
  /// The bytes of weights and optimizer.
  std::string bytes() {
    std::string all;
    const auto append = [&](auto part) {
      std::string text(part.size_bytes(), '\0');
      llm.device().download(text.data(), part.data(), text.size());
      all += text;
    };
    append(llm.weights());
    for (const auto& b : t.optimizer().buffers())
      if (b.name != "master" || t.optimizer().steps > 0) append(b.values);
    return all;
  }
};

}  // namespace

TEST_CASE(
    "loss scaling: a float16 run that overflows at first skips those steps, counts them, recovers "
    "and trains",
    "[cuda_on_cpu][loss_scaling]") {
  setup<cuda_fp16> s({.initial = 0x1p20, .growth_interval = 8});
  double scale = 0x1p20, first = 0, last = 0;
  index_t skipped = 0, good = 0;
  for (index_t i = 1; i <= 32; ++i) {
    const std::string before = s.bytes();
    const step_report report = s.step();
    REQUIRE(std::isfinite(report.loss));
    CHECK(report.step == i);
    CHECK(report.loss_scale == scale);
    const bool overflowed = !std::isfinite(report.gradient_norm);
    CHECK((s.bytes() == before) == overflowed);
    skipped += overflowed ? 1 : 0;
    good = overflowed ? 0 : good + 1;
    scale *= overflowed ? 0.5 : good % 8 == 0 ? 2 : 1;
    CHECK(report.skipped_steps == skipped);
    CHECK(s.t.optimizer().steps == i - skipped);
    if (i == 1) first = report.loss;
    last = report.loss;
    if (i <= 4) CHECK(overflowed);  // a logit's gradient is about the scale, and 2^16 is too large
  }
  INFO(skipped << " steps skipped, loss from " << first << " to " << last);
  CHECK(skipped < 12);
  CHECK(last < 0.8 * first);
}

TEST_CASE("loss scaling: keeps gradients that vanish in float16 without it",
          "[cuda_on_cpu][loss_scaling]") {
  const auto norm_in_blocks = [](auto device, double scale) {
    setup<decltype(device)> s({.initial = scale});
    token_batch batch;
    (void)s.data.next(batch);
    for (float& w : batch.weights) w *= 0x1p-24f;
    s.t.step(std::span(&batch, 1));
    const auto all = s.llm.gradients();
    std::vector<float> host(all.size());
    download(s.llm.device(), std::span<const float>(all), host.data());
    double squares = 0;
    for (std::size_t i = 30 * 16; i < host.size(); ++i)
      squares += double{host[i]} * host[i];  // behind the embedding
    return std::sqrt(squares) / s.t.loss_scale().factor();
  };
  const double expected = norm_in_blocks(cpu(), 1);
  CHECK(expected > 0);
  CHECK(norm_in_blocks(cuda_fp16(), 1) == 0);
  CHECK(std::abs(norm_in_blocks(cuda_fp16(), 0x1p20) / expected - 1) < 0x1p-8);
}

TEST_CASE("loss scaling: gradients that never become finite end the run in one sentence",
          "[cuda_on_cpu][loss_scaling]") {
  bool overflows = false;
  setup<cuda_fp16, overflowing> s({.initial = 2, .smallest = 0.5, .patience = 3}, {&overflows});
  s.step();
  const std::string before = s.bytes();
  overflows = true;
  for (int i = 0; i < 5; ++i) CHECK(s.step().loss_scale == (i == 0 ? 2 : i == 1 ? 1 : 0.5));
  CHECK_THROWS_WITH(s.step(), contains("gradients overflow float16 at step 7") &&
                                  contains("smallest loss scale (0.5)"));
  CHECK(s.bytes() == before);
  overflows = false;
  CHECK(s.step().step == 7);
}

TEST_CASE("loss scaling: a loss that is not finite is divergence, whatever the scale",
          "[cuda_on_cpu][loss_scaling]") {
  setup<cuda_fp16> s;
  token_batch batch;
  (void)s.data.next(batch);
  batch.weights[0] = std::numeric_limits<float>::infinity();
  CHECK_THROWS_WITH(s.t.step(std::span(&batch, 1)), contains("training diverged: loss"));
  CHECK(s.t.loss_scale().skipped_steps() == 0);
  CHECK(s.t.optimizer().steps == 0);
}

TEMPLATE_TEST_CASE(
    "loss scaling: float and bfloat16 have none, and gradients that are not finite are divergence",
    "[cuda_on_cpu][loss_scaling]", cuda, cuda_bf16) {
  bool overflows = false;
  setup<TestType, overflowing> s({.initial = 0x1p20}, {&overflows});
  const step_report report = s.step();
  CHECK(report.loss_scale == 1);
  CHECK(report.skipped_steps == 0);
  overflows = true;
  CHECK_THROWS_WITH(s.step(), contains("training diverged: loss"));
}

TEST_CASE(
    "loss scaling: a checkpoint holds scale and counts; one of a run without them starts them anew",
    "[cuda_on_cpu][loss_scaling]") {
  const support::temp_dir dir;
  setup<cuda_fp16> s({.initial = 0x1p20, .growth_interval = 4});
  for (int i = 0; i < 10; ++i) s.step();
  const auto saved = s.t.loss_scale().now();
  REQUIRE(saved.skipped_steps > 0);
  save_checkpoint(s.t, {.step = 10, .micro_steps = s.t.micro_steps()}, dir / "half");
  setup<cuda_fp16> resumed({.initial = 0x1p20, .growth_interval = 4});
  load_checkpoint(resumed.t, dir / "half");
  resumed.data.seek(0, 20);
  for (int i = 0; i < 10; ++i) {
    const step_report a = s.step(), b = resumed.step();
    CHECK(b.step == a.step);
    CHECK(b.loss == a.loss);
    CHECK(b.loss_scale == a.loss_scale);
    CHECK(b.skipped_steps == a.skipped_steps);
    CHECK(b.learning_rate == a.learning_rate);
    CHECK(resumed.bytes() == s.bytes());
  }
  setup<cuda_bf16> other;
  other.step();
  save_checkpoint(other.t, {.step = 1, .micro_steps = 2}, dir / "bfloat16");
  CHECK_FALSE(
      detail::read_json_file(dir / "bfloat16" / "training_state.json").contains("loss_scale"));
  load_checkpoint(resumed.t, dir / "bfloat16");
  CHECK(resumed.t.optimizer().steps == 1);
}
