#include "support/catch.hpp"
#include "tokenizer_data.hpp"
#include <zer0/text/detail/tokenizer_json.hpp>

namespace {

/// What the small tokenizer, changed by `change`, is refused with.
template <class Change>
std::string refusal(Change change) {
  nlohmann::json document = support::small_tokenizer_json();
  change(document);
  try {
    (void)zer0::tokenizer::from_json(document.dump(), "t.json");
    return "accepted";
  } catch (const zer0::error& e) {
    return e.what();
  }
}

std::string refusal_of(const char* pointer, const nlohmann::json& value) {
  return refusal(
      [&](nlohmann::json& document) { document[nlohmann::json::json_pointer(pointer)] = value; });
}

void check(const std::string& message, const std::string& key) {
  CHECK_THAT(message, support::contains("t.json: " + key));
}

}  // namespace

TEST_CASE("tokenizer_json: what is not supported is refused with file and key",
          "[text][tokenizer_json]") {
  check(refusal_of("/model/type", "Unigram"), "model.type is 'Unigram'");
  check(refusal_of("/model/byte_fallback", true), "model.byte_fallback");
  check(refusal_of("/model/continuing_subword_prefix", "##"), "model.continuing_subword_prefix");
  check(refusal_of("/model/end_of_word_suffix", "</w>"), "model.end_of_word_suffix");
  check(refusal_of("/model/dropout", 0.1), "model.dropout");
  check(refusal_of("/normalizer", {{"type", "Lowercase"}}), "normalizer.type is 'Lowercase'");
  check(refusal_of("/pre_tokenizer", {{"type", "Metaspace"}}), "pre_tokenizer.type is 'Metaspace'");
  check(refusal_of("/pre_tokenizer", nullptr), "pre_tokenizer is missing");
  check(refusal_of("/pre_tokenizer", {{"type", "Digits"}}),
        "pre_tokenizer does not end in ByteLevel");
  check(refusal_of("/pre_tokenizer",
                   {{"type", "Sequence"},
                    {"pretokenizers", {{{"type", "ByteLevel"}}, {{"type", "Digits"}}}}}),
        "pre_tokenizer.pretokenizers[1] comes after ByteLevel");
  check(refusal_of("/post_processor", {{"type", "Unheard"}}), "post_processor.type is 'Unheard'");
  check(refusal_of("/decoder", {{"type", "WordPiece"}}), "decoder.type is 'WordPiece'");
  check(refusal_of("/decoder", nullptr), "decoder is missing");
}

TEST_CASE("tokenizer_json: contradictions are refused with file and key",
          "[text][tokenizer_json]") {
  check(refusal_of("/model/vocab", nlohmann::json::object()),
        "model.vocab must be an object with at least one token");
  check(refusal_of("/model/vocab/a", 5), "model.vocab: two tokens have id 5");
  check(refusal_of("/model/vocab/a", -1), "model.vocab['a'] is -1");
  check(refusal_of("/model/vocab/a", 4'000'000'000), "model.vocab['a'] is 4000000000");
  check(refusal_of("/model/vocab/a", 16'000'000),
        "model.vocab: token 'a' has id 16000000, too large");
  check(refusal_of("/model/vocab/a", 1.5), "model.vocab['a'] is 1.5");
  check(refusal_of("/model/vocab/a", "x"), "model.vocab['a'] is \"x\"");
  check(refusal_of("/model/unk_token", "nobody"),
        "model.unk_token: 'nobody' is not in the vocabulary");
  check(refusal_of("/model/merges/3", {"a", "nobody"}),
        "model.merges[3]: 'nobody' is not in the vocabulary");
  check(refusal_of("/model/merges/3", {"a", "ÿ"}),
        "model.merges[3]: 'aÿ' is not in the vocabulary, but 'a' + 'ÿ' needs it");
  check(refusal_of("/model/merges/3", "a b c"), "model.merges[3]: 'a b c' is not two tokens");
  check(refusal_of("/model/merges/3", 7), "model.merges[3] is number");
  check(refusal_of("/model/merges", "a b"), "model.merges is string");
  check(refusal_of("/added_tokens/0/id", 1),
        "added_tokens[0]: '<|endoftext|>' has id 1 here and 0 in the vocabulary");
  check(refusal_of("/added_tokens/0/content", ""), "added_tokens[0]: the content is empty");
  check(refusal_of("/added_tokens/0/special", "yes"), "added_tokens[0].special is string");
  check(refusal_of("/added_tokens/3/id", 2), "added_tokens[3]: two tokens have id 2");
  check(refusal_of("/post_processor/special_tokens/<|im_start|>/ids/0", 99'999),
        "post_processor.special_tokens.<|im_start|>.ids[0]");
  check(refusal_of("/post_processor/single", nlohmann::json::array()),
        "post_processor.single has no place for the text");
  check(refusal_of("/post_processor/single/0", {{"Sequence", {{"id", "B"}}}}),
        "post_processor.single[0]");
  check(refusal_of("/model", 3), "model is number");
  check(refusal([](nlohmann::json& d) { d.erase("model"); }), "model is null");
}

TEST_CASE("tokenizer_json: a split with a bad pattern or behavior is refused",
          "[text][tokenizer_json]") {
  const auto with = [](const nlohmann::json& pattern, const char* behavior) {
    return refusal_of("/pre_tokenizer",
                      {{"type", "Sequence"},
                       {"pretokenizers",
                        {{{"type", "Split"}, {"pattern", pattern}, {"behavior", behavior}},
                         {{"type", "ByteLevel"}, {"use_regex", false}}}}});
  };
  check(with({{"Regex", "("}}, "Isolated"),
        "pre_tokenizer.pretokenizers[0].pattern.Regex: the regex '(' is not valid");
  check(with({{"Regex", "[a&&b]"}}, "Isolated"),
        "pre_tokenizer.pretokenizers[0].pattern.Regex: the regex uses '&&'");
  check(with({{"String", ""}}, "Isolated"),
        "pre_tokenizer.pretokenizers[0].pattern.String is empty");
  check(with({{"Regex", "a"}}, "Exploded"),
        "pre_tokenizer.pretokenizers[0].behavior is 'Exploded'");
  CHECK(with({{"String", "a"}}, "Removed") == "accepted");
}

TEST_CASE("tokenizer_json: every truncation of a file is refused, none crashes",
          "[text][tokenizer_json]") {
  const std::string text = support::small_tokenizer_json().dump();
  for (std::size_t size = 0; size < text.size(); size += 1 + size / 50) {
    CHECK_THROWS_AS(zer0::tokenizer::from_json(std::string_view(text).substr(0, size), "t.json"),
                    zer0::error);
  }
}

TEST_CASE("tokenizer_json: what is no JSON is refused", "[text][tokenizer_json]") {
  const auto refuse = [](const std::string& text, const std::string& part) {
    CHECK_THROWS_WITH(zer0::tokenizer::from_json(text, "t.json"),
                      support::contains("t.json: " + part));
  };
  refuse("", "the file is empty");
  refuse("\x1f\x8b\x08", "the file is compressed with gzip; run gunzip");
  refuse("{\"model\": \"\xff\"}", "not valid JSON");
  refuse("{\"model\": \"\\ud800\"}", "not valid JSON");
  refuse(std::string(200'000, '['), "not valid JSON");
  refuse("[]", "is array; an object was expected");
  refuse("null", "is null; an object was expected");
  std::string nested = "{}";
  for (int i = 0; i < 50; ++i) nested = R"({"type":"Sequence","normalizers":[)" + nested + "]}";
  refuse(std::string(R"({"model":{"vocab":{"a":0},"merges":[]},"normalizer":)") + nested + "}",
         "normalizer");
}
