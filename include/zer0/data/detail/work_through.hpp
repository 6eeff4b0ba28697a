// Working through a range of indices by several threads, up to the first failure.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/core/types.hpp>

#include <functional>

namespace zer0::detail {

/// Calls `work(begin, end)` for pieces of `piece` indices that together are 0..n, on `workers`
/// threads, the calling thread one of them, and `progress(done)` on the calling thread now and then
/// and at the end. Pieces are taken in order; once `work` returns false or throws, no further piece
/// is taken. So every index below the first failure is always worked on, and which failure is the
/// first does not depend on the number of threads. Its exception is rethrown.
void work_through(index_t n, index_t piece, int workers,
                  const std::function<bool(index_t, index_t)>& work,
                  const std::function<void(index_t)>& progress);

}  // namespace zer0::detail

#ifndef ZER0_COMPILED
#include <zer0/data/detail/work_through.ipp>
#endif
