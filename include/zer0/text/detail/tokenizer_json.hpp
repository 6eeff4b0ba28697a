// Reads tokenizer.json. What zer0 does not do is refused by name, never ignored.
#pragma once

#include <zer0/file/detail/content_hash.hpp>
#include <zer0/text/detail/json_view.hpp>
#include <zer0/text/detail/tokenizer_parts.hpp>

#include <nlohmann/json.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace zer0::detail {

/// Fills tokenizer_parts from one tokenizer.json. "truncation" and "padding" are settings of a
/// call, not of the vocabulary, and are not read. Throws `error` naming `name` and the key.
class tokenizer_json {
 public:
  static void parse(std::string_view text, const std::string& name, tokenizer_parts& parts) {
    read(parse_json(text, name), name, parts);
    parts.content = content_hash(text);
  }

  /// The same from a document that is already parsed.
  static void read(const nlohmann::json& document, const std::string& name,
                   tokenizer_parts& parts) {
    const json_view root(document, name + ":");
    tokenizer_json reader(parts);
    reader.model(root["model"]);
    if (!root["normalizer"].is_null()) reader.normalizer(root["normalizer"]);
    reader.pre_tokenizer(root["pre_tokenizer"]);
    reader.added_tokens(root["added_tokens"]);
    if (!root["post_processor"].is_null()) reader.post_processor(root["post_processor"]);
    reader.decoder(root["decoder"]);
    reader.builder_.finish();
  }

 private:
  explicit tokenizer_json(tokenizer_parts& parts) : parts_(parts), builder_(parts) {}

  void model(const json_view& model) {
    if (!model["type"].is_null() && model["type"].text() != "BPE")
      model["type"].refuse("is '", model["type"].text(), "'; only BPE is supported");
    if (model["byte_fallback"].boolean(false))
      model["byte_fallback"].refuse("is true; only byte-level vocabularies are supported");
    for (const char* key : {"continuing_subword_prefix", "end_of_word_suffix"}) {
      if (!model[key].is_null() && !model[key].text().empty())
        model[key].refuse("is not supported");
    }
    const json_view dropout = model["dropout"];
    if (!dropout.is_null() && !(dropout.raw().is_number() && dropout.raw().get<double>() == 0))
      dropout.refuse("is not supported: encoding is deterministic; set it to null");
    vocabulary(model["vocab"]);
    merges(model["merges"]);
    if (!model["unk_token"].is_null())
      parts_.model.unknown =
          builder_.known_id(model["unk_token"].text(), model["unk_token"].where());
    parts_.model.fuse_unknown = model["fuse_unk"].boolean(false);
    if (model["ignore_merges"].boolean(false)) builder_.ignore_merges();
  }

  void vocabulary(const json_view& vocab) {
    if (!vocab.raw().is_object() || vocab.raw().empty())
      vocab.refuse("must be an object with at least one token");
    builder_.expect(vocab.raw().size());
    for (const auto& [content, value] : vocab.raw().get_ref<const nlohmann::json::object_t&>()) {
      const std::optional<token_id> id = json_token_id(value);
      builder_.token(content,
                     id ? *id : json_view(value, vocab.where() + "['" + content + "']").id(),
                     vocab.where());
    }
    builder_.find_byte_tokens();
  }

  void merges(const json_view& merges) {
    const std::size_t count = merges.array_size();
    builder_.reserve_merges(count);
    for (std::size_t i = 0; i < count; ++i) {
      const nlohmann::json& value = merges.raw()[i];
      const auto where = [&] { return merges.where() + "[" + std::to_string(i) + "]"; };
      const bool pair =
          value.is_array() && value.size() == 2 && value[0].is_string() && value[1].is_string();
      if (pair)
        builder_.merge(value[0].get_ref<const std::string&>(),
                       value[1].get_ref<const std::string&>(), i, where);
      else
        builder_.merge(json_view(value, where()).text(), i, where);
    }
  }

  void added_tokens(const json_view& list) {
    if (list.is_null()) return;
    const std::size_t count = list.array_size();
    for (std::size_t i = 0; i < count; ++i)
      builder_.added(added_token_of(list[i], list[i]["id"].id()), list[i].where());
  }

  /// An entry of "added_tokens", or of "added_tokens_decoder" in tokenizer_config.json, where the
  /// id is the key.
  static added_token added_token_of(const json_view& entry, token_id id) {
    added_token token;
    token.id = id;
    token.content = entry["content"].text();
    token.single_word = entry["single_word"].boolean(false);
    token.lstrip = entry["lstrip"].boolean(false);
    token.rstrip = entry["rstrip"].boolean(false);
    token.special = entry["special"].boolean(false);
    token.normalized = entry["normalized"].boolean(!token.special);
    return token;
  }

  /// A part, or the parts of a Sequence, which may nest.
  static std::vector<json_view> parts_of(const json_view& part, const char* list, int depth = 0) {
    if (part["type"].text() != "Sequence") return {part};
    if (depth > 8) part.refuse("nests sequences too deeply");
    std::vector<json_view> parts;
    const std::size_t count = part[list].array_size();
    for (std::size_t i = 0; i < count; ++i) {
      const std::vector<json_view> inner = parts_of(part[list][i], list, depth + 1);
      parts.insert(parts.end(), inner.begin(), inner.end());
    }
    return parts;
  }

  void normalizer(const json_view& normalizer) {
    for (const json_view& part : parts_of(normalizer, "normalizers")) {
      const std::string& type = part["type"].text();
      if (type == "NFC")
        parts_.normalizer.add(normal_form::nfc);
      else if (type == "NFD")
        parts_.normalizer.add(normal_form::nfd);
      else if (type == "NFKC")
        parts_.normalizer.add(normal_form::nfkc);
      else if (type == "NFKD")
        parts_.normalizer.add(normal_form::nfkd);
      else
        part["type"].refuse("is '", type, "'; supported are NFC, NFD, NFKC, NFKD and Sequence");
    }
  }

  void pre_tokenizer(const json_view& steps) {
    if (steps.is_null())
      steps.refuse("is missing; a byte-level tokenizer needs one that ends in ByteLevel");
    bool byte_level = false;
    for (const json_view& part : parts_of(steps, "pretokenizers")) {
      if (byte_level) part.refuse("comes after ByteLevel, which must be the last step");
      byte_level = part["type"].text() == "ByteLevel";
      pre_tokenizer_step(part);
    }
    if (!byte_level)
      steps.refuse("does not end in ByteLevel; only byte-level tokenizers are supported");
  }

  void pre_tokenizer_step(const json_view& part) {
    const std::string& type = part["type"].text();
    if (type == "ByteLevel") {
      if (part["add_prefix_space"].boolean(true)) parts_.pre_tokenizer.add_prefix_space();
      if (part["use_regex"].boolean(true)) parts_.pre_tokenizer.add({known_pattern::gpt2()});
    } else if (type == "Digits") {
      const bool each = part["individual_digits"].boolean(false);
      parts_.pre_tokenizer.add(
          {digits_rule{}, each ? split_behavior::isolated : split_behavior::contiguous});
    } else if (type == "Split") {
      split(part);
    } else {
      part["type"].refuse("is '", type, "'; supported are ByteLevel, Split, Digits and Sequence");
    }
  }

  void split(const json_view& part) {
    const split_behavior behavior = behavior_of(part["behavior"]);
    const bool invert = part["invert"].boolean(false);
    const json_view pattern = part["pattern"];
    const bool literal = pattern["Regex"].is_null();
    const json_view text = literal ? pattern["String"] : pattern["Regex"];
    if (text.text().empty()) text.refuse("is empty");
    const auto known = literal ? std::nullopt : known_pattern::find(text.text());
    if (known && behavior == split_behavior::isolated) return parts_.pre_tokenizer.add({*known});
    parts_.pre_tokenizer.add(
        {regex(literal ? quoted(text.text()) : text.text(), text.where()), behavior, invert});
  }

  static std::string quoted(std::string_view literal) {
    std::string result;
    for (const char c : literal) {
      if (std::string_view(R"(\^$.[]|()?*+{})").find(c) != std::string_view::npos) result += '\\';
      result += c;
    }
    return result;
  }

  static split_behavior behavior_of(const json_view& behavior) {
    constexpr std::array<std::pair<std::string_view, split_behavior>, 5> names{{
        {"Isolated", split_behavior::isolated},
        {"Removed", split_behavior::removed},
        {"MergedWithPrevious", split_behavior::merged_with_previous},
        {"MergedWithNext", split_behavior::merged_with_next},
        {"Contiguous", split_behavior::contiguous},
    }};
    for (const auto& [name, value] : names) {
      if (behavior.text() == name) return value;
    }
    behavior.refuse(
        "is '", behavior.text(),
        "'; supported are Isolated, Removed, MergedWithPrevious, MergedWithNext and Contiguous");
  }

  void post_processor(const json_view& processor) {
    for (const json_view& part : parts_of(processor, "processors")) {
      const std::string& type = part["type"].text();
      if (type == "TemplateProcessing")
        text_template(part);
      else if (type == "RobertaProcessing" || type == "BertProcessing")
        around({id_pair(part["cls"])}, {id_pair(part["sep"])});
      else if (type != "ByteLevel")
        part["type"].refuse("is '", type,
                            "'; supported are ByteLevel, TemplateProcessing, RobertaProcessing, "
                            "BertProcessing and Sequence");
    }
  }

  token_id id_pair(const json_view& pair) const {
    if (pair.array_size() != 2) pair.refuse("must be [content, id]");
    return existing(pair[1]);
  }

  [[nodiscard]] token_id existing(const json_view& value) const {
    const token_id id = value.id();
    if (!builder_.has_id(id)) value.refuse("is ", id, ", which is not in the vocabulary");
    return id;
  }

  void text_template(const json_view& part) {
    std::vector<token_id> before;
    std::vector<token_id> after;
    bool in_text = false;
    const json_view single = part["single"];
    const std::size_t count = single.array_size();
    for (std::size_t i = 0; i < count; ++i) {
      const json_view token = single[i]["SpecialToken"];
      if (!token.is_null()) {
        const json_view ids = part["special_tokens"][token["id"].text().c_str()]["ids"];
        const std::size_t length = ids.array_size();
        for (std::size_t k = 0; k < length; ++k)
          (in_text ? after : before).push_back(existing(ids[k]));
        continue;
      }
      if (single[i]["Sequence"]["id"].text() != "A" || in_text)
        single[i].refuse("must be a SpecialToken, or the Sequence A once");
      in_text = true;
    }
    if (!in_text) single.refuse("has no place for the text (Sequence A)");
    around(before, after);
  }

  void around(const std::vector<token_id>& before, const std::vector<token_id>& after) {
    parts_.before.insert(parts_.before.begin(), before.begin(), before.end());
    parts_.after.insert(parts_.after.end(), after.begin(), after.end());
  }

  static void decoder(const json_view& decoder) {
    if (decoder.is_null()) decoder.refuse("is missing; a byte-level tokenizer needs ByteLevel");
    bool byte_level = false;
    for (const json_view& part : parts_of(decoder, "decoders")) {
      if (byte_level || part["type"].text() != "ByteLevel")
        part["type"].refuse("is '", part["type"].text(), "'; supported is one ByteLevel");
      byte_level = true;
    }
    if (!byte_level) decoder.refuse("has no ByteLevel");
  }

  tokenizer_parts& parts_;
  tokenizer_builder builder_;
};

}  // namespace zer0::detail
