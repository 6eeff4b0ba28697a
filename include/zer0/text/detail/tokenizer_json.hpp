// Reads tokenizer.json. What zer0 does not do is refused by name, never ignored.
#pragma once

#include <zer0/core/compiled.hpp>

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>

namespace zer0::detail {

struct tokenizer_parts;

/// One tokenizer.json. "truncation" and "padding" are settings of a call, not of the vocabulary, and are not read.
class tokenizer_json {
 public:
  /// Fills `parts`; throws `error` naming `name` and the key.
  static void parse(std::string_view text, const std::string& name, tokenizer_parts& parts);

  /// The same from a document that is parsed already.
  static void read(const nlohmann::json& document, const std::string& name, tokenizer_parts& parts);
};

}  // namespace zer0::detail

#ifndef ZER0_COMPILED
#include <zer0/text/detail/tokenizer_json.ipp>
#endif
