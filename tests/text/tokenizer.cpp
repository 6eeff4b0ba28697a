#include "support/catch.hpp"
#include "tokenizer_data.hpp"
#include <zer0/text/tokenizer.hpp>
#include <zer0/text/utf8.hpp>

#include <map>
#include <sstream>
#include <thread>

namespace {

using ids = std::vector<zer0::token_id>;

std::string streamed(const zer0::tokenizer& tok, const ids& tokens, bool skip_special) {
  zer0::stream_decoder decoder(tok, skip_special);
  std::string text;
  for (const zer0::token_id id : tokens) {
    const std::string piece = decoder.push(id);
    CHECK(zer0::find_invalid_utf8(piece) == std::string::npos);
    text += piece;
  }
  return text + decoder.flush();
}

void check_decode(const zer0::tokenizer& tok, const ids& tokens, bool skip_special,
                  const std::string& text) {
  CHECK(tok.decode(tokens, skip_special) == text);
  CHECK(streamed(tok, tokens, skip_special) == text);
}

}  // namespace

TEST_CASE(
    "tokenizer: each kind of pre-tokenizer, normalizer, template and unknown token gives the "
    "goldens' ids",
    "[text][tokenizer]") {
  std::istringstream lines(support::read_file(support::data_dir() / "tokenizer" / "goldens.jsonl"));
  int cases = 0;
  for (std::string line; std::getline(lines, line);) {
    const auto golden = nlohmann::json::parse(line);
    CAPTURE(golden["patch"].dump().substr(0, 300));
    const zer0::tokenizer tok = support::patched_tokenizer(golden["patch"]);
    for (const auto& c : golden["cases"]) {
      ++cases;
      const auto text = c[0].get<std::string>();
      const auto expected = c[1].get<ids>();
      const auto ids_or = [&](const nlohmann::json& other) {
        return other.is_null() ? expected : other.get<ids>();
      };
      const auto text_or = [&](const nlohmann::json& other) {
        return other.is_null() ? text : other.get<std::string>();
      };
      CAPTURE(text);
      CHECK(tok.encode(text) == expected);
      CHECK(tok.encode(text, {.parse_special = false}) == ids_or(c[2]));
      CHECK(tok.encode(text, {.add_special_tokens = true}) == ids_or(c[3]));
      check_decode(tok, expected, false, text_or(c[4]));
      check_decode(tok, expected, true, text_or(c[5]));
    }
    for (const auto& d : golden["decode"])
      check_decode(tok, d[0].get<ids>(), d[1].get<bool>(), d[2].get<std::string>());
  }
  CHECK(cases > 1000);
}

TEST_CASE("tokenizer: all published tokenizers give the goldens' ids and texts",
          "[text][tokenizer]") {
  const auto shared = support::shared_dir();
  if (!shared) {
    WARN("skipped: no shared folder");
    return;
  }
  std::istringstream lines(support::read_file(*shared / "tokenizers" / "goldens.jsonl"));
  std::map<std::string, std::optional<zer0::tokenizer>> loaded;
  int records = 0;
  for (std::string line; std::getline(lines, line);) {
    const auto golden = nlohmann::json::parse(line);
    const auto name = golden["tokenizer"].get<std::string>();
    if (!loaded.contains(name)) loaded[name] = support::published_tokenizer(name);
    if (!loaded[name]) continue;
    const zer0::tokenizer& tok = *loaded[name];
    CAPTURE(line.substr(0, 500));
    ++records;
    const auto expected = golden["ids"].get<ids>();
    const auto text = golden["text"].get<std::string>();
    if (golden["kind"] == "decode") {
      check_decode(tok, expected, golden["skip_special"].get<bool>(), text);
      continue;
    }
    const auto ids_or = [&](const char* key) {
      return golden.contains(key) ? golden[key].get<ids>() : expected;
    };
    CHECK(tok.encode(text) == expected);
    CHECK(tok.encode(text, {.parse_special = false}) == ids_or("ids_plain"));
    CHECK(tok.encode(text, {.add_special_tokens = true}) == ids_or("ids_template"));
    const std::string decoded = golden.value("decoded", text);
    check_decode(tok, expected, false, decoded);
    check_decode(tok, expected, true, golden.value("decoded_skip_special", decoded));
  }
  WARN("checked " << records << " records");
  CHECK(records >= 4 * 242);  // three of the seven need gzip
}

TEST_CASE("tokenizer: random text comes back from its tokens", "[text][tokenizer]") {
  std::mt19937 random(1);
  std::vector<zer0::tokenizer> all = {zer0::tokenizer(support::small_tokenizer_file())};
  for (const std::string_view name : support::published_tokenizers) {
    if (name == "qwen3") continue;  // normalizes
    if (auto tok = support::published_tokenizer(name)) all.push_back(*tok);
  }
  for (const zer0::tokenizer& tok : all) {
    for (int i = 0; i < 200; ++i) {
      const std::string text = support::random_text(random, 100);
      const ids tokens = tok.encode(text, {.parse_special = false});
      check_decode(tok, tokens, false, text);
    }
  }
}

TEST_CASE("tokenizer: threads that share one give what one thread gives", "[text][tokenizer]") {
  const zer0::tokenizer tok(support::small_tokenizer_file());
  std::mt19937 random(2);
  std::vector<std::string> texts;
  for (int i = 0; i < 300; ++i) texts.push_back(support::random_text(random, 60));
  std::vector<ids> alone;
  for (const std::string& text : texts) alone.push_back(tok.encode(text));
  std::vector<std::vector<ids>> results(3);
  std::vector<std::thread> threads;
  for (auto& result : results) {
    threads.emplace_back([&] {
      for (const std::string& text : texts) result.push_back(tok.encode(text));
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& result : results) CHECK(result == alone);
}

TEST_CASE("tokenizer: what was encoded before does not change a text's tokens",
          "[text][tokenizer]") {
  const zer0::tokenizer warm(support::small_tokenizer_file());
  std::mt19937 random(3);
  for (int i = 0; i < 20'000; ++i)
    (void)warm.encode(support::random_text(random, 8));  // more words than the cache holds
  for (int i = 0; i < 200; ++i) {
    const std::string text = support::random_text(random, 60);
    const ids first = warm.encode(text);
    CHECK(first == warm.encode(text));
    CHECK(first ==
          zer0::tokenizer::from_json(support::read_file(support::small_tokenizer_file()), "cold")
              .encode(text));
  }
}

TEST_CASE("tokenizer: encode appends", "[text][tokenizer]") {
  const zer0::tokenizer tok(support::small_tokenizer_file());
  ids tokens = {7};
  tok.encode("ships", tokens);
  tok.encode("", tokens);
  ids expected = tok.encode("ships");
  expected.insert(expected.begin(), 7);
  CHECK(tokens == expected);
}

TEST_CASE("tokenizer: tokens know their bytes, ids and whether they are special",
          "[text][tokenizer]") {
  const zer0::tokenizer tok(support::small_tokenizer_file());
  const auto end = tok.id_of("<|im_end|>");
  REQUIRE(end);
  CHECK(tok.is_special(*end));
  CHECK(tok.token_bytes(*end) == "<|im_end|>");
  const auto the = tok.id_of("Ġthe");
  REQUIRE(the);
  CHECK_FALSE(tok.is_special(*the));
  CHECK(tok.token_bytes(*the) == " the");
  CHECK_FALSE(tok.is_special(*tok.id_of("<sep>")));
  CHECK_FALSE(tok.id_of("not a token"));
  CHECK(tok.token_bytes(*tok.id_of("ð")) == "\xF0");
  for (const zer0::token_id none : {-1, static_cast<zer0::token_id>(tok.size()), 2'000'000'000}) {
    CHECK(tok.token_bytes(none).empty());
    CHECK_FALSE(tok.is_special(none));
  }
}

TEST_CASE("tokenizer: text that is not UTF-8 is refused with its offset", "[text][tokenizer]") {
  const zer0::tokenizer tok(support::small_tokenizer_file());
  CHECK_THROWS_WITH(tok.encode("abc\xC3"), support::contains("byte 195 at offset 3 of 4"));
  CHECK_THROWS_AS(tok.encode("\xED\xA0\x80"), zer0::error);  // a surrogate
  CHECK_THROWS_AS(tok.encode("\xC0\x80"), zer0::error);      // overlong
}

TEST_CASE("tokenizer: long words and long runs of white space take no quadratic time",
          "[text][tokenizer]") {
  const nlohmann::json pcre = {
      {"pre_tokenizer",
       {{"type", "Sequence"},
        {"pretokenizers",
         {{{"type", "Split"},
           {"pattern",
            {{"Regex", R"( ?\p{L}+|\p{N}{1,2}|\s*[\r\n]+|\s+(?!\S)|\s+|[^\s\p{L}\p{N}]+)"}}},
           {"behavior", "Isolated"},
           {"invert", false}},
          {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", false}}}}}}};
  constexpr std::size_t size = 1'000'000;  // quadratic would be hours
  for (const zer0::tokenizer& tok :
       {zer0::tokenizer(support::small_tokenizer_file()), support::patched_tokenizer(pcre)}) {
    std::string ships;
    while (ships.size() < size) ships += "ships";
    for (const std::string& text :
         {std::string(size, 'a'), std::string(size, ' ') + 'x', std::string(size, '\n'), ships,
          std::string(size, '<'), std::string(size, '7')}) {
      CHECK(tok.decode(tok.encode(text)) == text);
    }
  }
}

TEST_CASE("tokenizer: a text that continues another gets no space before its first word",
          "[text][tokenizer]") {
  const zer0::tokenizer tok = support::patched_tokenizer(
      {{"pre_tokenizer",
        {{"type", "ByteLevel"}, {"add_prefix_space", true}, {"use_regex", true}}}});
  const auto text = [&](const std::string& of) {
    return tok.decode(tok.encode(of, {.continues = true}));
  };
  CHECK(tok.decode(tok.encode("ships")) == " ships");
  CHECK(text("ships") == "ships");
  CHECK(text(" ships") == " ships");
  CHECK(text("ships<|im_end|>ships") == "ships<|im_end|> ships");
  CHECK(text("<|im_end|>ships") == "<|im_end|> ships");
  CHECK(text("ship <sep>ship") == "ship <sep> ship");
  const zer0::tokenizer plain(support::small_tokenizer_file());
  CHECK(plain.encode("the ships, 12", {.continues = true}) == plain.encode("the ships, 12"));
}

TEST_CASE("tokenizer: a text that spells out a special token is told from one that does not",
          "[text][tokenizer]") {
  const zer0::tokenizer tok(support::small_tokenizer_file());
  CHECK(tok.spells_special("a <|im_end|>"));
  CHECK(tok.spells_special("zebra<mask>"));
  CHECK_FALSE(tok.spells_special("<|im_end"));
  CHECK_FALSE(tok.spells_special("a <sep> zebra"));  // added tokens that are not special
  CHECK_FALSE(tok.spells_special(""));
  CHECK(tok.is_added(*tok.id_of("<sep>")));
  CHECK(tok.takes_space_after(*tok.id_of("<sep>")));
  CHECK(tok.is_added(*tok.id_of("<|im_end|>")));
  CHECK_FALSE(tok.takes_space_after(*tok.id_of("<|im_end|>")));
  CHECK_FALSE(tok.is_added(*tok.id_of("a")));
  nlohmann::json document = support::small_tokenizer_json();
  for (auto& token : document["added_tokens"]) token["normalized"] = true;
  CHECK(zer0::tokenizer::from_json(document.dump(), "normalized.json")
            .spells_special("a <|im_end|>"));
}

TEST_CASE("stream_decoder: a character split over tokens appears when its last byte does",
          "[text][stream_decoder]") {
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

TEST_CASE(
    "stream_decoder: special tokens are left out by default, between the bytes of a character too",
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
  std::uniform_int_distribution<zer0::token_id> any(-2,
                                                    static_cast<zer0::token_id>(tok.size()) + 2);
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
