#include "support/catch.hpp"
#include "text/tokenizer_data.hpp"
#include <zer0/text/word_counts.hpp>

#include <map>

namespace {

using counts = std::map<std::string, std::int64_t>;

counts counts_of(const zer0::word_counts& words) {
  counts all;
  words.each([&](std::string_view word, std::uint64_t hash, std::int64_t count) {
    CHECK(hash == zer0::detail::word_cache::hash(word));
    CHECK(all.emplace(word, count).second);
  });
  CHECK(all.size() == words.size());
  return all;
}

}  // namespace

TEST_CASE("word_counts: a text is cut as GPT-2's pattern cuts it", "[text][word_counts]") {
  zer0::word_counts words;
  words.add_text("it's  here, here\n");
  words.add_text(" here 12");
  CHECK(counts_of(words) == counts{{"it", 1}, {"'s", 1}, {" ", 1}, {" here", 3}, {",", 1}, {"\n", 1}, {" 12", 1}});
}

TEST_CASE("word_counts: many words of any bytes keep their counts", "[text][word_counts]") {
  std::mt19937 random(1);
  zer0::word_counts words;
  counts expected;
  for (int i = 0; i < 20000; ++i) {
    const std::string word = support::random_text(random, static_cast<int>(random() % 4));
    const std::int64_t times = 1 + static_cast<std::int64_t>(random() % 1000) * 10'000'000;
    words.add(word, times);
    expected[word] += times;
  }
  CHECK((counts_of(words) == expected));
  CHECK(words.memory() > words.size() * 24);
}
