// Pairs of answers of which one is preferred.
#include "eval/preferences.hpp"

#include "support/terminal.hpp"
#include <zer0/data/encoders.hpp>
#include <zer0/data/records.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace program {

namespace {

zer0::token_batch batch_of(const zer0::encoded_conversation& e) {
  return {.ids = {e.tokens.begin(), e.tokens.end() - 1},
          .targets = {e.tokens.begin() + 1, e.tokens.end()},
          .weights = {e.supervised.begin() + 1, e.supervised.end()},
          .starts = {0, static_cast<std::int32_t>(e.tokens.size()) - 1}};
}

}  // namespace

answer_pairs open_pairs(const std::filesystem::path& path, const prompt_format& format,
                        index_t context) {
  const zer0::preference_records records(path, {.progress = show_percent("reading")});
  answer_pairs result;
  zer0::preference_record pair;
  for (index_t i = 0; i < records.size(); ++i) {
    records.read(i, pair);
    try {
      zer0::encoded_conversation chosen, rejected;
      format.encoder().encode(*pair.chosen, *pair.tools, chosen, pair.prompt);
      format.encoder().encode(*pair.rejected, *pair.tools, rejected, pair.prompt);
      zer0::require(chosen.tokens.size() > 1 && rejected.tokens.size() > 1,
                    "the chat template leaves out an answer");
      const auto longest =
          static_cast<index_t>(std::max(chosen.tokens.size(), rejected.tokens.size()));
      if (longest - 1 > context)
        ++result.too_long;
      else
        result.pairs.push_back({batch_of(chosen), batch_of(rejected)});
    } catch (const zer0::error& e) {
      zer0::fail(records.where(i), ": ", e.what());
    }
  }
  return result;
}

}  // namespace program
