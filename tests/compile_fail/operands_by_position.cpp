// expect: no matching function for call to
#include <zer0/device/device.hpp>

using namespace zer0;

/// Queries and keys have one type, so by position they could be swapped: they must be named.
void attend(archetype& d, const_view<archetype> q, const_view<archetype> k, const_view<archetype> v,
            id_span starts, view<archetype> o, wide_span<archetype> lse) {
  const attention_sizes sizes;
#ifdef ZER0_WRONG
  flash_attention_forward(d, sizes, k, q, v, starts, o, lse);
#else
  flash_attention_forward(d, sizes, {.q = q, .k = k, .v = v, .starts = starts, .o = o, .lse = lse});
#endif
}
