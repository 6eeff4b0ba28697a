// Where the bodies of functions that are no templates are compiled.
#pragma once

/// A header x.hpp declares; the bodies lie beside it in detail/x.ipp, each marked ZER0_INLINE.
///
/// Without ZER0_COMPILED, the default, x.hpp ends by including them: zer0 is header-only, and every
/// file that uses a function compiles it. With it, as for all who link the CMake target
/// zer0::compiled, they are compiled once, into that library, and x.hpp brings declarations alone.
/// Names and results are the same.
#ifdef ZER0_COMPILED
#define ZER0_INLINE
#else
#define ZER0_INLINE inline
#endif
