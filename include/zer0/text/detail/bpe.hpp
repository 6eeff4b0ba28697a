// Byte-pair encoding: the merge table, and the merging of one word.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/core/types.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

namespace zer0::detail {

/// What two neighbours become, and how early. Lower ranks merge first.
struct merge {
  static constexpr std::uint32_t never = std::numeric_limits<std::uint32_t>::max();
  std::uint32_t rank = never;
  token_id result = no_token;
};

/// (left, right) -> merge: open addressing, at most half full.
class merge_table {
 public:
  explicit merge_table(std::size_t merges = 0) {
    std::size_t size = 16;
    while (size < 2 * merges) size *= 2;
    slots_.resize(size);
    shift_ = 64;
    for (std::size_t n = size; n > 1; n /= 2) --shift_;
    filter_.resize(size * filter_bits / 64);
  }

  /// A pair given twice keeps its last rank. Room is for as many pairs as the constructor was told.
  void set(token_id left, token_id right, merge value) {
    const std::uint64_t key = key_of(left, right);
    const std::uint64_t hash = hash_of(key);
    filter_[filter_bit(hash) / 64] |= std::uint64_t{1} << filter_bit(hash) % 64;
    std::size_t i = first(hash);
    while (slots_[i].key != key && slots_[i].key != empty) i = (i + 1) & (slots_.size() - 1);
    slots_[i] = {key, value};
  }

  [[nodiscard]] merge get(token_id left, token_id right) const {
    const std::uint64_t key = key_of(left, right);
    const std::uint64_t hash = hash_of(key);
    if ((filter_[filter_bit(hash) / 64] >> filter_bit(hash) % 64 & 1) == 0) return {};
    for (std::size_t i = first(hash);; i = (i + 1) & (slots_.size() - 1)) {
      if (slots_[i].key == key) return slots_[i].value;
      if (slots_[i].key == empty) return {};
    }
  }

 private:
  static constexpr std::uint64_t empty = ~std::uint64_t{0};  // ids are not negative, so no pair has this key

  struct slot {
    std::uint64_t key = empty;
    merge value;
  };

  static std::uint64_t key_of(token_id left, token_id right) {
    return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32 | static_cast<std::uint32_t>(right);
  }

  static std::uint64_t hash_of(std::uint64_t key) { return (key ^ key >> 29) * 0x9E3779B97F4A7C15ULL; }
  [[nodiscard]] std::size_t first(std::uint64_t hash) const { return static_cast<std::size_t>(hash >> shift_); }
  [[nodiscard]] std::size_t filter_bit(std::uint64_t hash) const {
    return static_cast<std::size_t>(hash >> (shift_ - 3));
  }

  // Most pairs that are asked for do not merge. One bit for each of 8 times as many hashes as slots tells so without
  // touching the slots, which are too many for the processor's near caches.
  static constexpr std::size_t filter_bits = 8;
  std::vector<std::uint64_t> filter_;
  std::vector<slot> slots_;
  int shift_ = 60;
};

/// Working memory of `bpe::encode`, one for each thread.
struct bpe_scratch {
  std::vector<token_id> ids;
  std::vector<merge> merges;  ///< of each symbol with its right neighbour
  std::vector<std::uint32_t> previous, next;
  std::vector<std::uint64_t> heap;  ///< rank * 2^32 + position, smallest on top
};

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

  std::array<token_id, 256> byte_ids;  ///< the token of each byte; no_token if the vocabulary lacks it
  merge_table merges;
  token_id unknown = no_token;  ///< stands for a byte without token; if no_token such bytes are dropped
  bool fuse_unknown = false;    ///< neighbouring unknown bytes make one token

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
  // Up to here scanning all ranks beats a heap.
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

  /// Again and again the pair of lowest rank, the leftmost of equals. `bytes`: the word if symbols are its bytes.
  void merge_short(bpe_scratch& scratch, const char* bytes) const {
    std::size_t n = scratch.ids.size();
    if (n < 2) return;
    token_id* const ids = scratch.ids.data();
    alignas(64) std::array<std::uint32_t, short_word + block> ranks;  // of each symbol with its right neighbour
    std::array<token_id, short_word> results;
    const auto note = [&](std::size_t i, merge m) {
      ranks[i] = m.rank;
      results[i] = m.result;
    };
    const auto look_up = [&](std::size_t i) { note(i, merges.get(ids[i], ids[i + 1])); };
    for (std::size_t i = 0; i + 1 < n; ++i) bytes != nullptr ? note(i, byte_pair(bytes + i)) : look_up(i);
    std::fill_n(ranks.data() + n - 1, block, merge::never);
    while (n > 1) {
      const std::size_t i = lowest(ranks.data(), n - 1);
      if (ranks[i] == merge::never) break;
      ids[i] = results[i];
      --n;
      for (std::size_t k = i + 1; k < n; ++k) ids[k] = ids[k + 1];
      for (std::size_t k = i + 1; k < n; ++k) ranks[k] = ranks[k + 1];
      for (std::size_t k = i + 1; k < n; ++k) results[k] = results[k + 1];
      ranks[n - 1] = merge::never;
      if (i + 1 < n) look_up(i);
      if (i > 0) look_up(i - 1);
    }
    scratch.ids.resize(n);
  }

  [[nodiscard]] merge byte_pair(const char* two) const {
    return byte_pairs_[static_cast<std::size_t>(static_cast<unsigned char>(two[0])) * 256 +
                       static_cast<unsigned char>(two[1])];
  }

  /// The index of the first of the lowest ranks. Behind them are `block` - 1 more that are `never`, so that whole
  /// blocks can be read, which compilers make vector instructions of.
  static std::size_t lowest(const std::uint32_t* ranks, std::size_t count) {
    std::array<std::uint32_t, block> low;
    low.fill(merge::never);
    for (std::size_t i = 0; i < count; i += block) {
      for (std::size_t k = 0; k < block; ++k) low[k] = std::min(low[k], ranks[i + k]);
    }
    const std::uint32_t best = *std::min_element(low.begin(), low.end());
    std::size_t i = 0;
    while (ranks[i] != best) ++i;
    return i;
  }

  /// The same order through a heap over a linked list. An entry is stale if the rank at its place has changed since.
  void merge_long(bpe_scratch& s) const {
    const std::size_t n = s.ids.size();
    require(n < merge::never, "a word of ", n, " bytes is too long to encode: the limit is 4 GiB; split the text");
    s.merges.assign(n, {});
    s.previous.resize(n);
    s.next.resize(n);
    s.heap.clear();
    for (std::size_t i = 0; i < n; ++i) {
      s.previous[i] = static_cast<std::uint32_t>(i) - 1;  // the first has `never`
      s.next[i] = i + 1 < n ? static_cast<std::uint32_t>(i + 1) : merge::never;
      if (i + 1 == n) break;
      s.merges[i] = merges.get(s.ids[i], s.ids[i + 1]);
      if (s.merges[i].rank != merge::never) s.heap.push_back(entry(s.merges[i].rank, i));
    }
    std::make_heap(s.heap.begin(), s.heap.end(), std::greater<>());
    while (!s.heap.empty()) {
      std::pop_heap(s.heap.begin(), s.heap.end(), std::greater<>());
      const std::uint64_t top = s.heap.back();
      s.heap.pop_back();
      const auto i = static_cast<std::uint32_t>(top & merge::never);
      if (s.merges[i].rank == top >> 32) merge_at(s, i);
    }
    std::size_t count = 0;
    for (std::uint32_t i = 0; i != merge::never; i = s.next[i]) s.ids[count++] = s.ids[i];
    s.ids.resize(count);
  }

  static std::uint64_t entry(std::uint32_t rank, std::size_t position) {
    return static_cast<std::uint64_t>(rank) << 32 | position;
  }

  void merge_at(bpe_scratch& s, std::uint32_t i) const {
    const std::uint32_t gone = s.next[i];
    s.ids[i] = s.merges[i].result;
    s.merges[gone].rank = merge::never;
    s.next[i] = s.next[gone];
    if (s.next[i] != merge::never) s.previous[s.next[i]] = i;
    look_up(s, i);
    if (s.previous[i] != merge::never) look_up(s, s.previous[i]);
  }

  void look_up(bpe_scratch& s, std::uint32_t i) const {
    s.merges[i] = s.next[i] == merge::never ? merge{} : merges.get(s.ids[i], s.ids[s.next[i]]);
    if (s.merges[i].rank == merge::never) return;
    s.heap.push_back(entry(s.merges[i].rank, i));
    std::push_heap(s.heap.begin(), s.heap.end(), std::greater<>());
  }

  std::vector<merge> byte_pairs_;  // of all pairs of bytes, which is where every word begins
};

}  // namespace zer0::detail
