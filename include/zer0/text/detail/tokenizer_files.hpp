// Finds and reads the files of a tokenizer: tokenizer.json or vocab.json + merges.txt, and
// tokenizer_config.json beside them.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/file/detail/content_hash.hpp>
#include <zer0/file/json_document.hpp>
#include <zer0/text/detail/json_view.hpp>
#include <zer0/text/detail/tokenizer_json.hpp>
#include <zer0/text/detail/tokenizer_parts.hpp>
#include <zer0/text/utf8.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace zer0::detail {

class tokenizer_files {
 public:
  /// `path` is a file or a directory. Throws `error` naming the file.
  static void read(const std::filesystem::path& path, tokenizer_parts& parts) {
    std::error_code ignored;
    const bool directory = std::filesystem::is_directory(path, ignored);
    const std::filesystem::path folder = directory ? path : path.parent_path();
    const std::string name = path.filename().string();
    const bool pair = directory
                          ? !exists(folder / "tokenizer.json") && exists(folder / "vocab.json")
                          : name == "vocab.json" || name == "merges.txt";
    if (pair) {
      read_pair(folder, parts);
    } else {
      const std::filesystem::path file = directory ? folder / "tokenizer.json" : path;
      if (directory) require_tokenizer(folder);
      tokenizer_json::parse(contents(file), file.string(), parts);
    }
    read_config(folder, parts);
  }

 private:
  static bool exists(const std::filesystem::path& path) {
    std::error_code ignored;
    return std::filesystem::exists(path, ignored);
  }

  static void require_tokenizer(const std::filesystem::path& folder) {
    if (exists(folder / "tokenizer.json")) return;
    require(!exists(folder / "tokenizer.json.gz"), (folder / "tokenizer.json.gz").string(),
            ": is compressed; run gunzip on it first");
    fail(folder.string(), ": has neither tokenizer.json nor vocab.json with merges.txt");
  }

  static std::string contents(const std::filesystem::path& file) {
    std::error_code code;
    const auto size = std::filesystem::file_size(file, code);
    require(!code, file.string(), ": cannot be read: ", code.message());
    std::ifstream in(file, std::ios::binary);
    std::string text(static_cast<std::size_t>(size), '\0');
    in.read(text.data(), static_cast<std::streamsize>(size));
    require(in.gcount() == static_cast<std::streamsize>(size) && !in.bad(), file.string(),
            ": cannot be read");
    return text;
  }

  /// Reads vocab.json and merges.txt. They do not say how text is cut and joined: it is done as in
  /// GPT-2.
  static void read_pair(const std::filesystem::path& folder, tokenizer_parts& parts) {
    nlohmann::json document = parse_json(R"({
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false},
        "decoder": {"type": "ByteLevel"},
        "model": {"type": "BPE"}
    })",
                                         "zer0");
    const std::string vocab = (folder / "vocab.json").string();
    const std::string merges = (folder / "merges.txt").string();
    const std::string vocab_text = contents(vocab);
    const std::string merges_text = contents(merges);
    document["model"]["vocab"] = parse_json(vocab_text, vocab);
    document["model"]["merges"] = merge_lines(merges_text, merges);
    const std::filesystem::path config_file = folder / "tokenizer_config.json";
    nlohmann::json config;
    std::string config_text;
    if (exists(config_file)) {
      config_text = contents(config_file);
      config = parse_json(config_text, config_file.string());
    }
    const json_view view(config, config_file.string() + ":");
    if (config.is_object()) {
      document["pre_tokenizer"]["add_prefix_space"] = view["add_prefix_space"].boolean(false);
      document["added_tokens"] = added_tokens(view, document["model"]["vocab"]);
    }
    tokenizer_json::read(document, vocab, parts);
    for (const std::string& text : {vocab_text, merges_text, config_text})
      parts.content = parts.content * 31 + content_hash(text);
  }

  static nlohmann::json merge_lines(std::string_view text, const std::string& file) {
    require(find_invalid_utf8(text) == std::string_view::npos, file, ": byte ",
            find_invalid_utf8(text), " is not UTF-8");
    nlohmann::json list = nlohmann::json::array();
    std::size_t number = 0;
    while (!text.empty()) {
      ++number;
      const std::size_t end = text.find('\n');
      std::string_view line = text.substr(0, end);
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (line.starts_with("#version") || line.empty()) continue;
      const std::size_t space = line.find(' ');
      const bool two =
          space != std::string_view::npos && line.find(' ', space + 1) == std::string_view::npos;
      require(two, file, " line ", number, ": '", line,
              "' is not two tokens with one space between");
      list.push_back(std::string(line));
    }
    return list;
  }

  /// The added tokens: those in "added_tokens_decoder", or else the named special tokens. Those
  /// that the vocabulary lacks get the next ids.
  static nlohmann::json added_tokens(const json_view& config, const nlohmann::json& vocab) {
    nlohmann::json list = nlohmann::json::array();
    const json_view decoder = config["added_tokens_decoder"];
    if (decoder.raw().is_object()) {
      for (const auto& [key, value] : decoder.raw().get_ref<const nlohmann::json::object_t&>()) {
        nlohmann::json entry = value;
        std::string problem;
        const nlohmann::json id = parse_document(key, problem);
        if (!problem.empty() || !json_token_id(id))
          decoder.refuse("has the key '", key, "', which is not a token id");
        entry["id"] = id;
        list.push_back(std::move(entry));
      }
      return list;
    }
    std::size_t next = vocab.size();
    std::vector<std::string> seen;
    for (const char* key : {"bos_token", "eos_token", "unk_token", "pad_token"}) {
      const std::string content = special_content(config[key]);
      if (content.empty() || std::find(seen.begin(), seen.end(), content) != seen.end()) continue;
      seen.push_back(content);
      const bool known = vocab.is_object() && vocab.contains(content);
      const nlohmann::json id = known ? vocab[content] : nlohmann::json(next++);
      nlohmann::json entry;
      entry["id"] = id;
      entry["content"] = content;
      entry["special"] = true;
      entry["normalized"] = false;
      list.push_back(std::move(entry));
    }
    return list;
  }

  /// A string, an object with "content", or null (then empty).
  static std::string special_content(const json_view& value) {
    if (value.is_null()) return {};
    return value.raw().is_object() ? value["content"].text() : value.text();
  }

  static void read_config(const std::filesystem::path& folder, tokenizer_parts& parts) {
    const std::filesystem::path jinja = folder / "chat_template.jinja";
    const std::filesystem::path file = folder / "tokenizer_config.json";
    if (exists(file)) {
      const nlohmann::json document = parse_json(contents(file), file.string());
      const json_view config(document, file.string() + ":");
      parts.special = {special(config["bos_token"], parts), special(config["eos_token"], parts),
                       special(config["pad_token"], parts), special(config["unk_token"], parts)};
      parts.chat_template = chat_template(config["chat_template"]);
    }
    if (exists(jinja)) parts.chat_template = contents(jinja);
  }

  static std::optional<token_id> special(const json_view& value, const tokenizer_parts& parts) {
    const std::string content = special_content(value);
    if (content.empty()) return std::nullopt;
    const auto found = parts.ids.find(content);
    if (found == parts.ids.end())
      value.refuse("is '", content,
                   "', which is not in the vocabulary; add it to added_tokens or remove it here");
    return found->second;
  }

  /// A string, or a list of {name, template}, of which "default" is taken.
  static std::string chat_template(const json_view& value) {
    if (value.is_null()) return {};
    if (!value.raw().is_array()) return value.text();
    for (std::size_t i = 0; i < value.array_size(); ++i) {
      if (value[i]["name"].text() == "default") return value[i]["template"].text();
    }
    return {};
  }
};

}  // namespace zer0::detail
