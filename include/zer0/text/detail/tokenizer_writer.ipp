// Bodies of zer0/text/bpe_trainer.hpp: the files of a tokenizer.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/file/atomic.hpp>
#include <zer0/file/detail/json.hpp>
#include <zer0/text/bpe_trainer.hpp>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>

namespace zer0 {

namespace detail {

inline constexpr std::array<std::string_view, 4> tokenizer_file_names{
    "tokenizer.json", "vocab.json", "merges.txt", "tokenizer_config.json"};

/// Key order and layout are those of Hugging Face's `tokenizers` (0.23), so that equal tokenizers
/// are equal files.
class tokenizer_writer {
 public:
  explicit tokenizer_writer(const trained_bpe& bpe) : bpe_(bpe) {}

  [[nodiscard]] std::string tokenizer_json() const {
    json added = json::array();
    for (index_t id = 0; id < bpe_.special; ++id) {
      json token =
          json_object<json>({{"id", id}, {"content", bpe_.tokens[static_cast<std::size_t>(id)]}});
      set_flags(token);
      added.push_back(std::move(token));
    }
    const json byte_level = json_object<json>({{"type", "ByteLevel"},
                                               {"add_prefix_space", false},
                                               {"trim_offsets", true},
                                               {"use_regex", true}});
    json decoder = byte_level;
    decoder["add_prefix_space"] =
        true;  // of no effect in a decoder; what `decoders.ByteLevel()` writes
    json merges = json::array();
    for (const auto& [left, right] : bpe_.merges)
      merges.push_back(json::array_t{spelled(left), spelled(right)});
    json model = json_object<json>({{"type", "BPE"},
                                    {"dropout", nullptr},
                                    {"unk_token", nullptr},
                                    {"continuing_subword_prefix", nullptr},
                                    {"end_of_word_suffix", nullptr},
                                    {"fuse_unk", false},
                                    {"byte_fallback", false},
                                    {"ignore_merges", false},
                                    {"vocab", vocab()},
                                    {"merges", std::move(merges)}});
    return json_object<json>({{"version", "1.0"},
                              {"truncation", nullptr},
                              {"padding", nullptr},
                              {"added_tokens", std::move(added)},
                              {"normalizer", nullptr},
                              {"pre_tokenizer", byte_level},
                              {"post_processor", nullptr},
                              {"decoder", std::move(decoder)},
                              {"model", std::move(model)}})
        .dump(2);
  }

  [[nodiscard]] std::string vocab_json() const { return vocab().dump(); }

  [[nodiscard]] std::string merges_txt() const {
    std::string text = "#version: 0.2\n";
    for (const auto& [left, right] : bpe_.merges)
      text += spelled(left) + " " + spelled(right) + "\n";
    return text;
  }

  /// Throws: zer0::error for a role that is not one of the special tokens.
  [[nodiscard]] std::string config_json(const tokenizer_roles& roles) const {
    json config = json_object<json>(
        {{"add_bos_token", false}, {"add_eos_token", false}, {"add_prefix_space", false}});
    json decoder = json::object();
    for (index_t id = 0; id < bpe_.special; ++id) {
      json& token = decoder[std::to_string(id)];
      token["content"] = bpe_.tokens[static_cast<std::size_t>(id)];
      set_flags(token);
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

  /// What every special token has.
  static void set_flags(json& token) {
    json_set(token, {{"single_word", false},
                     {"lstrip", false},
                     {"rstrip", false},
                     {"normalized", false},
                     {"special", true}});
  }

  [[nodiscard]] const std::string& spelled(token_id id) const {
    return bpe_.tokens[static_cast<std::size_t>(id)];
  }

  [[nodiscard]] json vocab() const {
    json::object_t
        vocab;  // a vector of pairs: looking for each key before adding it would be quadratic
    vocab.reserve(bpe_.tokens.size());
    for (std::size_t id = 0; id < bpe_.tokens.size(); ++id) vocab.emplace_back(bpe_.tokens[id], id);
    return vocab;
  }

  const trained_bpe& bpe_;
};

}  // namespace detail

ZER0_INLINE tokenizer_roles usual_roles(const std::vector<std::string>& special_tokens) {
  const auto there = [&](const std::string& token) {
    return std::find(special_tokens.begin(), special_tokens.end(), token) != special_tokens.end();
  };
  const auto if_there = [&](const std::string& token) { return there(token) ? token : ""; };
  const bool chats = there("<|im_start|>") && there("<|im_end|>");
  return {.bos = if_there("<s>"),
          .eos = if_there("</s>"),
          .pad = if_there("<unk>"),
          .unk = if_there("<unk>"),
          .chat_template = std::string(chats ? chatml_template : "")};
}

ZER0_INLINE void require_place_for_tokenizer(const std::filesystem::path& directory,
                                             bool overwrite) {
  std::error_code failure;
  std::filesystem::path above = std::filesystem::absolute(directory / "").parent_path();
  do above = above.parent_path();
  while (!std::filesystem::exists(above, failure) && above.has_relative_path());
  require(::access(above.c_str(), W_OK | X_OK) == 0, "cannot write to ", above.string(), ": ",
          std::strerror(errno));
  if (!std::filesystem::exists(directory, failure)) return;
  require(std::filesystem::is_directory(directory, failure), directory.string(),
          " is there and is not a folder");
  for (const auto& entry : std::filesystem::directory_iterator(directory, failure)) {
    const std::string name = entry.path().filename().string();
    const bool known =
        std::find(detail::tokenizer_file_names.begin(), detail::tokenizer_file_names.end(), name) !=
        detail::tokenizer_file_names.end();
    require(known, directory.string(), " holds ", name,
            ", which is no file of a tokenizer; choose another folder");
    require(overwrite, directory.string(), " holds ", name,
            " already; choose another folder, or allow to overwrite it");
  }
  require(!failure, "cannot read ", directory.string(), ": ", failure.message());
}

ZER0_INLINE void write_tokenizer(const std::filesystem::path& directory, const trained_bpe& bpe,
                                 const tokenizer_roles& roles) {
  require_place_for_tokenizer(directory, true);
  const detail::tokenizer_writer writer(bpe);
  const std::array<std::string, 4> contents{writer.tokenizer_json(), writer.vocab_json(),
                                            writer.merges_txt(), writer.config_json(roles)};
  const std::filesystem::path target =
      directory.has_filename() ? directory : directory.parent_path();
  atomic_directory folder(target);
  for (std::size_t i = 0; i < contents.size(); ++i) {
    atomic_file file(folder.path() / detail::tokenizer_file_names[i]);
    file.write(contents[i]);
    file.commit();
  }
  folder.commit();
}

}  // namespace zer0
