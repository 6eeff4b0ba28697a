#include "support/catch.hpp"
#include <zer0/text/detail/word_cache.hpp>

#include <numeric>
#include <random>
#include <string>

using zer0::detail::word_cache;

TEST_CASE("word_cache: finds what it keeps and nothing else", "[text][word_cache]") {
  word_cache cache;
  std::mt19937 random(9);
  for (int i = 0; i < 100'000; ++i) {
    std::string word(1 + random() % word_cache::max_bytes, 'a');
    for (char& c : word) c = static_cast<char>(random() % 3);
    const auto hash = word_cache::hash(word);
    const auto expected = static_cast<zer0::token_id>(
        std::accumulate(word.begin(), word.end(), 7 * static_cast<int>(word.size())));
    const auto* found = cache.find(word, hash);
    if (found != nullptr && (found->tokens != 1 || found->ids[0] != expected))
      FAIL_CHECK("another word's tokens");
    cache.insert(word, hash, &expected, 1);
    found = cache.find(word, hash);
    if (found == nullptr || found->ids[0] != expected) FAIL_CHECK("not kept");
  }
}

TEST_CASE("word_cache: words of too many tokens are not kept", "[text][word_cache]") {
  word_cache cache;
  const std::vector<zer0::token_id> many(word_cache::max_tokens + 1);
  cache.insert("word", word_cache::hash("word"), many.data(), many.size());
  CHECK(cache.find("word", word_cache::hash("word")) == nullptr);
  CHECK_FALSE(word_cache::fits(std::string(word_cache::max_bytes + 1, 'x')));
}
