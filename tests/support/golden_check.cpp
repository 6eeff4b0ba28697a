#include "support/golden_check.hpp"

#include "support/golden_dense.hpp"
#include "support/golden_experts.hpp"
#include "support/golden_generation.hpp"
#include "support/golden_layers.hpp"
#include "support/golden_lora.hpp"
#include "support/golden_preference.hpp"
#include "support/golden_training.hpp"

namespace support::golden {

file_report check(file& f) {
  file_report report{.kind = kind_of(f), .result = {}};
  verdict& v = report.result;
  switch (report.kind) {
    case kind::dense:
      check_dense(f, v);
      break;
    case kind::attention:
      check_attention(f, v);
      break;
    case kind::rope:
      check_rope(f, v);
      break;
    case kind::rms_norm:
      check_rms_norm(f, v);
      break;
    case kind::swiglu:
      check_swiglu(f, v);
      break;
    case kind::adamw:
      check_adamw(f, v);
      break;
    case kind::train_curve:
      check_train_curve(f, v);
      break;
    case kind::sampling:
      check_sampling(f, v);
      break;
    case kind::generate:
      check_generate(f, v);
      break;
    case kind::preference:
      check_preference(f, v);
      break;
    case kind::lora:
      check_lora(f, v);
      break;
    case kind::experts:
      check_experts(f, v);
      break;
    case kind::unknown:
      zer0::fail(f.name(), ": its tensors are of no kind of golden that this program knows");
  }
  v.expect_all_used(f);
  return report;
}

}  // namespace support::golden
