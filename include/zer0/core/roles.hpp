// Roles tell a composition which of its policies is the attention, which the norm, and so on.
#pragma once

#include <concepts>
#include <type_traits>

namespace zer0 {

struct attention_role {};
struct position_role {};
struct attention_kernel_role {};
struct feed_forward_role {};
struct linear_role {};
struct router_role {};
struct norm_role {};
struct head_role {};
struct block_role {};
struct placement_role {};
struct input_position_role {};
struct attention_mask_role {};
struct attention_score_role {};
struct query_key_role {};
struct rope_scaling_role {};

/// A policy is any type that names its role: `struct gqa { using role = attention_role; ... };`
template <class P>
concept policy = requires { typename P::role; };

template <class P, class Role>
concept policy_for = policy<P> && std::same_as<typename P::role, Role>;

namespace detail {

template <class Role, class Default, class... Policies>
struct pick {
  using type = Default;
};
template <class Role, class Default, class First, class... Rest>
struct pick<Role, Default, First, Rest...> : pick<Role, Default, Rest...> {};
template <class Role, class Default, policy_for<Role> First, class... Rest>
struct pick<Role, Default, First, Rest...> {
  using type = First;
};

template <class... Policies>
struct policy_list {
  template <template <class...> class T, class... More>
  using in = T<More..., Policies...>;
};
template <class Role, class Kept, class... Policies>
struct without {
  using type = Kept;
};
template <class Role, class... Kept, class First, class... Rest>
struct without<Role, policy_list<Kept...>, First, Rest...>
    : std::conditional_t<policy_for<First, Role>, without<Role, policy_list<Kept...>, Rest...>,
                         without<Role, policy_list<Kept..., First>, Rest...>> {};

}  // namespace detail

/// The first of `Policies` that plays `Role`, or `Default`.
template <class Role, class Default, class... Policies>
using pick_policy = typename detail::pick<Role, Default, Policies...>::type;

/// How many of `Policies` play `Role`.
template <class Role, class... Policies>
inline constexpr int count_role = (0 + ... + static_cast<int>(policy_for<Policies, Role>));

/// T of `New` and those of `Policies` that do not play its role.
template <template <class...> class T, policy New, class... Policies>
using replace_policy = typename detail::without<typename New::role, detail::policy_list<>,
                                                Policies...>::type::template in<T, New>;

}  // namespace zer0
