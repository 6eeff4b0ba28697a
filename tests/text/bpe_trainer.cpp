// Goldens: tests/data/bpe_trainer, learned by Hugging Face's tokenizers
// (tests/interop/make_trained_tokenizers.py).
#include "support/catch.hpp"
#include "text/tokenizer_data.hpp"
#include <zer0/data/count_words.hpp>
#include <zer0/text/bpe_trainer.hpp>
#include <zer0/text/detail/word_cache.hpp>

#include <map>

using namespace support;
using zer0::token_id;

namespace {

using words = std::vector<std::string>;
const words usual{"<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>"};

std::filesystem::path golden(const std::string& name) { return data_dir() / "bpe_trainer" / name; }

zer0::trained_bpe train(const std::filesystem::path& file, const zer0::bpe_training& options) {
  return zer0::train_bpe(zer0::count_words({file}).parts, options);
}

zer0::trained_bpe train(const words& list, const zer0::bpe_training& options) {
  std::vector<zer0::word_counts> parts(1);
  for (const std::string& word : list) parts[0].add(word);
  return zer0::train_bpe(std::move(parts), options);
}

/// What `write_tokenizer` makes of it in this file.
std::string written(const zer0::trained_bpe& bpe, const std::string& file) {
  const temp_dir dir;
  zer0::write_tokenizer(dir / "tok", bpe);
  return read_file(dir / "tok" / file);
}

void check_same_file(const zer0::trained_bpe& bpe, const std::string& name) {
  CHECK((written(bpe, "tokenizer.json") == read_file(golden(name + ".tokenizer.json"))));
}

/// The definition, with nothing kept from one merge to the next.
zer0::trained_bpe train_slowly(const words& list, zer0::bpe_training options) {
  options.vocab_size = 256 + static_cast<zer0::index_t>(options.special_tokens.size());
  zer0::trained_bpe bpe = train(words{}, options);
  std::map<std::string, token_id> ids;
  for (std::size_t id = 0; id < bpe.tokens.size(); ++id)
    ids[bpe.tokens[id]] = static_cast<token_id>(id);
  std::vector<std::vector<token_id>> texts;
  for (const std::string& word : list) {
    texts.emplace_back();
    for (const char c : word) texts.back().push_back(ids.at(std::string(1, c)));
  }
  for (;;) {
    std::map<std::pair<token_id, token_id>, std::int64_t> counts;
    for (const auto& text : texts)
      for (std::size_t i = 1; i < text.size(); ++i) ++counts[{text[i - 1], text[i]}];
    const auto best =
        std::ranges::max_element(counts, {}, [](const auto& pair) { return pair.second; });
    if (best == counts.end()) return bpe;
    const auto [left, right] = best->first;
    bpe.merges.emplace_back(left, right);
    bpe.tokens.push_back(bpe.tokens[static_cast<std::size_t>(left)] +
                         bpe.tokens[static_cast<std::size_t>(right)]);
    for (auto& text : texts) {
      std::vector<token_id> merged;
      for (std::size_t i = 0; i < text.size(); ++i) {
        const bool here = i + 1 < text.size() && text[i] == left && text[i + 1] == right;
        merged.push_back(here ? static_cast<token_id>(bpe.tokens.size() - 1) : text[i]);
        i += here ? 1 : 0;
      }
      text = merged;
    }
  }
}

using counts = std::map<std::string, std::int64_t>;

counts counts_of(const zer0::word_counts& counted) {
  counts all;
  counted.each([&](std::string_view word, std::uint64_t hash, std::int64_t count) {
    CHECK(hash == zer0::detail::word_cache::hash(word));
    CHECK(all.emplace(word, count).second);
  });
  CHECK(all.size() == counted.size());
  return all;
}

}  // namespace

TEST_CASE("bpe_trainer: tokenizer.json is byte for byte that of Hugging Face's trainer",
          "[text][bpe_trainer]") {
  check_same_file(train(golden("english.txt"), {.vocab_size = 700, .special_tokens = usual}),
                  "english");
  check_same_file(train(golden("chinese.jsonl"), {.vocab_size = 600, .special_tokens = usual}),
                  "chinese");
}

TEST_CASE("bpe_trainer: its settings mean what they mean there", "[text][bpe_trainer]") {
  const words special{"<|endoftext|>", "the", "e", "Ġyou"};
  check_same_file(train(golden("english.txt"), {.vocab_size = 600,
                                                .min_frequency = 8,
                                                .max_token_length = 6,
                                                .special_tokens = special}),
                  "settings");
  check_same_file(train(golden("english.txt"), {.vocab_size = 5000, .min_frequency = 20}), "rare");
}

TEST_CASE("bpe_trainer: merges of larger texts are those of Hugging Face's trainer",
          "[text][bpe_trainer]") {
  const auto shared = shared_dir();
  if (!shared || !std::filesystem::exists(*shared / "data" / "pretrain_shakespeare.jsonl")) {
    WARN("skipped: no shared folder");
    return;
  }
  for (const auto& [file, name] : std::map<std::string, std::string>{
           {"pretrain_shakespeare.jsonl", "shakespeare"}, {"pretrain_poetry_zh.jsonl", "poetry"}}) {
    INFO(name);
    const auto bpe = train(*shared / "data" / file, {.vocab_size = 4000, .special_tokens = usual});
    CHECK(bpe.merges.size() == 3739);
    CHECK((written(bpe, "merges.txt") == read_file(golden(name + ".merges.txt"))));
  }
}

TEST_CASE("bpe_trainer: keeps the counts of pairs as counting them anew would",
          "[text][bpe_trainer]") {
  std::mt19937 random(1);
  for (int round = 0; round < 60; ++round) {
    const std::string letters = std::string("abcdef").substr(0, 1 + random() % 6);
    words list;
    for (unsigned n = 1 + random() % 30; n > 0; --n) {
      std::string word;
      for (unsigned parts = 1 + random() % 6; parts > 0; --parts)
        word += std::string(1 + random() % 4, letters[random() % letters.size()]);
      list.push_back(word);
    }
    const zer0::bpe_training options{.special_tokens = {"<s>"}};
    const auto quick = train(list, options);
    const auto slow = train_slowly(list, options);
    REQUIRE((quick.merges == slow.merges));
    REQUIRE((quick.tokens == slow.tokens));
  }
}

TEST_CASE("bpe_trainer: of equally frequent pairs the one with smaller ids is merged first",
          "[text][bpe_trainer]") {
  const auto bpe = train({"zy", "ab", "ac", "bz"}, {.vocab_size = 260});
  CHECK(std::vector(bpe.tokens.begin() + 256, bpe.tokens.end()) == words{"ab", "ac", "bz", "zy"});
}

TEST_CASE("bpe_trainer: how words are parted and ordered changes nothing", "[text][bpe_trainer]") {
  const zer0::bpe_training options{.vocab_size = 500, .special_tokens = usual};
  const auto whole = train(golden("english.txt"), options);
  zer0::word_counts all;
  for (const auto& part : zer0::count_words({golden("english.txt")}).parts)
    part.each(
        [&](std::string_view word, std::uint64_t, std::int64_t count) { all.add(word, count); });
  std::vector<std::pair<std::string, std::int64_t>> list;
  all.each([&](std::string_view word, std::uint64_t, std::int64_t count) {
    list.emplace_back(word, count);
  });
  std::mt19937 random(1);
  std::ranges::shuffle(list, random);
  std::vector<zer0::word_counts> parts(3);
  for (std::size_t i = 0; i < list.size(); ++i) {  // some words in two parts
    parts[i % 3].add(list[i].first, 1);
    if (list[i].second > 1) parts[(i + 1) % 3].add(list[i].first, list[i].second - 1);
  }
  const auto again = zer0::train_bpe(std::move(parts), options);
  CHECK((again.merges == whole.merges));
  CHECK((again.tokens == whole.tokens));
}

TEST_CASE("bpe_trainer: any text comes back from the tokens of a trained tokenizer",
          "[text][bpe_trainer]") {
  const temp_dir dir;
  zer0::write_tokenizer(
      dir / "tok", train(golden("chinese.jsonl"), {.vocab_size = 600, .special_tokens = usual}));
  const zer0::tokenizer tok(dir / "tok");
  std::mt19937 random(1);
  for (int i = 0; i < 2000; ++i) {
    const std::string text = random_text(random, static_cast<int>(random() % 60));
    const bool special = random() % 2 == 0;
    REQUIRE(tok.decode(tok.encode(text, {.parse_special = special})) == text);
  }
}

TEST_CASE("bpe_trainer: no texts give the bytes alone; progress ends at 1", "[text][bpe_trainer]") {
  std::vector<double> told;
  const auto bpe =
      zer0::train_bpe({}, {.vocab_size = 300, .progress = [&](double f) { told.push_back(f); }});
  CHECK(bpe.tokens.size() == 256);
  CHECK(bpe.merges.empty());
  CHECK(told == std::vector<double>{1.0});
  train(golden("english.txt"),
        {.vocab_size = 700, .progress = [&](double f) { told.push_back(f); }});
  CHECK(told.size() > 5);
  CHECK(std::ranges::is_sorted(told.begin() + 1, told.end()));
}

TEST_CASE("bpe_trainer: options that cannot be are refused in one sentence",
          "[text][bpe_trainer]") {
  const auto refused = [](zer0::bpe_training options, const std::string& part) {
    CHECK_THROWS_WITH(options.check(), contains(part));
    CHECK_THROWS_WITH(zer0::train_bpe({}, options), contains(part));
  };
  refused({.vocab_size = 260, .special_tokens = usual},
          "vocabulary size is 260; it must be at least 261");
  refused({.vocab_size = 256, .special_tokens = {"ab"}}, "at least 257");
  refused({.vocab_size = -1}, "vocabulary size is -1; it must be at least 256");
  refused({.vocab_size = zer0::index_t{1} << 31}, "the limit is 2147483647");
  refused({.max_token_length = -1}, "longest token is -1");
  refused({.special_tokens = {"<s>", "<s>"}}, "'<s>' is given twice");
  refused({.special_tokens = {""}}, "empty");
  refused({.special_tokens = {"\xff"}}, "not UTF-8");
  zer0::bpe_training{.vocab_size = 256, .special_tokens = {"a"}}.check();  // it is a byte as well
}

TEST_CASE("word_counts: a text is cut as GPT-2's pattern cuts it", "[text][word_counts]") {
  zer0::word_counts words;
  words.add_text("it's  here, here\n");
  words.add_text(" here 12");
  CHECK(counts_of(words) ==
        counts{{"it", 1}, {"'s", 1}, {" ", 1}, {" here", 3}, {",", 1}, {"\n", 1}, {" 12", 1}});
}

TEST_CASE("word_counts: many words of any bytes keep their counts", "[text][word_counts]") {
  std::mt19937 random(1);
  zer0::word_counts words;
  counts expected;
  for (int i = 0; i < 20000; ++i) {
    const std::string word = random_text(random, static_cast<int>(random() % 4));
    const std::int64_t times = 1 + static_cast<std::int64_t>(random() % 1000) * 10'000'000;
    words.add(word, times);
    expected[word] += times;
  }
  CHECK((counts_of(words) == expected));
  CHECK(words.memory() > words.size() * 24);
}
