// expect: a position or a kernel belongs inside the attention: gqa<rope, flash>
#include <zer0/model/decoder.hpp>

using namespace zer0;

#ifdef ZER0_WRONG
using variant = decoder<gqa<>, rope_half_split>;
#else
using variant = decoder<gqa<rope_half_split>>;
#endif
variant::norm* use = nullptr;
