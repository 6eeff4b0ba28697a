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
  }

  /// A pair given twice keeps its last rank. Room is for as many pairs as the constructor was told.
  void set(token_id left, token_id right, merge value) {
    const std::uint64_t key = key_of(left, right);
    std::size_t i = first(key);
    while (slots_[i].key != key && slots_[i].key != empty) i = (i + 1) & (slots_.size() - 1);
    slots_[i] = {key, value};
  }

  [[nodiscard]] merge get(token_id left, token_id right) const {
    const std::uint64_t key = key_of(left, right);
    for (std::size_t i = first(key);; i = (i + 1) & (slots_.size() - 1)) {
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

  [[nodiscard]] std::size_t first(std::uint64_t key) const {
    return static_cast<std::size_t>((key ^ key >> 29) * 0x9E3779B97F4A7C15ULL >> shift_);
  }

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

  std::array<token_id, 256> byte_ids;  ///< the token of each byte; no_token if the vocabulary lacks it
  merge_table merges;
  token_id unknown = no_token;  ///< stands for a byte without token; if no_token such bytes are dropped
  bool fuse_unknown = false;    ///< neighbouring unknown bytes make one token

  /// Appends the tokens of one word (a piece that no merge crosses). O(n log n) for n bytes.
  void encode(std::string_view word, bpe_scratch& scratch, std::vector<token_id>& to) const {
    std::vector<token_id>& ids = scratch.ids;
    symbols(word, ids);
    if (ids.size() <= short_word)
      merge_short(scratch);
    else
      merge_long(scratch);
    to.insert(to.end(), ids.begin(), ids.end());
  }

 private:
  // Up to here scanning all ranks beats a heap.
  static constexpr std::size_t short_word = 96;

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

  /// Again and again the pair of lowest rank, the leftmost of equals.
  void merge_short(bpe_scratch& scratch) const {
    std::size_t n = scratch.ids.size();
    if (n < 2) return;
    token_id* const ids = scratch.ids.data();
    std::array<std::uint32_t, short_word> ranks;  // of each symbol with its right neighbour
    std::array<token_id, short_word> results;
    const auto look_up = [&](std::size_t i) {
      const merge m = merges.get(ids[i], ids[i + 1]);
      ranks[i] = m.rank;
      results[i] = m.result;
    };
    for (std::size_t i = 0; i + 1 < n; ++i) look_up(i);
    while (n > 1) {
      const auto best = std::min_element(ranks.begin(), ranks.begin() + static_cast<std::ptrdiff_t>(n - 1));
      if (*best == merge::never) break;
      const auto i = static_cast<std::size_t>(best - ranks.begin());
      ids[i] = results[i];
      std::copy(ids + i + 2, ids + n, ids + i + 1);
      --n;
      std::copy(ranks.begin() + static_cast<std::ptrdiff_t>(i) + 1, ranks.begin() + static_cast<std::ptrdiff_t>(n),
                ranks.begin() + static_cast<std::ptrdiff_t>(i));
      std::copy(results.begin() + static_cast<std::ptrdiff_t>(i) + 1, results.begin() + static_cast<std::ptrdiff_t>(n),
                results.begin() + static_cast<std::ptrdiff_t>(i));
      if (i + 1 < n) look_up(i);
      if (i > 0) look_up(i - 1);
    }
    scratch.ids.resize(n);
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
};

}  // namespace zer0::detail
