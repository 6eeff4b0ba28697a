// expect: zer0::gqa takes a position (rope, rope_half_split), a kernel (standard_attention, flash)
#include <zer0/attention/gqa.hpp>
#include <zer0/layer/rms_norm.hpp>

using namespace zer0;

#ifdef ZER0_WRONG
using attention = gqa<rope, rms_norm>;
#else
using attention = gqa<rope, standard_attention>;
#endif
attention::kernel* use = nullptr;
