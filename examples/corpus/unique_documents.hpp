// Documents one after another, none of them twice.
#pragma once

#include "writer.hpp"
#include <zer0/core/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace corpus {

/// FNV-1a, 64 bits: a hash that is the same on every machine.
constexpr std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}

/// The documents of a seed. Each differs from all before it: one whose hash was seen is written
/// anew with other dice. (So two different texts with the same hash cost one of them its place,
/// which does no harm.) Memory: 8 bytes and a hash table's overhead a document.
class unique_documents {
 public:
  unique_documents(std::vector<world> worlds, std::uint64_t seed)
      : worlds_(std::move(worlds)), seed_(seed) {}

  /// Throws: zer0::error when the worlds hardly have another document.
  std::string next() {
    constexpr std::uint32_t most = 1000;
    for (std::uint32_t attempt = 0; attempt < most; ++attempt) {
      dice d(seed_, written_, attempt);
      std::string text = write_document(worlds_, d);
      if (!seen_.insert(fnv1a(text)).second) continue;
      ++written_;
      return text;
    }
    zer0::fail("corpus: after ", written_, " documents, ", most,
               " attempts gave none that is new; ask for fewer");
  }

 private:
  std::vector<world> worlds_;
  std::uint64_t seed_;
  std::uint64_t written_ = 0;
  std::unordered_set<std::uint64_t> seen_;
};

}  // namespace corpus
