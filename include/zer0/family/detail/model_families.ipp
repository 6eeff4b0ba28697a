// Bodies of zer0/family/model_families.hpp.
#pragma once

#include <zer0/family/model_families.hpp>

namespace zer0 {

ZER0_INLINE const model_family& family_named(std::string_view type,
                                             const std::filesystem::path& path,
                                             const model_family& own) {
  if (own.type == type) return own;
  std::string known;
  for (const model_family* f : model_families) {
    if (f->type == type) return *f;
    known += (known.empty() ? "\"" : ", \"") + std::string(f->type) + "\"";
  }
  fail(path.string(), ": model_type is \"", type, "\"; this version reads ", known);
}

}  // namespace zer0
