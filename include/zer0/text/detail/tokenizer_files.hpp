// Finds and reads the files of a tokenizer: tokenizer.json or vocab.json + merges.txt, and tokenizer_config.json beside
// them.
#pragma once

#include <zer0/core/compiled.hpp>

#include <filesystem>

namespace zer0::detail {

struct tokenizer_parts;

class tokenizer_files {
 public:
  /// `path` is a file or a directory. Throws `error` naming the file.
  static void read(const std::filesystem::path& path, tokenizer_parts& parts);
};

}  // namespace zer0::detail

#ifndef ZER0_COMPILED
#include <zer0/text/detail/tokenizer_files.ipp>
#endif
