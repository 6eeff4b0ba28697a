// expect: gate_forward
#include <zer0/device/device.hpp>
#include <zer0/device/reference.hpp>

// A device that has all but one operation: those of `reference`, but for the one that is deleted.
struct my_device : zer0::reference {};
#ifdef ZER0_WRONG
template <class A>
void gate_forward(my_device&, A, const zer0::gate_forward_operands<my_device>&) = delete;
#endif

static_assert(zer0::device<my_device>);
