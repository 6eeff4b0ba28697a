#include "support/catch.hpp"
#include <zer0/core/roles.hpp>

using namespace zer0;

namespace {

struct an_attention {
  using role = attention_role;
};
struct another_attention {
  using role = attention_role;
};
struct a_norm {
  using role = norm_role;
};
struct no_policy {};

}  // namespace

// What the concepts accept and reject.
static_assert(policy<a_norm>);
static_assert(!policy<no_policy>);
static_assert(!policy<int>);
static_assert(policy_for<a_norm, norm_role>);
static_assert(!policy_for<a_norm, attention_role>);
static_assert(!policy_for<no_policy, norm_role>);

TEST_CASE("roles: a policy is found wherever it stands, the first of two, or the default",
          "[core][roles]") {
  STATIC_REQUIRE(std::same_as<pick_policy<norm_role, void, an_attention, a_norm>, a_norm>);
  STATIC_REQUIRE(std::same_as<pick_policy<norm_role, void, a_norm, an_attention>, a_norm>);
  STATIC_REQUIRE(
      std::same_as<pick_policy<attention_role, void, a_norm, another_attention, an_attention>,
                   another_attention>);
  STATIC_REQUIRE(std::same_as<pick_policy<head_role, int, an_attention, a_norm>, int>);
  STATIC_REQUIRE(std::same_as<pick_policy<head_role, int>, int>);
}

TEST_CASE("roles: count_role counts", "[core][roles]") {
  STATIC_REQUIRE(count_role<attention_role, an_attention, a_norm, another_attention> == 2);
  STATIC_REQUIRE(count_role<norm_role, an_attention, a_norm> == 1);
  STATIC_REQUIRE(count_role<head_role, an_attention, no_policy> == 0);
  STATIC_REQUIRE(count_role<head_role> == 0);
}
