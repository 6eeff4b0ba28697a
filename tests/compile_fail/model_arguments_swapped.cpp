// expect: constraints not satisfied
#include <zer0/device/archetype.hpp>
#include <zer0/model/model.hpp>

using namespace zer0;

#ifdef ZER0_WRONG
using my_model = model<archetype, decoder<>>;
#else
using my_model = model<decoder<>, archetype>;
#endif
std::size_t size = sizeof(my_model);
