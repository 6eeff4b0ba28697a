// Single layers against independent computations.
#include "support/golden_folders.hpp"
#include "support/golden_layers.hpp"

using namespace support::golden;

TEST_CASE("layers: attention, rope, rms_norm and swiglu agree with NumPy", "[golden][layers]") {
  SECTION("attention") expect_small_goldens(kind::attention, check_attention);
  SECTION("rope") expect_small_goldens(kind::rope, check_rope);
  SECTION("rms_norm") expect_small_goldens(kind::rms_norm, check_rms_norm);
  SECTION("swiglu") expect_small_goldens(kind::swiglu, check_swiglu);
}

TEST_CASE("layers: attention, rope, rms_norm and swiglu agree with the reference implementation",
          "[golden][layers]") {
  SECTION("attention") expect_shared_goldens(kind::attention, check_attention);
  SECTION("rope") expect_shared_goldens(kind::rope, check_rope);
  SECTION("rms_norm") expect_shared_goldens(kind::rms_norm, check_rms_norm);
  SECTION("swiglu") expect_shared_goldens(kind::swiglu, check_swiglu);
}
