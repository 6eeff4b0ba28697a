// The optimizer and whole training runs against independent computations.
#include "support/golden_folders.hpp"
#include "support/golden_training.hpp"

using namespace support::golden;

TEST_CASE("training: AdamW and a short run agree with NumPy", "[golden][training]") {
  SECTION("adamw") expect_small_goldens(kind::adamw, check_adamw);
  SECTION("a run") expect_small_goldens(kind::train_curve, check_train_curve);
}

TEST_CASE("training: AdamW agrees with the reference implementation", "[golden][training]") {
  expect_shared_goldens(kind::adamw, check_adamw);
}

TEST_CASE(
    "training: all losses, norms and final weights of a run are the reference implementation's",
    "[golden][training]") {
  expect_shared_goldens(kind::train_curve, check_train_curve);
}
