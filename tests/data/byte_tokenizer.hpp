// The smallest tokenizer that data sources accept: a token a byte.
#pragma once

#include <zer0/core/types.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace support {

struct byte_options {
  bool parse_special = true;
};

/// Byte b is token b + 3. A text with "\x01" in it cannot be encoded; '~' vanishes.
struct byte_tokenizer {
  std::optional<zer0::token_id> bos_id = 1;
  std::optional<zer0::token_id> eos_id = 2;
  std::optional<zer0::token_id> pad_id = 0;

  void encode(std::string_view text, std::vector<zer0::token_id>& tokens,
              byte_options options = {}) const {
    if (options.parse_special) throw std::logic_error("special tokens of data must stay text");
    for (const char c : text) {
      if (c == '\x01') throw std::runtime_error("this byte has no token");
      if (c != '~') tokens.push_back(static_cast<unsigned char>(c) + 3);
    }
  }

  [[nodiscard]] std::optional<zer0::token_id> bos() const { return bos_id; }
  [[nodiscard]] std::optional<zer0::token_id> eos() const { return eos_id; }
  [[nodiscard]] std::optional<zer0::token_id> pad() const { return pad_id; }
};

/// The same, counting how often it encodes. Copies count together.
struct counting_tokenizer : byte_tokenizer {
  std::shared_ptr<std::atomic<zer0::index_t>> calls =
      std::make_shared<std::atomic<zer0::index_t>>(0);

  void encode(std::string_view text, std::vector<zer0::token_id>& tokens,
              byte_options options = {}) const {
    ++*calls;
    byte_tokenizer::encode(text, tokens, options);
  }

  /// How often since the last time.
  [[nodiscard]] zer0::index_t counted() const { return calls->exchange(0); }
};

/// One that says which it is, so that what is counted by it can be kept.
struct known_tokenizer : counting_tokenizer {
  std::uint64_t number = 1;

  [[nodiscard]] std::uint64_t fingerprint() const { return number; }
};

}  // namespace support
