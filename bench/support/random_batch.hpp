// A batch of tokens for timing: any, the same in every run.
#pragma once

#include <zer0/core/types.hpp>

namespace bench {

/// `rows` sequences of `seq` tokens of a vocabulary, all of them learned from.
inline zer0::token_batch random_batch(zer0::index_t rows, zer0::index_t seq,
                                      zer0::index_t vocabulary) {
  zer0::token_batch b;
  for (zer0::index_t i = 0; i < rows * seq; ++i) {
    b.ids.push_back(static_cast<zer0::token_id>((i * 7919 + i / 13) % vocabulary));
    b.targets.push_back(static_cast<zer0::token_id>((i * 104729 + i / 7) % vocabulary));
    b.weights.push_back(1);
  }
  for (zer0::index_t i = 0; i <= rows; ++i) b.starts.push_back(static_cast<std::int32_t>(i * seq));
  return b;
}

}  // namespace bench
