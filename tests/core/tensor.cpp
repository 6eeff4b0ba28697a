#include "support/catch.hpp"
#include <zer0/core/tensor.hpp>

#include <numeric>
#include <vector>

using zer0::shape;
using zer0::tensor_view;

namespace {

/// 0, 1, 2, ... in rows of five.
struct counted {
  std::vector<int> numbers = std::vector<int>(20);
  counted() { std::iota(numbers.begin(), numbers.end(), 0); }
  tensor_view<int> view() { return {numbers.data(), 4, 5}; }
};

}  // namespace

TEST_CASE("shape: rank, sizes and elements", "[core][tensor]") {
  const shape s{2, 16, 64};
  CHECK(s.rank() == 3);
  CHECK(s[1] == 16);
  CHECK(s.elements() == 2048);
  CHECK(s.text() == "(2, 16, 64)");
  CHECK(shape{}.text() == "()");
  CHECK(shape{}.elements() == 1);
  CHECK(shape{5, 0}.elements() == 0);
  CHECK(shape{3, 4} == shape{3, 4});
  CHECK(shape{3, 4} != shape{3, 4, 1});
}

TEST_CASE("shape: more than four dimensions are refused", "[core][tensor]") {
  CHECK_THROWS_WITH((shape{1, 2, 3, 4, 5}), "shape: 5 dimensions; at most 4 are supported");
}

TEST_CASE("tensor_view: element (i, j) lies at i * stride + j", "[core][tensor]") {
  counted c;
  const auto v = c.view();
  CHECK(v(2, 3) == 13);
  CHECK(*v.row(3) == 15);
  CHECK(v.elements() == 20);
  CHECK(v.contiguous());
}

TEST_CASE("tensor_view: blocks of rows and columns are views of the same elements",
          "[core][tensor]") {
  counted c;
  const auto block = c.view().row_block(1, 2).col_block(3, 2);
  CHECK(block.rows == 2);
  CHECK(block.cols == 2);
  CHECK(block(0, 0) == 8);
  CHECK(block(1, 1) == 14);
  CHECK_FALSE(block.contiguous());
  CHECK(block.row_block(0, 1).contiguous());  // a single row always is
  block(1, 1) = 99;
  CHECK(c.numbers[14] == 99);
}

TEST_CASE("tensor_view: mutable becomes constant, never the other way", "[core][tensor]") {
  counted c;
  const tensor_view<const int> constant = c.view();
  CHECK(constant(1, 1) == 6);
  STATIC_REQUIRE(std::is_convertible_v<tensor_view<int>, tensor_view<const int>>);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<tensor_view<const int>, tensor_view<int>>);
}
