#include "data/byte_tokenizer.hpp"
#include "support/catch.hpp"
#include <zer0/data/batches.hpp>
#include <zer0/data/detail/permutation.hpp>
#include <zer0/data/record_view.hpp>

#include <map>
#include <string>
#include <vector>

using support::byte_tokenizer;
using zer0::data_options;
using zer0::index_t;
using zer0::pretrain_data;
using zer0::pretrain_records;
using zer0::token_batch;
using zer0::token_id;

namespace {

/// Records and the text behind them. Record i has `lengths[i]` letters; '~' stands for a text that
/// has no tokens.
struct source {
  std::string jsonl;
  pretrain_records records;

  explicit source(const std::vector<int>& lengths)
      : jsonl(text(lengths)), records(jsonl, "memory") {}

  static std::string text(const std::vector<int>& lengths) {
    std::string jsonl;
    int number = 0;
    for (const int length : lengths) {
      std::string letters(1, '~');
      for (int i = 0; i < length; ++i) letters += static_cast<char>('A' + (number * 7 + i) % 57);
      for (char& c : letters)
        if (c == '\\') c = '/';
      jsonl += "{\"text\": \"" + letters + "\"}\n";
      ++number;
    }
    return jsonl;
  }

  /// The tokens of record i as byte_tokenizer has them.
  [[nodiscard]] std::vector<token_id> document(index_t i,
                                               const byte_tokenizer& tokenizer = {}) const {
    std::string letters;
    records.read(i, letters);
    std::vector<token_id> tokens;
    if (tokenizer.bos()) tokens.push_back(*tokenizer.bos());
    tokenizer.encode(letters, tokens, {.parse_special = false});
    if (tokenizer.eos()) tokens.push_back(*tokenizer.eos());
    return tokens;
  }
};

bool same(const token_batch& a, const token_batch& b) {
  return a.ids == b.ids && a.targets == b.targets && a.weights == b.weights && a.starts == b.starts;
}

std::vector<token_batch> rest_of_epoch(pretrain_data& data) {
  std::vector<token_batch> batches;
  token_batch batch;
  while (data.next(batch)) batches.push_back(batch);
  return batches;
}

/// What holds of every batch, whatever its mode.
void check_form(const token_batch& b, const data_options& options) {
  REQUIRE(b.tokens() > 0);
  REQUIRE(b.tokens() % options.seq == 0);
  REQUIRE(b.tokens() <= options.batch_size * options.seq);
  REQUIRE(b.targets.size() == b.ids.size());
  REQUIRE(b.weights.size() == b.ids.size());
  REQUIRE(b.starts.front() == 0);
  REQUIRE(b.starts.back() == b.tokens());
  REQUIRE(std::ranges::adjacent_find(b.starts, std::greater_equal<>()) ==
          b.starts.end());  // strictly growing
  for (index_t row = 0; row < b.tokens() / options.seq; ++row)
    REQUIRE(std::ranges::binary_search(b.starts, static_cast<std::int32_t>(row * options.seq)));
  for (std::size_t i = 0; i < b.ids.size(); ++i) {
    REQUIRE((b.weights[i] == 0.0f || b.weights[i] == 1.0f));
    REQUIRE((b.ids[i] >= 0 && b.targets[i] >= 0));
    // Inside a sequence and before a weighted target the target is the next input.
    const bool last = std::ranges::binary_search(b.starts, static_cast<std::int32_t>(i + 1));
    if (b.weights[i] == 1.0f && !last) REQUIRE(b.targets[i] == b.ids[i + 1]);
  }
}

const std::vector<std::vector<int>> awkward{
    {5},    {0},           {1, 1, 1},           {100},
    {0, 3}, {2, 9, 4, 13}, {7, 0, 0, 30, 1, 2}, {3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3}};

}  // namespace

TEST_CASE("pretrain_data: a padded row is the document, cut or filled up",
          "[data][pretrain_data]") {
  const source s({3, 10, 4, 5});
  const byte_tokenizer tokenizer;
  pretrain_data data(s.records, tokenizer, {.batch_size = 4, .seq = 6, .shuffle = false});
  CHECK(data.batches_per_epoch() == 1);
  CHECK(data.records() == 4);
  token_batch b;
  REQUIRE(data.next(b));
  check_form(b, {.batch_size = 4, .seq = 6});
  CHECK(b.starts == std::vector<std::int32_t>{0, 6, 12, 18, 24});
  const auto row = [](const auto& values, std::ptrdiff_t i) {
    return std::vector(values.begin() + 6 * i, values.begin() + 6 * (i + 1));
  };
  const std::vector<token_id> short_one = s.document(0);  // bos A B C eos
  CHECK(row(b.ids, 0) == std::vector<token_id>{1, short_one[1], short_one[2], short_one[3], 2, 0});
  CHECK(row(b.targets, 0) ==
        std::vector<token_id>{short_one[1], short_one[2], short_one[3], 2, 0, 0});
  CHECK(row(b.weights, 0) == std::vector<float>{1, 1, 1, 1, 0, 0});
  const std::vector<token_id> cut = s.document(1);  // 12 tokens, of which 7 are used
  CHECK(row(b.ids, 1) == std::vector(cut.begin(), cut.begin() + 6));
  CHECK(row(b.targets, 1) == std::vector(cut.begin() + 1, cut.begin() + 7));
  CHECK(row(b.weights, 1) == std::vector<float>(6, 1));
  CHECK(row(b.targets, 2).back() == 0);  // 6 tokens: the last one has no target
  CHECK(row(b.weights, 2) == std::vector<float>{1, 1, 1, 1, 1, 0});
  CHECK(row(b.targets, 3).back() == 2);  // 7 tokens: exactly one row
  CHECK(row(b.weights, 3) == std::vector<float>(6, 1));
  CHECK_FALSE(data.next(b));
}

TEST_CASE("pretrain_data: a real token whose id is the pad id is learned from",
          "[data][pretrain_data]") {
  const source s({3});
  byte_tokenizer tokenizer;
  tokenizer.pad_id = s.document(0)[2];
  pretrain_data data(s.records, tokenizer, {.batch_size = 1, .seq = 8});
  token_batch b;
  REQUIRE(data.next(b));
  CHECK(b.targets[1] == *tokenizer.pad_id);
  CHECK(b.weights == std::vector<float>{1, 1, 1, 1, 0, 0, 0, 0});
  CHECK(b.ids[7] == *tokenizer.pad_id);
}

TEST_CASE("pretrain_data: without a pad token eos fills up, without eos 0",
          "[data][pretrain_data]") {
  const source s({1});
  byte_tokenizer tokenizer;
  tokenizer.pad_id.reset();
  token_batch b;
  for (const bool packed : {false, true}) {
    pretrain_data(s.records, tokenizer, {.batch_size = 1, .seq = 5, .packed = packed}).next(b);
    CHECK(b.ids.back() == 2);
  }
  tokenizer.eos_id.reset();
  tokenizer.bos_id.reset();
  for (const bool packed : {false, true}) {
    pretrain_data(s.records, tokenizer, {.batch_size = 1, .seq = 5, .packed = packed}).next(b);
    CHECK(b.ids == std::vector<token_id>{'A' + 3, 0, 0, 0, 0});
    CHECK(b.target_tokens() == 0);
  }
}

TEST_CASE("pretrain_data: padded, every document is seen once an epoch, at every awkward size",
          "[data][pretrain_data]") {
  for (const auto& lengths : awkward)
    for (const index_t batch_size : {1, 2, 3, 100})
      for (const index_t seq : {1, 2, 5, 1000}) {
        const source s(lengths);
        const byte_tokenizer tokenizer;
        const data_options options{.batch_size = batch_size, .seq = seq, .seed = 3};
        pretrain_data data(s.records, tokenizer, options);
        std::multimap<std::vector<token_id>, int> expected;
        for (index_t i = 0; i < s.records.size(); ++i) {
          auto document = s.document(i);
          document.resize(
              std::min<std::size_t>(document.size(), static_cast<std::size_t>(seq) + 1));
          expected.emplace(document, 0);
        }
        std::multimap<std::vector<token_id>, int> seen;
        const auto batches = rest_of_epoch(data);
        CHECK(static_cast<index_t>(batches.size()) == data.batches_per_epoch());
        for (const token_batch& b : batches) {
          check_form(b, options);
          for (index_t row = 0; row < b.tokens() / seq; ++row) {
            const auto at = static_cast<std::size_t>(row * seq);
            std::vector<token_id> document{b.ids[at]};
            for (std::size_t i = at; i < at + static_cast<std::size_t>(seq) && b.weights[i] == 1.0f;
                 ++i)
              document.push_back(b.targets[i]);
            seen.emplace(document, 0);
          }
        }
        CHECK(seen == expected);
      }
}

TEST_CASE("pretrain_data: packed rows are the stream of documents, token for token",
          "[data][pretrain_data]") {
  for (const auto& lengths : awkward)
    for (const index_t batch_size : {1, 2, 100})
      for (const index_t seq : {1, 2, 5, 1000})
        for (const bool shuffle : {false, true}) {
          const source s(lengths);
          const byte_tokenizer tokenizer;
          const data_options options{.batch_size = batch_size,
                                     .seq = seq,
                                     .packed = true,
                                     .shuffle = shuffle,
                                     .seed = 3,
                                     .num_workers = 2};
          pretrain_data data(s.records, tokenizer, options);

          std::vector<token_id> stream;
          std::vector<token_id> targets;
          std::vector<std::size_t> starts;
          const zer0::detail::permutation order(3, 1, s.records.size());
          for (index_t i = 0; i < s.records.size(); ++i) {
            const auto document = s.document(shuffle ? order(i) : i);
            starts.push_back(stream.size());
            stream.insert(stream.end(), document.begin(), document.end());
            targets.insert(targets.end(), document.begin() + 1, document.end());
            targets.push_back(zer0::no_token);
          }
          CHECK(data.tokens_per_epoch() == static_cast<index_t>(stream.size()));

          data.seek(1, 0);
          std::size_t at = 0;
          const auto batches = rest_of_epoch(data);
          CHECK(static_cast<index_t>(batches.size()) == data.batches_per_epoch());
          for (const token_batch& b : batches) {
            check_form(b, options);
            if (&b != &batches.back()) CHECK(b.tokens() == batch_size * seq);
            for (std::size_t i = 0; i < b.ids.size(); ++i) {
              const bool real = at + i < stream.size();
              const bool learned = real && targets[at + i] != zer0::no_token;
              REQUIRE(b.ids[i] == (real ? stream[at + i] : 0));
              REQUIRE(b.weights[i] == (learned ? 1.0f : 0.0f));
              if (learned) REQUIRE(b.targets[i] == targets[at + i]);
              const bool begins = i % static_cast<std::size_t>(seq) == 0 ||
                                  std::ranges::binary_search(starts, at + i);
              if (real)
                REQUIRE(std::ranges::binary_search(b.starts, static_cast<std::int32_t>(i)) ==
                        begins);
            }
            at += b.ids.size();
          }
          CHECK(at >= stream.size());
          CHECK(at - stream.size() <
                static_cast<std::size_t>(seq));  // only the last row is filled up
        }
}

TEST_CASE("pretrain_data: texts without any token are left out when packed",
          "[data][pretrain_data]") {
  byte_tokenizer bare;
  bare.bos_id.reset();
  bare.eos_id.reset();
  const source s({0, 4, 0, 0, 3, 0});
  const data_options options{.batch_size = 1, .seq = 4, .packed = true, .shuffle = false};
  pretrain_data data(s.records, bare, options);
  const auto batches = rest_of_epoch(data);
  REQUIRE(batches.size() == 2);
  for (const token_batch& b : batches) check_form(b, options);
  CHECK(batches[1].starts == std::vector<std::int32_t>{0, 4});
  const source nothing({0, 0});
  CHECK_THROWS_WITH(pretrain_data(nothing.records, bare, options),
                    "memory: its texts have no tokens");
  pretrain_data padded(nothing.records, bare, {.batch_size = 2, .seq = 3});
  token_batch b;
  REQUIRE(padded.next(b));
  CHECK(b.target_tokens() == 0);
}

TEST_CASE("pretrain_data: what comes out does not depend on the number of workers",
          "[data][pretrain_data]") {
  std::vector<int> lengths;
  for (int i = 0; i < 300; ++i) lengths.push_back(i * 37 % 91);
  const source s(lengths);
  const byte_tokenizer tokenizer;
  for (const bool packed : {false, true}) {
    std::vector<token_batch> expected;
    for (const int workers : {0, 1, 2, 4}) {
      pretrain_data data(
          s.records, tokenizer,
          {.batch_size = 3, .seq = 20, .packed = packed, .seed = 9, .num_workers = workers});
      data.seek(2, 0);
      const auto batches = rest_of_epoch(data);
      if (workers == 0) expected = batches;
      CHECK(std::ranges::equal(batches, expected, same));
    }
  }
}

TEST_CASE("pretrain_data: seek gives what running there gives", "[data][pretrain_data]") {
  std::vector<int> lengths;
  for (int i = 0; i < 50; ++i) lengths.push_back(i * 37 % 91);
  const source s(lengths);
  const byte_tokenizer tokenizer;
  for (const bool packed : {false, true})
    for (const int workers : {0, 2}) {
      pretrain_data data(s.records, tokenizer,
                         {.batch_size = 3, .seq = 20, .packed = packed, .num_workers = workers});
      for (const index_t epoch : {0, 1}) {
        data.seek(epoch, 0);
        const auto expected = rest_of_epoch(data);
        for (index_t from = data.batches_per_epoch(); from >= 0; --from) {
          data.seek(epoch, from);
          const auto rest = rest_of_epoch(data);
          REQUIRE(
              std::equal(rest.begin(), rest.end(), expected.begin() + from, expected.end(), same));
        }
      }
    }
}

TEST_CASE("pretrain_data: epochs differ when shuffled and repeat when not",
          "[data][pretrain_data]") {
  const source s({5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16});
  const byte_tokenizer tokenizer;
  for (const bool packed : {false, true})
    for (const bool shuffle : {false, true}) {
      pretrain_data data(s.records, tokenizer,
                         {.batch_size = 2, .seq = 8, .packed = packed, .shuffle = shuffle});
      const auto first = rest_of_epoch(data);
      token_batch b;
      CHECK_FALSE(data.next(b));
      data.seek(1, 0);
      CHECK(std::ranges::equal(rest_of_epoch(data), first, same) != shuffle);
    }
}

TEST_CASE("pretrain_data: a view trains on its records only", "[data][pretrain_data]") {
  const source s({1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  const byte_tokenizer tokenizer;
  const auto parts = zer0::split(s.records, 0.3, 4);
  for (const bool packed : {false, true}) {
    pretrain_data val(parts.val, tokenizer,
                      {.batch_size = 1, .seq = 12, .packed = packed, .shuffle = false});
    CHECK(val.records() == 3);
    token_batch b;
    REQUIRE(val.next(b));
    const auto first = s.document(parts.val[0]);
    CHECK(std::equal(first.begin(), first.end(), b.ids.begin()));
  }
}

TEST_CASE("pretrain_data: a text that cannot be encoded is named with file and line",
          "[data][pretrain_data]") {
  std::string jsonl;
  for (int i = 0; i < 200; ++i)
    jsonl += i % 50 == 30 ? "\n{\"text\": \"a\\u0001\"}\n" : "{\"text\": \"abc\"}\n";
  const pretrain_records records(jsonl, "memory");
  const byte_tokenizer tokenizer;
  for (const int workers : {0, 1, 3}) {
    pretrain_data data(records, tokenizer,
                       {.batch_size = 10, .seq = 4, .shuffle = false, .num_workers = workers});
    token_batch b;
    for (int i = 0; i < 3; ++i) REQUIRE(data.next(b));
    for (int i = 0; i < 2; ++i)
      CHECK_THROWS_WITH(data.next(b), "memory:32: this byte has no token");
    data.seek(0, 4);
    CHECK(data.next(b));
    data.seek(0, 3);  // nothing of the failure is remembered as a result
    CHECK_THROWS_WITH(data.next(b), "memory:32: this byte has no token");
    CHECK_THROWS_WITH(pretrain_data(records, tokenizer, {.packed = true, .num_workers = workers}),
                      "memory:32: this byte has no token");
  }
}

TEST_CASE("pretrain_data: options out of range are refused with their value",
          "[data][pretrain_data]") {
  const source s({5});
  const byte_tokenizer tokenizer;
  const auto refusal = [&](const data_options& options) {
    try {
      pretrain_data data(s.records, tokenizer, options);
    } catch (const zer0::error& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  CHECK(refusal({.batch_size = 0}) == "batch_size is 0; it must be at least 1");
  CHECK(refusal({.seq = -3}) == "seq is -3; it must be at least 1");
  CHECK(refusal({.num_workers = -1}) == "num_workers is -1; it must be 0 or more");
  CHECK_THAT(refusal({.batch_size = 1 << 20, .seq = 1 << 20}),
             support::contains("is over 2147483647 tokens"));
  pretrain_data data(s.records, tokenizer, {});
  CHECK_THROWS_WITH(data.seek(-1, 0), support::contains("epoch -1"));
  CHECK_THROWS_WITH(data.seek(0, 2), support::contains("batch 2 is not one of the 1"));
}

TEST_CASE("pretrain_data: counting tells its progress", "[data][pretrain_data]") {
  const source s(std::vector<int>(1000, 3));
  const byte_tokenizer tokenizer;
  std::vector<double> told;
  const pretrain_data data(
      s.records, tokenizer,
      {.packed = true, .num_workers = 2, .progress = [&](double f) { told.push_back(f); }});
  CHECK(std::ranges::is_sorted(told));
  REQUIRE_FALSE(told.empty());
  CHECK(told.back() == 1.0);
}

TEST_CASE("pretrain_data: it ends at any moment without hanging", "[data][pretrain_data]") {
  const source s(std::vector<int>(64, 9));
  const byte_tokenizer tokenizer;
  for (int taken = 0; taken < 20; ++taken) {
    pretrain_data data(s.records, tokenizer,
                       {.batch_size = 2, .seq = 4, .packed = taken % 2 == 0, .num_workers = 3});
    token_batch b;
    for (int i = 0; i < taken; ++i) data.next(b);
  }
  SUCCEED();
}
