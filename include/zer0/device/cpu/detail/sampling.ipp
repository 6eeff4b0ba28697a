// Bodies of zer0/device/cpu/sampling.hpp.
#pragma once

#include <zer0/device/cpu/detail/parallel.hpp>
#include <zer0/device/cpu/sampling.hpp>
#include <zer0/device/sampler.hpp>

namespace zer0 {

ZER0_INLINE void choose_tokens(cpu&, const sampling& rules, tensor_view<const float> logits, const sampling_rows& rows,
                               std::span<std::int32_t> tokens) {
  rules.check();
  detail::parallel_for(logits.rows, 8 * logits.cols, [&](index_t i) {
    tokens[static_cast<std::size_t>(i)] = detail::choose_token(rules, logits, rows, i);
  });
}

}  // namespace zer0
