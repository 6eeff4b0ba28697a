// Choosing tokens on the reference device.
#pragma once

#include <zer0/device/reference/device.hpp>
#include <zer0/device/sampler.hpp>

namespace zer0 {

inline void choose_tokens(reference&, const sampling& rules, tensor_view<const double> logits,
                          const sampling_rows& rows, std::span<std::int32_t> tokens) {
  rules.check();
  const auto choose = [&](index_t i) {
    const auto at = static_cast<std::size_t>(i);
    id_span history;
    if (rules.repetition_penalty != 1)
      history = rows.history.subspan(static_cast<std::size_t>(rows.starts[at]),
                                     static_cast<std::size_t>(rows.starts[at + 1] - rows.starts[at]));
    tokens[at] =
        detail::choose_token(rules, std::span<const double>(logits.row(i), static_cast<std::size_t>(logits.cols)),
                             history, rows.sequences[at], rows.positions[at]);
  };
  for (index_t i = 0; i < logits.rows; ++i) choose(i);
}

}  // namespace zer0
