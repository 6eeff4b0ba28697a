// Writing a trained vocabulary as the files of a tokenizer.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/core/types.hpp>
#include <zer0/io/atomic_directory.hpp>
#include <zer0/io/atomic_file.hpp>
#include <zer0/text/bpe_trainer.hpp>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace zer0 {

/// What tokenizer_config.json says beside the special tokens; the empty text is "none".
struct tokenizer_roles {
  std::string bos = {}, eos = {}, pad = {}, unk = {};
  std::string chat_template = {};  ///< Jinja source
};

namespace detail {

inline constexpr std::array<std::string_view, 4> tokenizer_file_names{"tokenizer.json", "vocab.json", "merges.txt",
                                                                      "tokenizer_config.json"};

/// Key order and layout are those of Hugging Face's `tokenizers` (0.23), so that equal tokenizers are equal files.
class tokenizer_writer {
 public:
  explicit tokenizer_writer(const trained_bpe& bpe) : bpe_(bpe) {}

  [[nodiscard]] std::string tokenizer_json() const {
    json added = json::array();
    for (index_t id = 0; id < bpe_.special; ++id) {
      json token = {{"id", id}, {"content", bpe_.tokens[static_cast<std::size_t>(id)]}};
      token.update(flags());
      added.push_back(std::move(token));
    }
    const json byte_level = {
        {"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", true}};
    json decoder = byte_level;
    decoder["add_prefix_space"] = true;  // of no effect in a decoder; what `decoders.ByteLevel()` writes
    json merges = json::array();
    for (const auto& [left, right] : bpe_.merges) merges.push_back({spelled(left), spelled(right)});
    return json{{"version", "1.0"},
                {"truncation", nullptr},
                {"padding", nullptr},
                {"added_tokens", std::move(added)},
                {"normalizer", nullptr},
                {"pre_tokenizer", byte_level},
                {"post_processor", nullptr},
                {"decoder", std::move(decoder)},
                {"model",
                 {{"type", "BPE"},
                  {"dropout", nullptr},
                  {"unk_token", nullptr},
                  {"continuing_subword_prefix", nullptr},
                  {"end_of_word_suffix", nullptr},
                  {"fuse_unk", false},
                  {"byte_fallback", false},
                  {"ignore_merges", false},
                  {"vocab", vocab()},
                  {"merges", std::move(merges)}}}}
        .dump(2);
  }

  [[nodiscard]] std::string vocab_json() const { return vocab().dump(); }

  [[nodiscard]] std::string merges_txt() const {
    std::string text = "#version: 0.2\n";
    for (const auto& [left, right] : bpe_.merges) text += spelled(left) + " " + spelled(right) + "\n";
    return text;
  }

  /// Throws: zer0::error for a role that is not one of the special tokens.
  [[nodiscard]] std::string config_json(const tokenizer_roles& roles) const {
    json config = {{"add_bos_token", false}, {"add_eos_token", false}, {"add_prefix_space", false}};
    json decoder = json::object();
    for (index_t id = 0; id < bpe_.special; ++id) {
      decoder[std::to_string(id)] = {{"content", bpe_.tokens[static_cast<std::size_t>(id)]}};
      decoder[std::to_string(id)].update(flags());
    }
    config["added_tokens_decoder"] = std::move(decoder);
    const auto add_role = [&](const char* name, const std::string& token) {
      if (token.empty()) return;
      const auto end = bpe_.tokens.begin() + bpe_.special;
      require(std::find(bpe_.tokens.begin(), end, token) != end, name, " is '", token,
              "', which is not one of the special tokens");
      config[name] = token;
    };
    add_role("bos_token", roles.bos);
    add_role("eos_token", roles.eos);
    add_role("pad_token", roles.pad);
    add_role("unk_token", roles.unk);
    if (!roles.chat_template.empty()) config["chat_template"] = roles.chat_template;
    config["clean_up_tokenization_spaces"] = false;
    config["tokenizer_class"] = "PreTrainedTokenizerFast";
    return config.dump(2) + "\n";
  }

 private:
  using json = nlohmann::ordered_json;

  /// Of every special token.
  static json flags() {
    return {{"single_word", false}, {"lstrip", false}, {"rstrip", false}, {"normalized", false}, {"special", true}};
  }

  [[nodiscard]] const std::string& spelled(token_id id) const { return bpe_.tokens[static_cast<std::size_t>(id)]; }

  [[nodiscard]] json vocab() const {
    json::object_t vocab;  // a vector of pairs: looking for each key before adding it would be quadratic
    vocab.reserve(bpe_.tokens.size());
    for (std::size_t id = 0; id < bpe_.tokens.size(); ++id) vocab.emplace_back(bpe_.tokens[id], id);
    return vocab;
  }

  const trained_bpe& bpe_;
};

}  // namespace detail

/// Whether `directory` can become that of a tokenizer: it is not there, or is a folder that holds nothing but the files
/// of one, and the folder above it can be written to. Throws: zer0::error saying what else it holds, or, unless
/// `overwrite`, that there is a tokenizer.
inline void require_place_for_tokenizer(const std::filesystem::path& directory, bool overwrite) {
  std::error_code failure;
  std::filesystem::path above = std::filesystem::absolute(directory / "").parent_path();
  do above = above.parent_path();
  while (!std::filesystem::exists(above, failure) && above.has_relative_path());
  require(::access(above.c_str(), W_OK | X_OK) == 0, "cannot write to ", above.string(), ": ", std::strerror(errno));
  if (!std::filesystem::exists(directory, failure)) return;
  require(std::filesystem::is_directory(directory, failure), directory.string(), " is there and is not a folder");
  for (const auto& entry : std::filesystem::directory_iterator(directory, failure)) {
    const std::string name = entry.path().filename().string();
    const bool known = std::ranges::find(detail::tokenizer_file_names, name) != detail::tokenizer_file_names.end();
    require(known, directory.string(), " holds ", name, ", which is no file of a tokenizer; choose another folder");
    require(overwrite, directory.string(), " holds ", name, " already; choose another folder, or --overwrite");
  }
  require(!failure, "cannot read ", directory.string(), ": ", failure.message());
}

/// Writes tokenizer.json, vocab.json, merges.txt and tokenizer_config.json, which zer0::tokenizer and Hugging Face's
/// `tokenizers` and `transformers` read. The folder appears with all four or not at all; one that is there must hold
/// nothing else, and is replaced. Throws: zer0::error naming path and reason, or a role that is no special token.
inline void write_tokenizer(const std::filesystem::path& directory, const trained_bpe& bpe,
                            const tokenizer_roles& roles = {}) {
  require_place_for_tokenizer(directory, true);
  const detail::tokenizer_writer writer(bpe);
  const std::array<std::string, 4> contents{writer.tokenizer_json(), writer.vocab_json(), writer.merges_txt(),
                                            writer.config_json(roles)};
  const std::filesystem::path target = directory.has_filename() ? directory : directory.parent_path();
  atomic_directory folder(target);
  for (std::size_t i = 0; i < contents.size(); ++i) {
    atomic_file file(folder.path() / detail::tokenizer_file_names[i]);
    file.write(contents[i]);
    file.commit();
  }
  folder.commit();
}

}  // namespace zer0
