// Looking at all samples before the first epoch: which are trained on, and how long they are.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/core/types.hpp>
#include <zer0/data/detail/sample_source.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace zer0::detail {

/// How samples lie in a batch.
enum class sample_layout {
  padded,  ///< each sequence a row of `seq` tokens
  joined,  ///< sequences one after another
  shared,  ///< the same, whole samples sharing rows of at most `seq` tokens
  stream   ///< all samples of the epoch one after another, cut into rows of `seq` tokens
};

struct engine_options {
  index_t batch_size = 0;  ///< rows of a batch; joined: samples
  index_t seq = 0;
  sample_layout layout = sample_layout::padded;
  bool measured = true;  ///< whether to look at all samples first; padded texts do not need it
  bool shuffle = true;
  std::uint64_t seed = 0;
  std::optional<bool> skip_bad_lines = {};  ///< no value: no such option, bad records are errors
  int num_workers = 1;
  std::function<void(double)> progress = {};

  /// What data_options, sft_options and preference_options have in common.
  template <class Options>
  static engine_options of(const Options& o, sample_layout layout) {
    engine_options result{.batch_size = o.batch_size,
                          .seq = o.seq,
                          .layout = layout,
                          .shuffle = o.shuffle,
                          .seed = o.seed,
                          .num_workers = o.num_workers,
                          .progress = o.progress};
    if constexpr (requires { o.skip_bad_lines; }) result.skip_bad_lines = o.skip_bad_lines;
    return result;
  }
};

/// How many records are trained on, cut or left out.
struct sample_counts {
  index_t samples = 0;  ///< samples that are trained on
  index_t cut = 0;  ///< of these, samples with a sequence of more than seq + 1 tokens, which is cut
  index_t skipped = 0;  ///< left out because a sequence has nothing to learn within seq + 1 tokens
  index_t bad = 0;      ///< left out because they cannot be encoded
  index_t first_bad_record = 0;  ///< index of the first of these
  std::string first_bad;         ///< "FILE:LINE: why" of the first of these
  index_t tokens = 0;      ///< tokens of an epoch that go through the model, padding not counted
  index_t supervised = 0;  ///< of these, tokens that are learned
  std::uint64_t hash = 0;  ///< for pairs: of all tokens and of which are learned
};

/// Cuts the sequences of a sample to seq + 1 tokens and says whether anything was cut away. In the
/// stream nothing is cut, since documents go on in the next row.
bool cut(sample& s, const engine_options& options);

/// What is known of the samples.
struct sample_measure {
  std::vector<std::uint32_t> lengths = {};  ///< input tokens of each record's sample; 0: left out
  sample_counts counts = {};
  std::filesystem::path kept_in = {};  ///< the file that the counts come from; empty if made now
};

/// Measures all samples: encodes all records on `num_workers` threads, or takes the counts that an
/// earlier run kept. Throws: zer0::error naming file and line of the first record that cannot be
/// encoded, unless such records are skipped.
[[nodiscard]] sample_measure measure(const sample_source& source, const engine_options& options);

}  // namespace zer0::detail

#ifndef ZER0_COMPILED
#include <zer0/data/detail/sample_measure.ipp>
#endif
