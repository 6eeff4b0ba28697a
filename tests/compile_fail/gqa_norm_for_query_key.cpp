// expect: zer0::gqa takes a position (rope, rope_half_split), a kernel (standard_attention, flash), a linear
#include <zer0/attention/gqa.hpp>
#include <zer0/attention/qk_norm.hpp>
#include <zer0/layer/rms_norm.hpp>

using namespace zer0;

#ifdef ZER0_WRONG
using attention = gqa<rms_norm>;
#else
using attention = gqa<qk_norm>;
#endif
attention::query_key* use = nullptr;
