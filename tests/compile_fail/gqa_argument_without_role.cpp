// expect: zer0::gqa: an argument is no policy; a policy names its role: using role = zer0::position_role
#include <zer0/attention/gqa.hpp>

using namespace zer0;

#ifdef ZER0_WRONG
struct my_position {};
using variant = gqa<my_position>;
#else
using variant = gqa<rope>;
#endif
variant::position* use = nullptr;
