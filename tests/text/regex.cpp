#include "support/catch.hpp"
#include <zer0/text/detail/regex.hpp>

#include <initializer_list>

namespace {

/// The first match of a pattern.
std::string first(std::string_view pattern, std::string_view text) {
  const zer0::detail::regex regex(pattern, "test");
  zer0::detail::regex_scratch scratch;
  std::size_t begin = 0;
  std::size_t end = 0;
  return regex.find(text, 0, begin, end, scratch) ? std::string(text.substr(begin, end - begin))
                                                  : "none";
}

}  // namespace

TEST_CASE("regex: classes mean what Oniguruma's mean", "[text][regex]") {
  CHECK(first(R"(\s)", "\u180e\u3000") ==
        "\u3000");  // U+180E has not been white space since Unicode 6.3
  CHECK(first(R"([\s])", "\u180e\u0085") == "\u0085");
  CHECK(first(R"(\S)", "\u3000\u180e") == "\u180e");
  CHECK(first(R"([\S])", " \u2028\u180e") == "\u180e");
  CHECK(first(R"(\v)", "\n\x0b") == "\x0b");
  CHECK(first(R"(\w+)", "-e\u0301_\u00b2-") == "e\u0301_\u00b2");
  CHECK(first(R"(\u0062)", "abc") == "b");
  CHECK(first(R"(x{)", "x{1}") == "x{");
  CHECK(first(R"(.+)", "a\rb\nc") == "a\rb");
  CHECK(first(R"(^b$)", "a\nb\nc") == "b");
  CHECK(first(R"(\p{Han}+)", "a\u3001\u4e00") ==
        "\u4e00");  // U+3001 is used with Han, but is not of it
}

TEST_CASE("regex: what would mean something else is refused by name", "[text][regex]") {
  for (const char* pattern :
       {"[a[b]]",  "[[:alpha:]]", "[a&&b]",  "[]a]",       R"(\h)",       R"(\R)",   R"(\1)",
        R"(\Z)",   R"(\G)",       R"([\b])", R"([\W])",    "a{,3}",       "a{1,3}+", "(?m:a)",
        "(?x) a",  "a(?i)b",      "(?#x)",   "(?<name>a)", "(*ANYCRLF)a", R"(\xff)", R"(\p{})",
        R"(\p{L)", R"(\pL)",      R"(\u12)", R"(\p{Any_)", "\\",          "(?"}) {
    CAPTURE(pattern);
    try {
      (void)zer0::detail::regex(pattern, "file.json: pre_tokenizer");
      FAIL_CHECK("accepted");
    } catch (const zer0::error& e) {
      CHECK_THAT(e.what(), support::contains("file.json: pre_tokenizer: the regex "));
    }
  }
}

TEST_CASE("regex: a pattern that is none is refused with its place", "[text][regex]") {
  CHECK_THROWS_WITH(zer0::detail::regex("(a", "here"),
                    support::contains("here: the regex '(a' is not valid"));
  CHECK_THROWS_AS(zer0::detail::regex("[a", "here"), zer0::error);
  CHECK_THROWS_AS(zer0::detail::regex("*", "here"), zer0::error);
  CHECK_THROWS_AS(zer0::detail::regex(R"(\p{Nonsense})", "here"), zer0::error);
  CHECK_THROWS_AS(zer0::detail::regex(std::string(100'000, 'a'), "here"), zer0::error);
}
