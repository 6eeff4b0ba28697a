// Bodies of zer0/data/document_encoder.hpp.
#pragma once

#include <zer0/data/document_encoder.hpp>

#include <cstddef>
#include <limits>

namespace zer0 {

ZER0_INLINE void document_encoder::operator()(std::string_view text,
                                              std::vector<token_id>& tokens) const {
  tokens.clear();
  if (bos_) tokens.push_back(*bos_);
  encode_(text, tokens);
  if (eos_) tokens.push_back(*eos_);
  constexpr std::size_t most = std::numeric_limits<std::int32_t>::max();
  require(tokens.size() <= most, "the text has ", tokens.size(), " tokens, over ", most);
}

ZER0_INLINE std::optional<std::uint64_t> document_encoder::fingerprint() const {
  if (!fingerprint_) return std::nullopt;
  std::uint64_t sum = *fingerprint_;
  for (const auto& id : {bos_, eos_})
    sum = sum * 31 + static_cast<std::uint64_t>(id.value_or(no_token) - no_token);
  return sum;
}

}  // namespace zer0
