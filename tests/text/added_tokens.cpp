#include "support/catch.hpp"
#include <zer0/text/detail/added_tokens.hpp>

namespace {

using zer0::detail::added_token;
using zer0::detail::added_token_finder;

/// Text in parentheses, tokens as numbers.
std::string split(const std::vector<added_token>& tokens, std::string_view text,
                  bool parse_special = true) {
  added_token_finder finder;
  for (const added_token& token : tokens) finder.add(token.content, token);
  finder.prepare();
  std::string result;
  finder.split(
      text, parse_special, [&](std::string_view piece) { result.append("(").append(piece) += ')'; },
      [&](zer0::token_id id) { result += std::to_string(id); });
  return result;
}

added_token token(zer0::token_id id, std::string content) {
  added_token result;
  result.id = id;
  result.content = std::move(content);
  return result;
}

}  // namespace

TEST_CASE("added_tokens: the leftmost match wins, of those at one place the longest",
          "[text][added_tokens]") {
  const std::vector<added_token> tokens = {token(1, "ab"), token(2, "abc"), token(3, "bcd"),
                                           token(4, "x")};
  CHECK(split(tokens, "abcd") == "2(d)");
  CHECK(split(tokens, "abxabab") == "1411");
  CHECK(split(tokens, "zbcdabz") == "(z)31(z)");
  CHECK(split(tokens, "a") == "(a)");
  CHECK(split(tokens, "").empty());
  CHECK(split({}, "text") == "(text)");
}

TEST_CASE("added_tokens: many that share beginnings are told apart", "[text][added_tokens]") {
  std::vector<added_token> tokens;
  for (int i = 0; i < 800; ++i)
    tokens.push_back(token(i, "<|reserved_" + std::to_string(i) + "|>"));
  CHECK(split(tokens, "<|reserved_7|><|reserved_77|>a<|reserved_777|><|reserved_7777|>") ==
        "777(a)777(<|reserved_7777|>)");
}

TEST_CASE("added_tokens: special ones stay text when asked to", "[text][added_tokens]") {
  added_token special = token(1, "<s>");
  special.special = true;
  CHECK(split({special, token(2, "<t>")}, "<s><t>") == "12");
  CHECK(split({special, token(2, "<t>")}, "<s><t>", false) == "(<s>)2");
}

TEST_CASE("added_tokens: single words have no word character beside them", "[text][added_tokens]") {
  added_token word = token(1, "zebra");
  word.single_word = true;
  CHECK(split({word}, "zebra zebras zebra, azebra \u00e9zebra zebra") ==
        "1( zebras )1(, azebra \u00e9zebra )1");
}

TEST_CASE("added_tokens: strip takes white space, but not another token's",
          "[text][added_tokens]") {
  added_token mask = token(1, "<m>");
  mask.lstrip = true;
  added_token sep = token(2, "<s>");
  sep.rstrip = true;
  CHECK(split({mask, sep}, "a \u3000<m> b <s> \n c") == "(a)1( b )2(c)");
  CHECK(split({mask, sep}, "<s>  <m>") == "21");
}
