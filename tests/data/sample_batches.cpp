#include "data/byte_tokenizer.hpp"
#include "support/catch.hpp"
#include <zer0/data/batches.hpp>

#include <algorithm>
#include <string>
#include <vector>

using support::counting_tokenizer;
using zer0::index_t;
using zer0::pretrain_data;
using zer0::pretrain_records;
using zer0::token_batch;

namespace {

/// Texts of 1 to 90 letters.
std::string texts(int n) {
  std::string lines;
  for (int i = 0; i < n; ++i)
    lines +=
        "{\"text\": \"" + std::string(static_cast<std::size_t>(i * 37 % 90 + 1), 'a') + "\"}\n";
  return lines;
}

/// Takes the rest of the epoch; how many batches it has.
index_t rest_of_epoch(pretrain_data& data) {
  token_batch b;
  index_t batches = 0;
  while (data.next(b)) ++batches;
  return batches;
}

}  // namespace

TEST_CASE("sample_batches: a record is encoded once an epoch, also one that spans many batches",
          "[data][sample_batches]") {
  const std::string lines = texts(60);
  const pretrain_records records(lines, "memory");
  for (const bool packed : {false, true})
    for (const bool shuffle : {false, true})
      for (const int workers : {0, 1, 2, 5}) {
        CAPTURE(packed, shuffle, workers);
        const counting_tokenizer tokenizer;
        pretrain_data data(records, tokenizer,
                           {.batch_size = 2,
                            .seq = 3,  // a text spans up to 15 batches
                            .packed = packed,
                            .shuffle = shuffle,
                            .num_workers = workers});
        CHECK(tokenizer.counted() == (packed ? 60 : 0));  // to know the lengths
        data.seek(3, 0);
        CHECK(rest_of_epoch(data) == data.batches_per_epoch());
        CHECK(tokenizer.counted() == 60);
        data.seek(4, 0);
        CHECK(rest_of_epoch(data) == data.batches_per_epoch());
        CHECK(tokenizer.counted() == 60);
      }
}

TEST_CASE("sample_batches: going on inside a text encodes it and those after it, once each",
          "[data][sample_batches]") {
  const std::string lines = texts(1) + texts(1) + "{\"text\": \"" + std::string(100, 'b') +
                            "\"}\n" + texts(1) + texts(1);  // 3 + 3 + 102 + 3 + 3 tokens
  const pretrain_records records(lines, "memory");
  for (const int workers : {0, 1, 4}) {
    CAPTURE(workers);
    const counting_tokenizer tokenizer;
    pretrain_data data(
        records, tokenizer,
        {.batch_size = 1, .seq = 5, .packed = true, .shuffle = false, .num_workers = workers});
    CHECK(tokenizer.counted() == 5);
    CHECK(data.batches_per_epoch() == 23);
    data.seek(0, 10);
    CHECK(rest_of_epoch(data) == 13);
    CHECK(tokenizer.counted() == 3);
  }
}

TEST_CASE("sample_batches: nothing is prepared before it is known where to begin",
          "[data][sample_batches]") {
  const std::string lines = texts(50);
  const pretrain_records records(lines, "memory");
  const counting_tokenizer tokenizer;
  { const pretrain_data unused(records, tokenizer, {.batch_size = 1, .num_workers = 3}); }
  CHECK(tokenizer.counted() == 0);
  pretrain_data data(records, tokenizer, {.batch_size = 1, .num_workers = 3});
  CHECK(rest_of_epoch(data) == 50);  // without a seek from the beginning
  CHECK(tokenizer.counted() == 50);
}

TEST_CASE("sample_batches: a file that is not as it was measured is an error with file and line",
          "[data][sample_batches]") {
  for (const int workers : {0, 2}) {
    std::string lines = texts(3);
    const pretrain_records records(lines, "memory");
    const support::byte_tokenizer tokenizer;
    pretrain_data data(
        records, tokenizer,
        {.batch_size = 1, .seq = 8, .packed = true, .shuffle = false, .num_workers = workers});
    lines[lines.rfind('a')] = '~';  // a token less
    token_batch b;
    const auto all = [&] { rest_of_epoch(data); };
    CHECK_THROWS_WITH(all(), "memory:3: the file was changed while it was in use");
    CHECK_THROWS_WITH(data.next(b), support::contains("memory:3: "));
  }
}

TEST_CASE("sample_batches: a batch keeps nothing of what its memory held",
          "[data][sample_batches]") {
  const std::string lines = texts(4);
  const pretrain_records records(lines, "memory");
  const support::byte_tokenizer tokenizer;
  for (const bool packed : {false, true}) {
    pretrain_data data(records, tokenizer,
                       {.batch_size = 4, .seq = 8, .packed = packed, .num_workers = 0});
    token_batch fresh;
    REQUIRE(data.next(fresh));
    token_batch used{.ids = std::vector<zer0::token_id>(1000, 7),
                     .targets = {1, 2, 3},
                     .weights = {5},
                     .starts = {9, 9},
                     .references = {1.0, 2.0}};
    data.seek(0, 0);
    REQUIRE(data.next(used));
    CHECK(used.ids == fresh.ids);
    CHECK(used.targets == fresh.targets);
    CHECK(used.weights == fresh.weights);
    CHECK(used.starts == fresh.starts);
    CHECK(used.references.empty());
  }
}
