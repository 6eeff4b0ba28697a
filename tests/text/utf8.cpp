#include "support/catch.hpp"
#include <zer0/text/detail/utf8_text.hpp>
#include <zer0/text/utf8.hpp>

#include <string>

namespace {

std::string lossy(std::string_view bytes) {
  std::string text;
  zer0::detail::append_lossy_utf8(text, bytes);
  return text;
}

}  // namespace

TEST_CASE("utf8: every code point is read back from what is written", "[text][utf8]") {
  for (char32_t code = 0; code < 0x110000; ++code) {
    if (code >= 0xD800 && code < 0xE000) continue;
    std::string text;
    zer0::detail::append_utf8(text, code);
    const zer0::utf8_char c = zer0::read_utf8(text.data(), text.data() + text.size());
    const bool same = c.valid && c.code == code && c.length == static_cast<int>(text.size());
    if (!same) FAIL_CHECK("code point " << static_cast<unsigned>(code));
  }
}

TEST_CASE("utf8: each maximal broken part becomes one replacement character", "[text][utf8]") {
  // The examples of the Unicode standard_attention, section 3.9, tables 3-8 to 3-11.
  CHECK(lossy("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41") ==
        "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\x41");
  CHECK(lossy("\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41") ==
        "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\x41");
  CHECK(lossy("\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42") ==
        "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\x41\uFFFD\uFFFD\x42");
  CHECK(lossy("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41") == "\uFFFD\uFFFD\uFFFD\uFFFD\x41");
  CHECK(lossy("plain, long enough for whole words \xC3\xA9") ==
        "plain, long enough for whole words \u00e9");
}

TEST_CASE("utf8: the first broken byte is found behind any number of plain ones", "[text][utf8]") {
  for (std::size_t n = 0; n < 40; ++n) {
    CHECK(zer0::find_invalid_utf8(std::string(n, 'a')) == std::string::npos);
    CHECK(zer0::find_invalid_utf8(std::string(n, 'a') + "\xFF" + std::string(20, 'b')) == n);
    CHECK(zer0::find_invalid_utf8(std::string(n, 'a') + "\u00e9\xE2\x82") == n + 2);
  }
}

TEST_CASE("utf8: a character cut by the end can be kept for later", "[text][utf8]") {
  std::string text;
  CHECK(zer0::detail::append_lossy_utf8(text, "ab\xF0\x9F\x9A", true) == 2);
  CHECK(text == "ab");
  CHECK(zer0::detail::append_lossy_utf8(text, "\xE2\x28\xA1", true) ==
        3);  // broken whatever follows
  CHECK(text == "ab\uFFFD(\uFFFD");
}

TEST_CASE("utf8: bytes are shown as characters, or as numbers where they are none that prints",
          "[text][utf8]") {
  CHECK(zer0::readable_bytes("a \u00e9\u732b") == "a \u00e9\u732b");
  CHECK(zer0::readable_bytes("\n\x7F\t") == "\\x0A\\x7F\\x09");
  CHECK(zer0::readable_bytes("a\xE7\x8C") == "a\\xE7\\x8C");
  CHECK(zer0::readable_bytes("\xFF!") == "\\xFF!");
  CHECK(zer0::readable_bytes(std::string(1, '\0')) == "\\x00");
}
