// What the tests of text share: the repository's small tokenizer, the optional published ones,
// random text.
#pragma once

#include "support/shared_dir.hpp"
#include "support/temp_dir.hpp"
#include <zer0/text/detail/utf8_text.hpp>
#include <zer0/text/tokenizer.hpp>

#include <nlohmann/json.hpp>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace support {

inline std::string read_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void write_file(const std::filesystem::path& file, std::string_view text) {
  std::ofstream(file, std::ios::binary) << text;
}

inline std::filesystem::path small_tokenizer_file() {
  return data_dir() / "tokenizer" / "tokenizer.json";
}

inline nlohmann::json small_tokenizer_json() {
  return nlohmann::json::parse(read_file(small_tokenizer_file()));
}

/// The small tokenizer changed by a JSON merge patch.
inline zer0::tokenizer patched_tokenizer(const nlohmann::json& patch) {
  nlohmann::json document = small_tokenizer_json();
  document.merge_patch(patch);
  return zer0::tokenizer::from_json(document.dump(), "patched.json");
}

inline constexpr std::array<std::string_view, 7> published_tokenizers = {
    "zer02llm", "minimind", "gpt2", "gpt2_digits", "llama3_1", "qwen3", "deepseek_v3"};

/// A published tokenizer from the optional data, unpacked if need be; nothing if the data or gzip
/// is missing.
inline std::optional<zer0::tokenizer> published_tokenizer(std::string_view name) {
  const auto shared = shared_dir();
  if (!shared || !std::filesystem::exists(*shared / "tokenizers" / name)) return std::nullopt;
  const std::filesystem::path folder = *shared / "tokenizers" / name;
  if (std::filesystem::exists(folder / "tokenizer.json")) return zer0::tokenizer(folder);
  const temp_dir unpacked;
  std::filesystem::copy(folder / "tokenizer_config.json", unpacked / "tokenizer_config.json");
  const std::string command = "gzip -dc '" + (folder / "tokenizer.json.gz").string() + "' > '" +
                              (unpacked / "tokenizer.json").string() + "' 2>/dev/null";
  if (std::system(command.c_str()) != 0) return std::nullopt;
  return zer0::tokenizer(unpacked.path());
}

/// `length` characters, often of one kind in a row, all of them assigned in Unicode 14.
inline std::string random_text(std::mt19937& random, int length) {
  const auto between = [&](char32_t low, char32_t high) {
    return std::uniform_int_distribution<char32_t>(low, high)(random);
  };
  const auto one_of = [&](std::u32string_view set) {
    return set[between(0, static_cast<char32_t>(set.size()) - 1)];
  };
  std::string text;
  char32_t kind = 0;
  for (int i = 0; i < length; ++i) {
    if (between(0, 3) == 0) kind = between(0, 9);
    char32_t c = U' ';
    switch (kind) {
      case 0:
        c = between(U'a', U'z');
        break;
      case 1:
        c = between(0x20, 0x7E);
        break;
      case 2:
        c = one_of(U" \n\r\t \u00a0\u2003\u3000\u0085\u2028\u180e\u200b");
        break;
      case 3:
        c = one_of(U"0123456789\u0663\u00b2\u2167\u00bd");
        break;
      case 4:
        c = between(0x4E00, 0x9FA5);
        break;
      case 5:
        c = one_of(U"'stmdrevlSTLD\u017f");
        break;
      case 6:
        c = between(0xA1, 0x24F);
        break;
      case 7:
        c = between(0x300, 0x36F);
        break;
      case 8:
        c = between(0x1F300, 0x1F5FF);
        break;
      default:
        c = one_of(U"!?.,;:-_()[]{}<|>/\\\"\u3002\u3001\u0000");
        break;
    }
    zer0::detail::append_utf8(text, c);
  }
  return text;
}

}  // namespace support
