// expect: zer0::mla takes a position (rope, rope_half_split), a kernel (standard_attention, flash), a linear
#include <zer0/attention/mla.hpp>
#include <zer0/attention/qk_norm.hpp>
#include <zer0/attention/scores.hpp>

using namespace zer0;

#ifdef ZER0_WRONG
using attention = mla<qk_norm>;  // its latent vectors are normed already
#else
using attention = mla<sliding_window>;
#endif
attention::mask* use = nullptr;
