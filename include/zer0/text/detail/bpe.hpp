// Byte-level byte-pair encoding: the alphabet that spells bytes, and the merging of one word.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/core/types.hpp>
#include <zer0/text/detail/token_pairs.hpp>
#include <zer0/text/utf8.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace zer0::detail {

/// The byte-level alphabet: 256 printable characters that stand for the 256 bytes in vocabularies
/// of the GPT-2 kind. Bytes that are printable in Latin-1 stand for themselves; the other 68, in
/// order, are U+0100, U+0101, ...
inline const std::array<char32_t, 256>& byte_level_alphabet() {
  static const std::array<char32_t, 256> alphabet = [] {
    std::array<char32_t, 256> map{};
    char32_t next = 0x100;
    for (char32_t byte = 0; byte < 256; ++byte) {
      const bool printable =
          (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
      map[byte] = printable ? byte : next++;
    }
    return map;
  }();
  return alphabet;
}

/// The byte that a character of the alphabet stands for; nothing for other characters.
inline std::optional<unsigned char> byte_level_byte(char32_t code) {
  static const std::array<int, 0x144> bytes = [] {
    std::array<int, 0x144> map{};
    map.fill(-1);
    for (int byte = 0; byte < 256; ++byte)
      map[byte_level_alphabet()[static_cast<std::size_t>(byte)]] = byte;
    return map;
  }();
  if (code >= bytes.size() || bytes[code] < 0) return std::nullopt;
  return static_cast<unsigned char>(bytes[code]);
}

/// The bytes that a token spells; nothing if a character of it is outside the alphabet. `token` is
/// valid UTF-8.
inline std::optional<std::string> byte_level_decode(std::string_view token) {
  std::string bytes;
  const char* const end = token.data() + token.size();
  for (const char* p = token.data(); p < end;) {
    const utf8_char c = read_utf8(p, end);
    const std::optional<unsigned char> byte = byte_level_byte(c.code);
    if (!byte) return std::nullopt;
    bytes.push_back(static_cast<char>(*byte));
    p += c.length;
  }
  return bytes;
}

/// Working memory of `bpe::encode`, one for each thread.
struct bpe_scratch {
  std::vector<token_id> ids;
  std::vector<bpe_merge> merges;  ///< of each symbol with its right neighbour
  std::vector<std::uint32_t> previous, next;
  std::vector<std::uint64_t> heap;  ///< rank * 2^32 + position, smallest on top
};

/// The merging of words.
class bpe {
 public:
  bpe() { byte_ids.fill(no_token); }

  /// Must be called when bytes and merges are complete, before the first encode.
  void prepare() {
    byte_pairs_.resize(std::size_t{256} * 256);
    for (std::size_t i = 0; i < byte_pairs_.size(); ++i) {
      const token_id left = byte_ids[i / 256] == no_token ? unknown : byte_ids[i / 256];
      const token_id right = byte_ids[i % 256] == no_token ? unknown : byte_ids[i % 256];
      if (left != no_token && right != no_token) byte_pairs_[i] = merges.get(left, right);
    }
  }

  std::array<token_id, 256>
      byte_ids;  ///< the token of each byte; no_token if the vocabulary lacks it
  merge_table merges;
  token_id unknown =
      no_token;  ///< stands for a byte without token; if no_token such bytes are dropped
  bool fuse_unknown = false;  ///< neighbouring unknown bytes make one token

  /// Appends the tokens of one word (a piece that no merge crosses). O(n log n) for n bytes.
  void encode(std::string_view word, bpe_scratch& scratch, std::vector<token_id>& to) const {
    std::vector<token_id>& ids = scratch.ids;
    symbols(word, ids);
    if (ids.size() <= short_word)
      merge_short(scratch, ids.size() == word.size() ? word.data() : nullptr);
    else
      merge_long(scratch);
    to.insert(to.end(), ids.begin(), ids.end());
  }

 private:
  // Up to this many tokens, looking at all ranks for each merge is faster than a heap.
  static constexpr std::size_t short_word = 96;
  static constexpr std::size_t block = 8;

  void symbols(std::string_view word, std::vector<token_id>& ids) const {
    ids.resize(word.size());
    std::size_t count = 0;
    bool after_unknown = false;
    for (const char c : word) {
      const token_id id = byte_ids[static_cast<unsigned char>(c)];
      const bool is_unknown = id == no_token;
      const bool skip = is_unknown && (unknown == no_token || (fuse_unknown && after_unknown));
      if (!skip) ids[count++] = is_unknown ? unknown : id;
      after_unknown = is_unknown;
    }
    ids.resize(count);
  }

  /// Merges the pair of lowest rank, the leftmost of equals, until no pair merges. `bytes`: the
  /// word if its symbols are its bytes, else null.
  void merge_short(bpe_scratch& scratch, const char* bytes) const {
    std::size_t n = scratch.ids.size();
    if (n < 2) return;
    token_id* const ids = scratch.ids.data();
    alignas(64) std::array<std::uint32_t, short_word + block>
        ranks;  // of each symbol with its right neighbour
    std::array<token_id, short_word> results;
    const auto note = [&](std::size_t i, bpe_merge m) {
      ranks[i] = m.rank;
      results[i] = m.result;
    };
    const auto look_up = [&](std::size_t i) { note(i, merges.get(ids[i], ids[i + 1])); };
    for (std::size_t i = 0; i + 1 < n; ++i)
      bytes != nullptr ? note(i, byte_pair(bytes + i)) : look_up(i);
    std::fill_n(ranks.data() + n - 1, block, bpe_merge::never);
    while (n > 1) {
      const std::size_t i = lowest(ranks.data(), n - 1);
      if (ranks[i] == bpe_merge::never) break;
      ids[i] = results[i];
      --n;
      for (std::size_t k = i + 1; k < n; ++k) ids[k] = ids[k + 1];
      for (std::size_t k = i + 1; k < n; ++k) ranks[k] = ranks[k + 1];
      for (std::size_t k = i + 1; k < n; ++k) results[k] = results[k + 1];
      ranks[n - 1] = bpe_merge::never;
      if (i + 1 < n) look_up(i);
      if (i > 0) look_up(i - 1);
    }
    scratch.ids.resize(n);
  }

  [[nodiscard]] bpe_merge byte_pair(const char* two) const {
    return byte_pairs_[static_cast<std::size_t>(static_cast<unsigned char>(two[0])) * 256 +
                       static_cast<unsigned char>(two[1])];
  }

  /// The index of the lowest rank, the first of equals. Behind the ranks come `block` - 1 more that
  /// are `never`, so that whole blocks can be read, for which compilers use vector instructions.
  static std::size_t lowest(const std::uint32_t* ranks, std::size_t count) {
    std::array<std::uint32_t, block> low;
    low.fill(bpe_merge::never);
    for (std::size_t i = 0; i < count; i += block) {
      for (std::size_t k = 0; k < block; ++k) low[k] = std::min(low[k], ranks[i + k]);
    }
    const std::uint32_t best = *std::min_element(low.begin(), low.end());
    std::size_t i = 0;
    while (ranks[i] != best) ++i;
    return i;
  }

  /// Merges in the same order, with a heap over a linked list. An entry of the heap is stale if the
  /// rank at its position has changed since.
  void merge_long(bpe_scratch& s) const {
    const std::size_t n = s.ids.size();
    require(n < bpe_merge::never, "a word of ", n,
            " bytes is too long to encode: the limit is 4 GiB; split the text");
    s.merges.assign(n, {});
    s.previous.resize(n);
    s.next.resize(n);
    s.heap.clear();
    for (std::size_t i = 0; i < n; ++i) {
      s.previous[i] = static_cast<std::uint32_t>(i) - 1;  // the first has `never`
      s.next[i] = i + 1 < n ? static_cast<std::uint32_t>(i + 1) : bpe_merge::never;
      if (i + 1 == n) break;
      s.merges[i] = merges.get(s.ids[i], s.ids[i + 1]);
      if (s.merges[i].rank != bpe_merge::never) s.heap.push_back(entry(s.merges[i].rank, i));
    }
    std::make_heap(s.heap.begin(), s.heap.end(), std::greater<>());
    while (!s.heap.empty()) {
      std::pop_heap(s.heap.begin(), s.heap.end(), std::greater<>());
      const std::uint64_t top = s.heap.back();
      s.heap.pop_back();
      const auto i = static_cast<std::uint32_t>(top & bpe_merge::never);
      if (s.merges[i].rank == top >> 32) merge_at(s, i);
    }
    std::size_t count = 0;
    for (std::uint32_t i = 0; i != bpe_merge::never; i = s.next[i]) s.ids[count++] = s.ids[i];
    s.ids.resize(count);
  }

  static std::uint64_t entry(std::uint32_t rank, std::size_t position) {
    return static_cast<std::uint64_t>(rank) << 32 | position;
  }

  void merge_at(bpe_scratch& s, std::uint32_t i) const {
    const std::uint32_t gone = s.next[i];
    s.ids[i] = s.merges[i].result;
    s.merges[gone].rank = bpe_merge::never;
    s.next[i] = s.next[gone];
    if (s.next[i] != bpe_merge::never) s.previous[s.next[i]] = i;
    look_up(s, i);
    if (s.previous[i] != bpe_merge::never) look_up(s, s.previous[i]);
  }

  void look_up(bpe_scratch& s, std::uint32_t i) const {
    s.merges[i] =
        s.next[i] == bpe_merge::never ? bpe_merge{} : merges.get(s.ids[i], s.ids[s.next[i]]);
    if (s.merges[i].rank == bpe_merge::never) return;
    s.heap.push_back(entry(s.merges[i].rank, i));
    std::push_heap(s.heap.begin(), s.heap.end(), std::greater<>());
  }

  std::vector<bpe_merge> byte_pairs_;  // of all pairs of bytes: words begin as bytes
};

}  // namespace zer0::detail
