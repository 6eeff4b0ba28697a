#include "support/catch.hpp"
#include "tokenizer_data.hpp"
#include <zer0/text/detail/normalizer.hpp>

namespace {

using zer0::detail::normal_form;

std::string normalized(normal_form form, std::string_view text) {
  zer0::detail::normalizer normalizer;
  normalizer.add(form);
  std::string buffer;
  return std::string(normalizer(text, buffer));
}

/// utf8proc over the whole text at once.
std::string nfc_of_all(const std::string& text) {
  utf8proc_uint8_t* result = nullptr;
  const auto size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                   static_cast<utf8proc_ssize_t>(text.size()), &result,
                   static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  std::string copy(reinterpret_cast<const char*>(result), static_cast<std::size_t>(size));
  std::free(result);
  return copy;
}

}  // namespace

TEST_CASE("normalizer: the four forms differ as the standard says", "[text][normalizer]") {
  const std::string text =
      "e\u0301 \u212b \ufb01 \u1e9b\u0323";  // e + acute, Angstrom, fi, long s with dots
  CHECK(normalized(normal_form::nfc, text) == "\u00e9 \u00c5 \ufb01 \u1e9b\u0323");
  CHECK(normalized(normal_form::nfd, text) == "e\u0301 A\u030a \ufb01 \u017f\u0323\u0307");
  CHECK(normalized(normal_form::nfkc, text) == "\u00e9 \u00c5 fi \u1e69");
  CHECK(normalized(normal_form::nfkd, text) == "e\u0301 A\u030a fi s\u0323\u0307");
}

TEST_CASE("normalizer: text in normal form is not copied", "[text][normalizer]") {
  zer0::detail::normalizer normalizer;
  normalizer.add(normal_form::nfc);
  std::string buffer;
  const std::string text = "plain, \u00e9, \u4e2d\u6587, \uac00, \U0001F600";
  CHECK(normalizer(text, buffer).data() == text.data());
}

TEST_CASE("normalizer: composing only where needed equals composing everything",
          "[text][normalizer]") {
  std::mt19937 random(5);
  const std::u32string_view odd =
      U"ae\u0301\u0300\u0327\u0323\u1100\u1161\u11a8\uac00\u0344\u212b\u0958\u09c7\u09be\u3099"
      U"\u304b";
  std::uniform_int_distribution<std::size_t> any(0, odd.size() - 1);
  for (int i = 0; i < 3000; ++i) {
    std::string text = i % 2 == 0 ? support::random_text(random, 30) : "";
    for (int k = 0; k < 12; ++k) zer0::detail::append_utf8(text, odd[any(random)]);
    CHECK(normalized(normal_form::nfc, text) == nfc_of_all(text));
  }
}

TEST_CASE("normalizer: every code point after a letter and before a mark composes as in the whole",
          "[text][normalizer]") {
  for (char32_t code = 0; code < 0x30000; ++code) {
    if (code >= 0xD800 && code < 0xE000) continue;
    std::string text = "a";
    zer0::detail::append_utf8(text, code);
    text += "\u0301";
    if (normalized(normal_form::nfc, text) != nfc_of_all(text))
      FAIL_CHECK("code point " << static_cast<unsigned>(code));
  }
}
