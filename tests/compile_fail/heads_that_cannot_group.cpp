// expect: zer0: query heads cannot be grouped: n_heads must be a multiple of n_kv_heads
#include <zer0/core/dims.hpp>

#ifdef ZER0_WRONG
static_assert(zer0::check_heads<8, 3>());
#else
static_assert(zer0::check_heads<8, 2>());
#endif
