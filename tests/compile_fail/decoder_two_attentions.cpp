// expect: zer0::decoder: two attention policies given
#include <zer0/model/decoder.hpp>

using namespace zer0;

#ifdef ZER0_WRONG
using variant = decoder<gqa<rope>, swiglu, gqa<rope_half_split>>;
#else
using variant = decoder<gqa<rope>, swiglu>;
#endif
variant::norm* use = nullptr;
