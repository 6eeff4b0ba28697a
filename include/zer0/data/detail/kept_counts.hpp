// What a first look at a data file counted, kept in a file so that the next run need not look.
#pragma once

#include <zer0/core/detail/compiled.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace zer0::detail {

/// Which file something was counted of, and the folder that keeps it.
struct counted_file {
  std::filesystem::path folder = {};  ///< empty: nothing is kept
  std::string path = {};              ///< of the data
  std::string content = {};           ///< its size, the time it was changed, the hash of its bytes
};

/// Looks at the file at `path`, whose bytes are `text`. With an empty folder, at nothing.
[[nodiscard]] counted_file identify(const std::filesystem::path& folder,
                                    const std::filesystem::path& path, std::string_view text);

/// What is kept; each kind of count has its own use of the three.
struct kept_counts {
  std::vector<std::uint32_t> lengths = {};
  std::vector<std::uint64_t> numbers = {};
  std::string text = {};

  bool operator==(const kept_counts&) const = default;
};

/// The file that keeps the counts `asked` for: `folder`/counts-HASH.bin, HASH that of the data's
/// path and of `asked`. It holds a key, which is the data's content, `asked` and `made_by` (what
/// the counts depend on besides: a tokenizer, a template), then the counts and a checksum of it
/// all.
class counts_file {
 public:
  counts_file(const counted_file& data, const std::string& asked, const std::string& made_by);

  /// The counts, if the file is there, whole, and has this very key.
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
