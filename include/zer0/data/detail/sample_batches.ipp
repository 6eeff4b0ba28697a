// Bodies of zer0/data/sample_batches.hpp.
#pragma once

#include <zer0/data/detail/sample_engine.hpp>
#include <zer0/data/sample_batches.hpp>

#include <utility>

namespace zer0 {

ZER0_INLINE sample_batches::sample_batches(std::unique_ptr<detail::sample_engine> engine)
    : engine_(std::move(engine)) {}

ZER0_INLINE sample_batches::~sample_batches() = default;

ZER0_INLINE index_t sample_batches::records() const { return engine_->source().size; }
ZER0_INLINE index_t sample_batches::batches_per_epoch() const {
  return engine_->batches_per_epoch();
}
ZER0_INLINE void sample_batches::seek(index_t epoch, index_t batch) { engine_->seek(epoch, batch); }
ZER0_INLINE bool sample_batches::next(token_batch& out) { return engine_->next(out); }

}  // namespace zer0
