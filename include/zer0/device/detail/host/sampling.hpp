// Choosing tokens on devices that compute on the host: the sampler, row by row.
#pragma once

#include <zer0/core/sampling.hpp>
#include <zer0/device/detail/host/rows.hpp>
#include <zer0/device/ops/sampling.hpp>

#include <concepts>
#include <cstdint>
#include <span>
#include <vector>

namespace zer0 {
namespace detail {

/// choose_tokens for row i. The thread keeps the memory for the next call.
template <class T>
token_id choose_token(const sampling& rules, tensor_view<const T> logits, const sampling_rows& rows,
                      index_t i) {
  static thread_local sampler choose;
  static thread_local std::vector<float> numbers;
  numbers.assign(logits.row(i), logits.row(i) + logits.cols);
  if (!sampler::are_numbers(numbers)) return no_token;
  const auto at = static_cast<std::size_t>(i);
  id_span history;
  if (rules.repetition_penalty != 1)
    history = rows.history.subspan(static_cast<std::size_t>(rows.starts[at]),
                                   static_cast<std::size_t>(rows.starts[at + 1] - rows.starts[at]));
  choose.set_rules(rules);
  return choose.next(numbers, history, rows.sequences[at], rows.positions[at]);
}

}  // namespace detail

template <std::derived_from<host_memory> D>
void choose_tokens(D& d, const sampling& rules, const_view<D> logits, const sampling_rows& rows,
                   std::span<std::int32_t> tokens) {
  rules.check();
  for_each_row(d, logits.rows, 8 * logits.cols, [&](index_t i) {
    tokens[static_cast<std::size_t>(i)] = detail::choose_token(rules, logits, rows, i);
  });
}

}  // namespace zer0
