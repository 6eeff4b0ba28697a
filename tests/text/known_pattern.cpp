#include "support/catch.hpp"
#include "tokenizer_data.hpp"
#include <zer0/text/detail/known_pattern.hpp>
#include <zer0/text/detail/pre_tokenizer.hpp>

namespace {

using namespace zer0::detail;

std::vector<std::string> pieces(split_step step, std::string_view text) {
  static pre_tokenizer_scratch scratch;
  pre_tokenizer cut;
  cut.add(std::move(step));
  std::vector<std::string> result;
  cut.split(text, scratch, [&](std::string_view piece) { result.emplace_back(piece); });
  return result;
}

}  // namespace

TEST_CASE("known_pattern: cuts random text where the regex does", "[text][known_pattern]") {
  std::mt19937 random(6);
  for (const std::string_view pattern : {gpt2_pattern, llama3_pattern, qwen_pattern}) {
    const auto known = known_pattern::find(pattern);
    REQUIRE(known);
    const regex compiled(pattern, "test");
    for (int i = 0; i < 4000; ++i) {
      const std::string text = support::random_text(random, 25);
      CHECK(pieces({*known}, text) == pieces({compiled}, text));
    }
  }
}

TEST_CASE("known_pattern: agrees with the regex on every character of Unicode 14",
          "[text][known_pattern]") {
  for (const std::string_view pattern : {gpt2_pattern, llama3_pattern}) {
    const auto known = known_pattern::find(pattern);
    const regex compiled(pattern, "test");
    int different = 0;
    for (char32_t code = 0; code < 0x30000; ++code) {
      const bool surrogate = code >= 0xD800 && code < 0xE000;
      // The libraries may know different versions of Unicode: leave out what is unassigned or was
      // added lately.
      if (surrogate ||
          utf8proc_category(static_cast<utf8proc_int32_t>(code)) == UTF8PROC_CATEGORY_CN)
        continue;
      if (classify_recent(code) != char_class::other) continue;
      std::string text = "a1 ";
      zer0::detail::append_utf8(text, code);
      text += "b2";
      different += pieces({*known}, text) != pieces({compiled}, text);
    }
    CHECK(different == 0);
  }
}

TEST_CASE("known_pattern: any other pattern is not known", "[text][known_pattern]") {
  CHECK_FALSE(known_pattern::find(R"(\p{L}+)"));
  CHECK_FALSE(known_pattern::find(std::string(gpt2_pattern).append("|x")));
}
