// Bodies of zer0/device/reference/sampling.hpp.
#pragma once

#include <zer0/device/reference/sampling.hpp>
#include <zer0/device/sampler.hpp>

namespace zer0 {

ZER0_INLINE void choose_tokens(reference&, const sampling& rules, tensor_view<const double> logits,
                               const sampling_rows& rows, std::span<std::int32_t> tokens) {
  rules.check();
  for (index_t i = 0; i < logits.rows; ++i)
    tokens[static_cast<std::size_t>(i)] = detail::choose_token(rules, logits, rows, i);
}

}  // namespace zer0
