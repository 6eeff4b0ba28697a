// Writing a trained vocabulary as the files of a tokenizer.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/text/bpe_trainer.hpp>

#include <filesystem>
#include <string>

namespace zer0 {

/// What tokenizer_config.json says beside the special tokens; the empty text is "none".
struct tokenizer_roles {
  std::string bos = {}, eos = {}, pad = {}, unk = {};
  std::string chat_template = {};  ///< Jinja source
};

/// Whether `directory` can become that of a tokenizer: it is not there, or is a folder that holds
/// nothing but the files of one, and the folder above it can be written to. Throws: zer0::error
/// saying what else it holds, or, unless `overwrite`, that there is a tokenizer.
void require_place_for_tokenizer(const std::filesystem::path& directory, bool overwrite);

/// Writes tokenizer.json, vocab.json, merges.txt and tokenizer_config.json, which zer0::tokenizer
/// and Hugging Face's `tokenizers` and `transformers` read. The folder appears with all four or not
/// at all; one that is there must hold nothing else, and is replaced. Throws: zer0::error naming
/// path and reason, or a role that is no special token.
void write_tokenizer(const std::filesystem::path& directory, const trained_bpe& bpe,
                     const tokenizer_roles& roles = {});

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/text/detail/tokenizer_writer.ipp>
#endif
