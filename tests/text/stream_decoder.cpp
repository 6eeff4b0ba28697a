#include "support/catch.hpp"
#include "tokenizer_data.hpp"
#include <zer0/text/stream_decoder.hpp>

TEST_CASE("stream_decoder: a character split over tokens appears when its last byte does", "[text][stream_decoder]") {
  const zer0::tokenizer tok(support::small_tokenizer_file());
  zer0::stream_decoder decoder(tok);
  const auto ship = tok.encode("\U0001F6A2");
  REQUIRE(ship.size() > 1);
  for (std::size_t i = 0; i + 1 < ship.size(); ++i) CHECK(decoder.push(ship[i]).empty());
  CHECK(decoder.push(ship.back()) == "\U0001F6A2");
  CHECK(decoder.flush().empty());
}

TEST_CASE("stream_decoder: a character that never becomes whole is one replacement character",
          "[text][stream_decoder]") {
  const zer0::tokenizer tok(support::small_tokenizer_file());
  zer0::stream_decoder decoder(tok);
  const auto ship = tok.encode("\U0001F6A2");
  CHECK(decoder.push(ship[0]).empty());
  CHECK(decoder.push(*tok.id_of("a")) == "\uFFFDa");
  CHECK(decoder.push(ship[0]).empty());
  CHECK(decoder.flush() == "\uFFFD");
  CHECK(decoder.flush().empty());
}

TEST_CASE("stream_decoder: special tokens are left out by default, between the bytes of a character too",
          "[text][stream_decoder]") {
  const zer0::tokenizer tok(support::small_tokenizer_file());
  zer0::stream_decoder quiet(tok);
  zer0::stream_decoder loud(tok, false);
  CHECK(quiet.push(*tok.id_of("<|im_end|>")).empty());
  CHECK(loud.push(*tok.id_of("<|im_end|>")) == "<|im_end|>");
}

TEST_CASE("stream_decoder: pieces of random tokens join to decode()", "[text][stream_decoder]") {
  const zer0::tokenizer tok(support::small_tokenizer_file());
  std::mt19937 random(4);
  std::uniform_int_distribution<zer0::token_id> any(-2, static_cast<zer0::token_id>(tok.size()) + 2);
  for (int i = 0; i < 500; ++i) {
    std::vector<zer0::token_id> tokens(20);
    for (zer0::token_id& id : tokens) id = any(random);
    for (const bool skip : {false, true}) {
      zer0::stream_decoder decoder(tok, skip);
      std::string text;
      for (const zer0::token_id id : tokens) text += decoder.push(id);
      CHECK(text + decoder.flush() == tok.decode(tokens, skip));
    }
  }
}
