// expect: zer0::gqa: two masks given
#include <zer0/attention/gqa.hpp>
#include <zer0/attention/scores.hpp>

using namespace zer0;

#ifdef ZER0_WRONG
using attention = gqa<sliding_window, causal>;
#else
using attention = gqa<sliding_window>;
#endif
attention::mask* use = nullptr;
