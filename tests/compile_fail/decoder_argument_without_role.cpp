// expect: zer0::decoder: an argument is no policy; a policy names its role: using role = zer0::norm_role
#include <zer0/model/decoder.hpp>

using namespace zer0;

#ifdef ZER0_WRONG
struct my_norm {};
using variant = decoder<my_norm>;
#else
using variant = decoder<rms_norm>;
#endif
variant::norm* use = nullptr;
