// Counts of a data file, kept in a file so that the next run need not parse and tokenize all data.
#pragma once

#include <zer0/core/detail/compiled.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace zer0::detail {

/// The data file that was counted, and the folder that keeps its counts.
struct counted_file {
  std::filesystem::path folder = {};  ///< empty: nothing is kept
  std::string path = {};              ///< of the data
  std::string content = {};           ///< its size, the time it was changed, the hash of its bytes
};

/// Identifies the file at `path`, whose bytes are `text`. With an empty folder it does nothing.
[[nodiscard]] counted_file identify(const std::filesystem::path& folder,
                                    const std::filesystem::path& path, std::string_view text);

/// The counts that a file keeps; each kind of count has its own use of the three members.
struct kept_counts {
  std::vector<std::uint32_t> lengths = {};
  std::vector<std::uint64_t> numbers = {};
  std::string text = {};

  bool operator==(const kept_counts&) const = default;
};

/// The file of the counts that `asked` describes: `folder`/counts-HASH.bin, where HASH is a hash of
/// the data's path and of `asked`. It holds a key, the counts, and a checksum of both. The key is
/// the data's content, `asked`, and `made_by`: what else the counts depend on (a tokenizer, a
/// template).
class counts_file {
 public:
  counts_file(const counted_file& data, const std::string& asked, const std::string& made_by);

  /// The counts, if the file exists, is whole and has the same key.
  [[nodiscard]] std::optional<kept_counts> read() const;

  /// Replaces the file. A folder that cannot be written is no error: then nothing is kept.
  void write(const kept_counts& counts) const;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;  // empty: nothing is kept
  std::string key_;
};

}  // namespace zer0::detail

#ifndef ZER0_COMPILED
#include <zer0/data/detail/kept_counts.ipp>
#endif
