// The sampler and continuations by a model against independent computations.
#include "support/golden_folders.hpp"
#include "support/golden_generation.hpp"

using namespace support::golden;

TEST_CASE("generation: probabilities and continuations agree with NumPy", "[golden][generation]") {
  SECTION("sampling") expect_small_goldens(kind::sampling, check_sampling);
  SECTION("generate") expect_small_goldens(kind::generate, check_generate);
}

TEST_CASE("generation: probabilities and continuations are the reference implementation's",
          "[golden][generation]") {
  SECTION("sampling") expect_shared_goldens(kind::sampling, check_sampling);
  SECTION("generate") expect_shared_goldens(kind::generate, check_generate);
}
