// Writing a trained vocabulary as the files of a tokenizer.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/text/bpe_trainer.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace zer0 {

/// What tokenizer_config.json says beside the special tokens; the empty text is "none".
struct tokenizer_roles {
  std::string bos = {}, eos = {}, pad = {}, unk = {};
  std::string chat_template = {};  ///< Jinja source
};

/// ChatML: every message between <|im_start|>role and <|im_end|>.
inline constexpr std::string_view chatml_template =
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] "
    "+ '<|im_end|>\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' "
    "}}{% endif %}";

/// The roles that special tokens usually have: <s> begins a text, </s> ends it, <unk> fills a batch
/// and is unknown, <|im_start|> and <|im_end|> are those of ChatML. None for what is not there.
[[nodiscard]] tokenizer_roles usual_roles(const std::vector<std::string>& special_tokens);

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
