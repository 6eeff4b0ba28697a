// A model with LoRA against the reference implementation.
#include "support/golden_folders.hpp"
#include "support/golden_lora.hpp"

using namespace support::golden;

TEST_CASE("lora: logits and gradients of the adapters are the reference implementation's",
          "[golden][lora]") {
  expect_shared_goldens(kind::lora, check_lora);
}
