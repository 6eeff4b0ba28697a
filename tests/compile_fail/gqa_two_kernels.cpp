// expect: zer0::gqa: two attention kernels given
#include <zer0/attention/gqa.hpp>

using namespace zer0;

#ifdef ZER0_WRONG
using attention = gqa<flash, standard_attention>;
#else
using attention = gqa<flash>;
#endif
attention::kernel* use = nullptr;
