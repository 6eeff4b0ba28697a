// Bodies of zer0/data/document_encoder.hpp.
#pragma once

#include <zer0/data/document_encoder.hpp>

namespace zer0 {

ZER0_INLINE void document_encoder::operator()(std::string_view text, std::vector<token_id>& tokens) const {
  tokens.clear();
  if (bos_) tokens.push_back(*bos_);
  encode_(text, tokens);
  if (eos_) tokens.push_back(*eos_);
}

}  // namespace zer0
