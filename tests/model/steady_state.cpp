// What a training pass on cpu does once it has run a few times: no allocation, and the same bits
// for any threads.
#include "support/allocation_counter.hpp"
#include "support/catch.hpp"
#include "support/small_model.hpp"
#include "support/twin.hpp"
#include <zer0/device/cpu.hpp>

using namespace zer0;
using support::small_model;

namespace {

/// Large enough that every operation divides its work among threads.
dims threaded_dims() {
  dims sizes = support::small_dims;
  sizes.dim = 96;
  sizes.hidden_dim = 200;
  sizes.vocab_size = 1000;
  sizes.max_seq_len = 256;
  sizes.dropout = 0.1;
  return sizes;
}

token_batch long_batch(std::uint32_t seed = 1) {
  token_batch batch;
  batch.ids = support::random_tokens(420, 1000, seed);
  batch.targets = support::random_tokens(420, 1000, seed + 1);
  batch.weights.assign(420, 1.0f);
  batch.starts = {0, 200, 205, 420};
  return batch;
}

using standard_variant = decoder<gqa<rope, standard_attention>>;

template <class Variant>
std::vector<float> loss_and_gradients_with(int threads) {
  const support::threads_scope scope(threads);
  small_model<Variant, cpu> m(threaded_dims());
  m.training = true;
  const double loss = m.loss_and_gradients(long_batch());
  const std::span<const float> gradients = m.model.gradients();
  std::vector<float> out(gradients.begin(), gradients.end());
  out.push_back(static_cast<float>(loss));
  out.push_back(static_cast<float>(loss - static_cast<double>(static_cast<float>(loss))));
  return out;
}

template <class Variant>
void allocates_nothing() {
  const support::threads_scope scope(2);
  small_model<Variant, cpu> m(threaded_dims());
  m.training = true;
  const token_batch batches[] = {long_batch(1), long_batch(2)};
  // A thread takes its own scratch when it first gets a piece of work of a kind, and which thread
  // gets which piece is the scheduler's choice: so not "the second pass", but five in a row among
  // the first fifty.
  int in_a_row = 0;
  int passes = 0;
  for (; passes < 50 && in_a_row < 5; ++passes) {
    const std::size_t before = support::allocations();
    m.zero_gradients();
    m.loss_and_gradients(batches[passes % 2]);
    in_a_row = support::allocations() == before ? in_a_row + 1 : 0;
  }
  INFO(passes << " passes");
  CHECK(in_a_row == 5);
}

}  // namespace

TEST_CASE("steady state: a training pass on cpu allocates nothing", "[model][steady_state]") {
  if (!support::counts_allocations) {
    WARN("skipped: the heap belongs to a sanitizer");
    return;
  }
  allocates_nothing<decoder<>>();
  allocates_nothing<standard_variant>();
}

TEST_CASE("steady state: the counter sees malloc and new, on other threads too",
          "[model][steady_state]") {
  if (!support::counts_allocations) return;
  const std::size_t before = support::allocations();
  const support::threads_scope scope(2);
#pragma omp parallel num_threads(2)
  {
    int* volatile p = new int(1);
    delete p;
    void* volatile q = std::malloc(10);
    std::free(q);
  }
  CHECK(support::allocations() >= before + 4);
}

TEST_CASE("steady state: loss and gradients on cpu are the same bits with 1, 2 and 3 threads",
          "[model][steady_state]") {
  const auto same = [](const std::vector<float>& a, const std::vector<float>& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
  };
  const auto flash_alone = loss_and_gradients_with<decoder<>>(1);
  const auto standard_alone = loss_and_gradients_with<standard_variant>(1);
  for (const int threads : {2, 3}) {
    INFO(threads << " threads");
    CHECK(same(loss_and_gradients_with<decoder<>>(threads), flash_alone));
    CHECK(same(loss_and_gradients_with<standard_variant>(threads), standard_alone));
  }
}
