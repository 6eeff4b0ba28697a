// Unicode normalization (NFC, NFD, NFKC, NFKD) that touches only the characters that need it.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/text/detail/utf8_text.hpp>
#include <zer0/text/utf8.hpp>

#include <utf8proc.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace zer0::detail {

enum class normal_form { nfc, nfd, nfkc, nfkd };

/// Normalizes with a list of forms, one after another (a tokenizer file's "normalizer").
class normalizer {
 public:
  void add(normal_form form) { forms_.push_back(form); }
  [[nodiscard]] bool empty() const { return forms_.empty(); }

  /// The normal form of valid UTF-8; `text` itself if it has it already, else kept in `buffer`.
  std::string_view operator()(std::string_view text, std::string& buffer) const {
    std::string_view now = text;
    for (const normal_form form : forms_) {
      if (unchanged(now, form)) continue;
      std::string result;
      if (!apply(now, form, result)) continue;
      buffer = std::move(result);
      now = buffer;
    }
    return now;
  }

 private:
  static bool compatible(normal_form form) {
    return form == normal_form::nfkc || form == normal_form::nfkd;
  }
  static bool composed(normal_form form) {
    return form == normal_form::nfc || form == normal_form::nfkc;
  }

  /// For each code point whether NFC leaves it as it is and never joins it to what stands before
  /// it: it is no combining mark and no second half of a composition. Text can be cut before such a
  /// character.
  static const std::vector<bool>& inert() {
    static const std::vector<bool> table = [] {
      std::vector<bool> result(0x110000, true);
      const auto exclude = [&](utf8proc_int32_t c) { result[static_cast<std::size_t>(c)] = false; };
      for (utf8proc_int32_t c = 0; c < 0x110000; ++c) {
        const utf8proc_property_t* property = utf8proc_get_property(c);
        if (property->combining_class != 0) exclude(c);
        if (c >= 0xAC00 && c <= 0xD7A3)
          continue;  // Hangul syllables decompose by arithmetic and compose again
        if (property->decomp_type != 0 ||
            property->decomp_seqindex == std::numeric_limits<utf8proc_uint16_t>::max())
          continue;
        utf8proc_int32_t parts[32];
        int boundary = 0;
        const utf8proc_ssize_t count = utf8proc_decompose_char(
            c, parts, 32, static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE),
            &boundary);
        if (count >= 2 && count <= 32) exclude(parts[count - 1]);
        utf8proc_int32_t recomposed[32];
        std::copy(parts, parts + 32, recomposed);
        const utf8proc_ssize_t back = utf8proc_normalize_utf32(
            recomposed, count, static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
        if (back != 1 || recomposed[0] != c) exclude(c);
      }
      for (utf8proc_int32_t c = 0x1160; c <= 0x11FF; ++c) exclude(c);  // Hangul vowels and finals
      return result;
    }();
    return table;
  }

  /// Whether no character of `text` can change: below U+0300 nothing is changed by NFC; below 0x80
  /// by none of the forms.
  static bool unchanged(std::string_view text, normal_form form) {
    const std::size_t plain = ascii_prefix(text);
    if (form != normal_form::nfc) return plain == text.size();
    const auto high = [](char c) { return static_cast<unsigned char>(c) >= 0xCC; };
    return std::none_of(text.begin() + static_cast<std::ptrdiff_t>(plain), text.end(), high);
  }

  /// Appends the normal form, or nothing and returns false if it is `text` itself.
  static bool apply(std::string_view text, normal_form form, std::string& to) {
    if (form != normal_form::nfc) return map(text, form, to), true;
    const std::vector<bool>& safe = inert();
    const char* const end = text.data() + text.size();
    const char* done = text.data();  // everything before it is written
    const char* p = text.data();
    const char* last_safe = p;  // where the piece that may have to change begins
    const auto skip_safe = [&] {
      while (p < end) {
        if (const std::size_t plain = ascii_prefix({p, static_cast<std::size_t>(end - p)})) {
          p += plain;
          last_safe = p - 1;
          continue;
        }
        const utf8_char c = read_utf8(p, end);
        if (!safe[c.code]) return;
        last_safe = p;
        p += c.length;
      }
    };
    for (skip_safe(); p < end; skip_safe()) {
      while (p < end && !safe[read_utf8(p, end).code]) p += read_utf8(p, end).length;
      to.append(done, last_safe);
      map({last_safe, static_cast<std::size_t>(p - last_safe)}, form, to);
      done = last_safe = p;
    }
    if (done == text.data()) return false;
    to.append(done, end);
    return true;
  }

  static void map(std::string_view text, normal_form form, std::string& to) {
    int options = UTF8PROC_STABLE;
    options |= composed(form) ? UTF8PROC_COMPOSE : UTF8PROC_DECOMPOSE;
    if (compatible(form)) options |= UTF8PROC_COMPAT;
    utf8proc_uint8_t* result = nullptr;
    const utf8proc_ssize_t size =
        utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                     static_cast<utf8proc_ssize_t>(text.size()), &result,
                     static_cast<utf8proc_option_t>(options));
    require(size >= 0, "Unicode normalization of ", text.size(),
            " bytes failed: ", utf8proc_errmsg(size));
    to.append(reinterpret_cast<const char*>(result), static_cast<std::size_t>(size));
    std::free(result);
  }

  std::vector<normal_form> forms_;
};

}  // namespace zer0::detail
