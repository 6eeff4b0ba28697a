// Goldens of a model with LoRA: logits, loss, gradients of the adapters.
#pragma once

#include "support/golden_dense.hpp"
#include <zer0/model/adapted.hpp>

namespace support::golden {

/// The reference implementation adapts square projections of attention and does not scale: alpha is
/// the rank.
inline void check_lora(file& f, verdict& v) {
  zer0::dims sizes = sizes_of(f);
  sizes.lora = {.rank = f.count("lora.rank"), .alpha = f.number("lora.rank")};
  const zer0::token_batch batch = batch_of(f, 0, f.size("input_ids", 0));
  on_each_kernel(v, [&]<class D, class Kernel>(std::type_identity<D>, std::type_identity<Kernel>) {
    zer0::model<zer0::adapted<plain_decoder<Kernel>, zer0::square_projections>, D> m(sizes);
    load_parameters(m, f, "param.");
    detail::compare_logits(f, v, m, batch);
    detail::compare_cached_logits(f, v, m, batch);
    detail::compare_gradients(f, v, m, batch);
  });
  v.on("");
}

}  // namespace support::golden
