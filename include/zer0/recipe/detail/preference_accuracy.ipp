// Bodies of zer0/recipe/preference_accuracy.hpp.
#pragma once

#include <zer0/recipe/preference_accuracy.hpp>

#include <algorithm>

namespace zer0::detail {

ZER0_INLINE token_batch batch_of(const encoded_conversation& e) {
  return {.ids = {e.tokens.begin(), e.tokens.end() - 1},
          .targets = {e.tokens.begin() + 1, e.tokens.end()},
          .weights = {e.supervised.begin() + 1, e.supervised.end()},
          .starts = {0, static_cast<std::int32_t>(e.tokens.size()) - 1}};
}

ZER0_INLINE std::vector<encoded_pair> encode_pairs(const record_view<preference_records>& pairs,
                                                   const conversation_encoder& encode,
                                                   index_t context, index_t& too_long) {
  std::vector<encoded_pair> all;
  preference_record pair;
  for (index_t i = 0; i < pairs.size(); ++i) {
    pairs.read(i, pair);
    try {
      encoded_conversation chosen, rejected;
      encode.encode(*pair.chosen, *pair.tools, chosen, pair.prompt);
      encode.encode(*pair.rejected, *pair.tools, rejected, pair.prompt);
      require(chosen.tokens.size() > 1 && rejected.tokens.size() > 1,
              "the chat template leaves out an answer");
      const std::size_t longest = std::max(chosen.tokens.size(), rejected.tokens.size());
      if (static_cast<index_t>(longest) - 1 > context)
        ++too_long;
      else
        all.push_back({batch_of(chosen), batch_of(rejected)});
    } catch (const error& e) {
      fail(pairs.where(i), ": ", e.what());
    }
  }
  return all;
}

}  // namespace zer0::detail
