#include "support/catch.hpp"
#include <zer0/text/detail/bpe.hpp>

#include <map>
#include <random>
#include <string>

namespace {

using zer0::token_id;
using zer0::detail::bpe;

struct rule {
  token_id left, right, result;
};

/// The definition: find the pair of lowest rank, leftmost, replace it, repeat.
std::vector<token_id> naive(const std::vector<rule>& rules, std::vector<token_id> ids) {
  while (true) {
    std::size_t best = rules.size();
    std::size_t place = 0;
    for (std::size_t i = 0; i + 1 < ids.size(); ++i) {
      for (std::size_t r = 0; r < best; ++r) {
        if (rules[r].left == ids[i] && rules[r].right == ids[i + 1]) {
          best = r;
          place = i;
        }
      }
    }
    if (best == rules.size()) return ids;
    ids[place] = rules[best].result;
    ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(place) + 1);
  }
}

bpe model(const std::vector<rule>& rules) {
  bpe result;
  result.merges = zer0::detail::merge_table(rules.size());
  for (int byte = 'a'; byte <= 'd'; ++byte) result.byte_ids[static_cast<std::size_t>(byte)] = byte;
  std::uint32_t rank = 0;
  for (const rule& r : rules) result.merges.set(r.left, r.right, {rank++, r.result});
  result.prepare();
  return result;
}

std::vector<token_id> encode(const bpe& model, std::string_view word) {
  zer0::detail::bpe_scratch scratch;
  std::vector<token_id> ids;
  model.encode(word, scratch, ids);
  return ids;
}

}  // namespace

TEST_CASE("bpe: short and long words give what the definition gives", "[text][bpe]") {
  std::mt19937 random(7);
  const auto below = [&](int n) { return std::uniform_int_distribution<int>(0, n - 1)(random); };
  for (int round = 0; round < 100; ++round) {
    std::vector<rule> rules;
    std::vector<token_id> known = {'a', 'b', 'c', 'd'};
    std::map<std::pair<token_id, token_id>, bool> taken;
    for (token_id next = 300; next < 330; ++next) {
      const token_id left = known[static_cast<std::size_t>(below(static_cast<int>(known.size())))];
      const token_id right = known[static_cast<std::size_t>(below(static_cast<int>(known.size())))];
      if (taken[{left, right}]) continue;
      taken[{left, right}] = true;
      rules.push_back({left, right, next});
      known.push_back(next);
    }
    std::shuffle(rules.begin(), rules.end(), random);
    const bpe tested = model(rules);
    for (const int length : {0, 1, 2, 3, 10, 95, 96, 97, 98, 200}) {
      std::string word;
      for (int i = 0; i < length; ++i)
        word += static_cast<char>('a' + below(length % 2 == 0 ? 4 : 2));
      CHECK(encode(tested, word) == naive(rules, {word.begin(), word.end()}));
    }
  }
}

TEST_CASE("bpe: a byte without token is dropped, unknown, or fused", "[text][bpe]") {
  bpe dropped = model({{'a', 'b', 300}});
  CHECK(encode(dropped, "axb") == std::vector<token_id>{300});
  CHECK(encode(dropped, "x").empty());
  bpe unknown = dropped;
  unknown.unknown = 9;
  unknown.prepare();
  CHECK(encode(unknown, "axxb") == std::vector<token_id>{'a', 9, 9, 'b'});
  unknown.fuse_unknown = true;
  CHECK(encode(unknown, "axxbx") == std::vector<token_id>{'a', 9, 'b', 9});
}
