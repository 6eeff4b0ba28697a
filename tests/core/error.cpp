#include "support/catch.hpp"
#include <zer0/core/error.hpp>

TEST_CASE("error: fail writes its parts one after another", "[core][error]") {
  CHECK_THROWS_WITH(zer0::fail("file ", std::string("a.txt"), ", line ", 3, ": ", 0.5, " is too small"),
                    "file a.txt, line 3: 0.5 is too small");
  CHECK_THROWS_AS(zer0::fail("x"), zer0::error);
}

TEST_CASE("error: require throws only where its condition is false", "[core][error]") {
  CHECK_NOTHROW(zer0::require(true, "never said"));
  CHECK_THROWS_WITH(zer0::require(1 > 2, "1 is not above ", 2), "1 is not above 2");
}

TEST_CASE("error: it is a std::runtime_error, for programs that catch those", "[core][error]") {
  CHECK_THROWS_AS(zer0::fail("x"), std::runtime_error);
}

static_assert([] {
  zer0::require(true, "fine in constant expressions");
  return true;
}());
