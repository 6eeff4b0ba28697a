// A whole model's activations, logits, loss and gradients against independent computations: the
// small golden by tests/interop/make_small_golden.py, the shared ones by the reference
// implementation.
#include "support/golden_dense.hpp"
#include "support/golden_folders.hpp"

using namespace support::golden;

TEST_CASE("dense: every activation and gradient of a small model is NumPy's", "[golden][dense]") {
  expect_small_goldens(kind::dense, check_dense);
}

TEST_CASE("dense: every activation and gradient is the reference implementation's",
          "[golden][dense]") {
  expect_shared_goldens(kind::dense, check_dense);
}
