// Not about zer0 but about the compiler: g++ 12.2 breaks this without the flags that zer0::zer0
// brings.
#include "support/catch.hpp"

#include <array>
#include <vector>

namespace {

[[gnu::noinline]] std::vector<float> four_ones() { return {1, 1, 1, 1, 0, 0, 0, 0}; }

}  // namespace

TEST_CASE("constants: the second half of a constant is not the first one again",
          "[core][constants]") {
  const std::vector<float> v = four_ones();
  for (std::size_t i = 0; i < v.size(); ++i) CHECK(v[i] == (i < 4 ? 1.0f : 0.0f));
}
