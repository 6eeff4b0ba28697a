// expect: zer0::moe: the feed-forward cannot be made of experts; it must take its linears from a policy and offer
#include <zer0/device/device.hpp>
#include <zer0/moe/moe.hpp>

/// A feed-forward with weights of its own, which nobody can give to several experts.
struct lone_feed_forward {
  using role = zer0::feed_forward_role;
};

#ifdef ZER0_WRONG
using feed_forward = lone_feed_forward;
#else
using feed_forward = zer0::swiglu;
#endif
static_assert(
    zer0::policy_for<zer0::moe<zer0::softmax_top_k, feed_forward>, zer0::feed_forward_role>);
