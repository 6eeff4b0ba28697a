// Where the bodies of functions that are not templates are compiled.
#pragma once

/// A header x.hpp declares functions; their bodies are in detail/x.ipp, each marked ZER0_INLINE.
///
/// Without ZER0_COMPILED, the default, x.hpp ends by including the bodies: zer0 is header-only, and
/// every file that uses a function compiles it. With ZER0_COMPILED, as for all who link the CMake
/// target zer0::compiled, the bodies are compiled once, into that library, and x.hpp only declares
/// them. Names and results are the same.
#ifdef ZER0_COMPILED
#define ZER0_INLINE
#else
#define ZER0_INLINE inline
#endif
