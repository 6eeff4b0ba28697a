#include "data/byte_tokenizer.hpp"
#include "support/catch.hpp"
#include "text/tokenizer_data.hpp"
#include <zer0/data/encoders.hpp>

#include <optional>
#include <string>
#include <vector>

using support::byte_tokenizer;
using zer0::document_encoder;
using ids = std::vector<zer0::token_id>;

TEST_CASE("document_encoder: begin token, text, end token, as far as there are",
          "[data][document_encoder]") {
  byte_tokenizer tokenizer;
  ids tokens{9, 9};
  document_encoder{tokenizer}("ab", tokens);
  CHECK(tokens == ids{1, 'a' + 3, 'b' + 3, 2});
  CHECK(document_encoder(tokenizer).pad() == 0);
  tokenizer.bos_id.reset();
  tokenizer.pad_id.reset();
  document_encoder{tokenizer}("ab", tokens);
  CHECK(tokens == ids{'a' + 3, 'b' + 3, 2});
  CHECK(document_encoder(tokenizer).pad() == 2);
  tokenizer.eos_id.reset();
  document_encoder{tokenizer}("", tokens);
  CHECK(tokens.empty());
  CHECK(document_encoder(tokenizer).pad() == 0);
}

TEST_CASE("document_encoder: special tokens in a text are text", "[data][document_encoder]") {
  const zer0::tokenizer tok(support::small_tokenizer_file());
  ids tokens;
  document_encoder{tok}("<|im_end|>", tokens);
  CHECK(std::ranges::count(tokens, *tok.id_of("<|im_end|>")) ==
        (tok.eos() == tok.id_of("<|im_end|>") ? 1 : 0));
}

TEST_CASE("document_encoder: the fingerprint is that of the tokenizer and its begin and end tokens",
          "[data][document_encoder]") {
  support::known_tokenizer tokenizer;
  const auto fingerprint = [&] { return document_encoder(tokenizer).fingerprint(); };
  const auto first = fingerprint();
  REQUIRE(first.has_value());
  CHECK(fingerprint() == first);
  tokenizer.number = 2;
  CHECK(fingerprint() != first);
  tokenizer.number = 1;
  tokenizer.eos_id.reset();
  CHECK(fingerprint() != first);
  tokenizer.eos_id = 3;
  CHECK(fingerprint() != first);
  CHECK_FALSE(document_encoder(byte_tokenizer()).fingerprint().has_value());
}

TEST_CASE("document_encoder: tokenizers of different files have different fingerprints",
          "[data][document_encoder]") {
  const auto fingerprint = [](const zer0::tokenizer& tok) {
    return *document_encoder(tok).fingerprint();
  };
  const zer0::tokenizer tok(support::small_tokenizer_file());
  CHECK(fingerprint(tok) == fingerprint(zer0::tokenizer(support::small_tokenizer_file())));
  nlohmann::json document = support::small_tokenizer_json();
  nlohmann::json& merges = document["model"]["merges"];
  REQUIRE(merges.size() > 2);
  std::swap(merges[0], merges[1]);
  const auto swapped = zer0::tokenizer::from_json(document.dump(), "swapped.json");
  CHECK(swapped.size() == tok.size());
  const auto same = zer0::tokenizer::from_json(support::small_tokenizer_json().dump(), "same.json");
  CHECK(fingerprint(swapped) != fingerprint(same));

  const support::temp_dir dir;  // the end token is said in another file
  support::write_file(dir / "tokenizer.json", support::small_tokenizer_json().dump());
  const auto alone = fingerprint(zer0::tokenizer(dir.path()));
  support::write_file(dir / "tokenizer_config.json", R"({"eos_token": "<|im_start|>"})");
  CHECK(fingerprint(zer0::tokenizer(dir.path())) != alone);
}
