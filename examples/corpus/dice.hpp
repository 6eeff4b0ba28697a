// Random choices that are the same on every machine.
#pragma once

#include <zer0/core/philox.hpp>

#include <cstddef>
#include <cstdint>

namespace corpus {

/// A stream of choices that belongs to one document: Philox words with the seed as key and (draw,
/// attempt, document) as counter, so that a document does not depend on those written before it.
class dice {
 public:
  dice(std::uint64_t seed, std::uint64_t document, std::uint32_t attempt)
      : key_(zer0::philox_key_of(seed)), document_(document), attempt_(attempt) {}

  /// A number in [0, n), n from 1 to 2^32: the upper half of word * n (bias below n / 2^32).
  std::size_t below(std::size_t n) {
    return static_cast<std::size_t>((std::uint64_t{word()} * n) >> 32);
  }

  /// True in `percent` of a hundred cases.
  bool chance(std::size_t percent) { return below(100) < percent; }

 private:
  std::uint32_t word() {
    if (used_ == 4) {
      words_ = zer0::philox4x32({block_++, attempt_, static_cast<std::uint32_t>(document_),
                                 static_cast<std::uint32_t>(document_ >> 32)},
                                key_);
      used_ = 0;
    }
    return words_[used_++];
  }

  zer0::philox_key key_;
  std::uint64_t document_;
  std::uint32_t attempt_;
  std::uint32_t block_ = 0;
  std::array<std::uint32_t, 4> words_{};
  std::size_t used_ = 4;
};

}  // namespace corpus
