// Preference losses against independent computations.
#include "support/golden_folders.hpp"
#include "support/golden_preference.hpp"

using namespace support::golden;

TEST_CASE("preference: answers' log-probabilities, every loss and its gradients agree with NumPy",
          "[golden][preference]") {
  expect_small_goldens(kind::preference, check_preference);
}

TEST_CASE(
    "preference: answers' log-probabilities, losses and gradients are the reference "
    "implementation's",
    "[golden][preference]") {
  expect_shared_goldens(kind::preference, check_preference);
}
