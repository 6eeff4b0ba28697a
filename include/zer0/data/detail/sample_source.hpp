// Records as samples: what differs between texts, conversations and pairs of answers.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/core/types.hpp>
#include <zer0/data/detail/kept_counts.hpp>
#include <zer0/data/encoders.hpp>
#include <zer0/data/record_view.hpp>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace zer0::detail {

/// How many tokens go through the model: those with a target, which is the token after them.
inline index_t places_of(const encoded_conversation& sequence) {
  return std::max<index_t>(static_cast<index_t>(sequence.tokens.size()) - 1, 0);
}

/// What a record becomes for training: one sequence (a text or a conversation), or two that stay
/// together (a pair of answers).
struct sample {
  std::vector<encoded_conversation> sequences;

  [[nodiscard]] index_t places() const {
    index_t sum = 0;
    for (const encoded_conversation& s : sequences) sum += places_of(s);
    return sum;
  }
};

/// Records, and how one becomes a sample.
struct sample_source {
  /// Puts a record's sample into `out`. A reader has memory of its own and is for one thread.
  /// Throws: zer0::error naming file and line.
  using reader = std::function<void(index_t record, sample& out)>;

  index_t size = 0;
  std::string name = {};                                     ///< of the file
  std::function<std::string(index_t)> where = {};            ///< "FILE:LINE"
  std::function<reader()> open_reader = {};                  ///< safe to call from many threads
  std::function<counts_file(const std::string&)> kept = {};  ///< the file of the counts asked for
  int sequences = 1;                                         ///< of a sample
  token_id pad = 0;

  /// A source whose samples `encode(record, sample)` makes; many threads may call it at once.
  /// `fingerprint` identifies all that encoding depends on but the records; no value: unknown.
  template <class Record, class Records, class Encode>
  static sample_source of(const record_view<Records>& view, Encode encode, const std::string& kind,
                          std::optional<std::uint64_t> fingerprint, token_id pad) {
    const auto shared = std::make_shared<const Encode>(std::move(encode));
    sample_source source{.size = view.size(), .name = view.records().name(), .pad = pad};
    source.where = [view](index_t i) { return view.where(i); };
    source.open_reader = [view, shared] {
      return [view, shared, record = Record()](index_t i, sample& out) mutable {
        view.read(i, record);
        try {
          (*shared)(record, out);
        } catch (const std::exception& e) {
          fail(view.where(i), ": ", e.what());
        }
      };
    };
    source.kept = [view, kind, fingerprint](const std::string& asked) {
      const counted_file& data = view.records().lines_.counted();
      if (!fingerprint || data.folder.empty()) return counts_file({}, "", "");
      std::uint64_t chosen = 0;
      for (index_t i = 0; i < view.size(); ++i)
        chosen = chosen * 0x9e3779b97f4a7c15u + static_cast<std::uint64_t>(view[i]);
      return counts_file(data,
                         kind + ", " + std::to_string(view.size()) + " records " +
                             std::to_string(chosen) + ", " + asked,
                         std::to_string(*fingerprint));
    };
    return source;
  }
};

}  // namespace zer0::detail
