// Models with experts against the reference implementation.
#include "support/golden_experts.hpp"
#include "support/golden_folders.hpp"

using namespace support::golden;

TEST_CASE("experts: routing, losses and gradients are the reference implementation's",
          "[golden][experts]") {
  expect_shared_goldens(kind::experts, check_experts);
}
