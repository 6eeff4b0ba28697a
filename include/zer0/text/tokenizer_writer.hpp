// Writing a trained vocabulary as the files of a tokenizer.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/core/types.hpp>
#include <zer0/text/bpe_trainer.hpp>

#include <nlohmann/json_fwd.hpp>

#include <filesystem>
#include <string>

namespace zer0 {

/// What tokenizer_config.json says beside the special tokens; the empty text is "none".
struct tokenizer_roles {
  std::string bos = {}, eos = {}, pad = {}, unk = {};
  std::string chat_template = {};  ///< Jinja source
};

namespace detail {

/// Key order and layout are those of Hugging Face's `tokenizers` (0.23), so that equal tokenizers are equal files.
class tokenizer_writer {
 public:
  explicit tokenizer_writer(const trained_bpe& bpe) : bpe_(bpe) {}

  [[nodiscard]] std::string tokenizer_json() const;

  [[nodiscard]] std::string vocab_json() const;

  [[nodiscard]] std::string merges_txt() const;

  /// Throws: zer0::error for a role that is not one of the special tokens.
  [[nodiscard]] std::string config_json(const tokenizer_roles& roles) const;

 private:
  using json = nlohmann::ordered_json;

  /// What every special token has.
  static void set_flags(json& token);

  [[nodiscard]] const std::string& spelled(token_id id) const;

  [[nodiscard]] json vocab() const;

  const trained_bpe& bpe_;
};

}  // namespace detail

/// Whether `directory` can become that of a tokenizer: it is not there, or is a folder that holds nothing but the files
/// of one, and the folder above it can be written to. Throws: zer0::error saying what else it holds, or, unless
/// `overwrite`, that there is a tokenizer.
void require_place_for_tokenizer(const std::filesystem::path& directory, bool overwrite);

/// Writes tokenizer.json, vocab.json, merges.txt and tokenizer_config.json, which zer0::tokenizer and Hugging Face's
/// `tokenizers` and `transformers` read. The folder appears with all four or not at all; one that is there must hold
/// nothing else, and is replaced. Throws: zer0::error naming path and reason, or a role that is no special token.
void write_tokenizer(const std::filesystem::path& directory, const trained_bpe& bpe, const tokenizer_roles& roles = {});

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/text/detail/tokenizer_writer.ipp>
#endif
