// expect: zer0::model<Variant, Device>: Variant must be a decoder<...>, and Device a device such as zer0::cpu
#include <zer0/device/device.hpp>
#include <zer0/model/model.hpp>

using namespace zer0;

#ifdef ZER0_WRONG
using my_model = model<archetype, decoder<>>;
#else
using my_model = model<decoder<>, archetype>;
#endif
std::size_t size = sizeof(my_model);
