// Generation on the cuda device, run on the CPU, beside the cpu device.
#include "support/catch.hpp"
#include "support/small_model.hpp"
#include <zer0/device/cpu.hpp>
#include <zer0/device/cuda.cuh>
#include <zer0/generate/generate.hpp>

using namespace zer0;

TEST_CASE("cuda: a float model writes the tokens that the cpu device writes",
          "[cuda_on_cpu][generation]") {
  support::small_model<decoder<>, cpu> on_cpu;
  support::small_model<decoder<>, cuda> on_cuda;
  const std::vector<std::vector<token_id>> prompts{{1, 2, 3, 4, 5, 6, 7}, {8}, {3, 1, 4}};
  for (const sampling& rules :
       {sampling{.temperature = 0}, sampling{.temperature = 1.5, .top_p = 0.9},
        sampling{.temperature = 1.2, .top_k = 8, .repetition_penalty = 1.3}}) {
    const generate_options options{.rules = rules, .max_new_tokens = 12};
    CHECK(generate_tokens(on_cuda.model, prompts, options) ==
          generate_tokens(on_cpu.model, prompts, options));
  }
}
