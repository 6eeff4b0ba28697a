#include "support/catch.hpp"
#include "support/preference_pairs.hpp"

#include <algorithm>
#include <string>
#include <vector>

using namespace zer0;
using support::pair_line;
using support::pairs_encoder;
using support::pairs_tokenizer;

namespace {

std::vector<token_batch> epoch_of(preference_data& data, index_t epoch, index_t from = 0) {
  std::vector<token_batch> batches;
  data.seek(epoch, from);
  for (token_batch b; data.next(b);) batches.push_back(b);
  return batches;
}

bool same(const token_batch& a, const token_batch& b) {
  return a.ids == b.ids && a.targets == b.targets && a.weights == b.weights &&
         a.starts == b.starts && a.references == b.references;
}
bool same(const std::vector<token_batch>& a, const std::vector<token_batch>& b) {
  return std::ranges::equal(a, b, [](const auto& x, const auto& y) { return same(x, y); });
}

/// What is read, and what is learned, of sequence s.
std::pair<std::string, std::string> texts(const token_batch& b, std::size_t s) {
  std::vector<token_id> read;
  std::vector<token_id> learned;
  for (auto i = static_cast<std::size_t>(b.starts[s]);
       i < static_cast<std::size_t>(b.starts[s + 1]); ++i) {
    read.push_back(b.ids[i]);
    if (b.weights[i] > 0) learned.push_back(b.targets[i]);
  }
  return {pairs_tokenizer().decode(read), pairs_tokenizer().decode(learned)};
}

}  // namespace

TEST_CASE(
    "preference_data: both answers of a pair follow one another, and the answers alone are learned",
    "[data][preference_data]") {
  const std::string text =
      pair_line("a question", "yes it is", "no") + pair_line("two", "2 ships", "three");
  const preference_records records(text, "memory");
  preference_data data(records, pairs_encoder(), {.batch_size = 2, .seq = 100, .shuffle = false});
  const auto batches = epoch_of(data, 0);
  REQUIRE(batches.size() == 1);
  const token_batch& b = batches[0];
  REQUIRE(b.sequences() == 4);
  CHECK(b.references.empty());
  const std::string begin = "<|im_start|>user\na question<|im_end|>\n<|im_start|>assistant\n";
  CHECK(texts(b, 0) ==
        std::pair<std::string, std::string>{begin + "yes it is", "yes it is<|im_end|>"});
  CHECK(texts(b, 1) == std::pair<std::string, std::string>{begin + "no", "no<|im_end|>"});
  CHECK(texts(b, 2).second == "2 ships<|im_end|>");
  CHECK(texts(b, 3).second == "three<|im_end|>");
  CHECK(data.counts().tokens == b.tokens());
}

TEST_CASE("preference_data: an earlier answer that both sides share is not learned",
          "[data][preference_data]") {
  const auto m = [](const char* role, const char* content) {
    return chat_json{{"role", role}, {"content", content}};
  };
  const chat_json shared{m("user", "a"), m("assistant", "old"), m("user", "b")};
  chat_json chosen = shared;
  chat_json rejected = shared;
  chosen.push_back(m("assistant", "new"));
  rejected.push_back(m("assistant", "bad"));
  const std::string text = chat_json{{"chosen", chosen}, {"rejected", rejected}}.dump() + "\n";
  const preference_records records(text, "memory");
  preference_data data(records, pairs_encoder(), {.seq = 100});
  const token_batch b = epoch_of(data, 0).at(0);
  CHECK(texts(b, 0).second == "new<|im_end|>");
  CHECK(texts(b, 1).second == "bad<|im_end|>");
}

TEST_CASE("preference_data: padded sequences have the same tokens and targets in rows of seq",
          "[data][preference_data]") {
  const std::string text = support::many_pairs(7);
  const preference_records records(text, "memory");
  preference_data packed(records, pairs_encoder(), {.batch_size = 3, .seq = 80});
  preference_data padded(records, pairs_encoder(), {.batch_size = 3, .seq = 80, .packed = false});
  CHECK(packed.fingerprint() == padded.fingerprint());
  const auto a = epoch_of(packed, 1);
  const auto b = epoch_of(padded, 1);
  REQUIRE(a.size() == 3);
  REQUIRE(b.size() == 3);
  for (std::size_t i = 0; i < a.size(); ++i) {
    REQUIRE(a[i].sequences() == b[i].sequences());
    CHECK(b[i].tokens() == 80 * b[i].sequences());
    for (std::size_t s = 0; s < static_cast<std::size_t>(a[i].sequences()); ++s) {
      CHECK(texts(a[i], s).second == texts(b[i], s).second);
      CHECK(texts(b[i], s).first.starts_with(texts(a[i], s).first));
    }
  }
}

TEST_CASE("preference_data: references go with their pairs in every order",
          "[data][preference_data]") {
  const std::string text = support::many_pairs(9);
  const preference_records records(text, "memory");
  preference_data data(records, pairs_encoder(), {.batch_size = 2, .seq = 60, .num_workers = 2});
  std::vector<double> references;
  std::vector<std::string> answers;
  token_batch b;
  for (index_t first = 0; first < data.pairs(); first += b.sequences() / 2) {
    data.in_order(first, b);
    CHECK(b.references.empty());
    for (std::size_t s = 0; s < static_cast<std::size_t>(b.sequences()); ++s) {
      references.push_back(-static_cast<double>(answers.size()));
      answers.push_back(texts(b, s).first);
    }
  }
  REQUIRE(answers.size() == 18);
  CHECK_THROWS_WITH(data.set_references({1.0, 2.0}), support::contains("2 references for 9 pairs"));
  data.set_references(references);
  std::vector<double> seen;
  for (const token_batch& batch : epoch_of(data, 3)) {
    REQUIRE(batch.references.size() == static_cast<std::size_t>(batch.sequences()));
    for (std::size_t s = 0; s < batch.references.size(); ++s) {
      seen.push_back(batch.references[s]);
      CHECK(answers[static_cast<std::size_t>(-batch.references[s])] == texts(batch, s).first);
    }
  }
  CHECK_FALSE(std::ranges::is_sorted(seen, std::greater<>()));
  std::ranges::sort(seen, std::greater<>());
  CHECK(seen == references);
}

TEST_CASE("preference_data: batches do not depend on the number of workers, and seek goes anywhere",
          "[data][preference_data]") {
  const std::string text = support::many_pairs(20);
  const preference_records records(text, "memory");
  preference_options options{.batch_size = 3, .seq = 60, .seed = 4, .num_workers = 0};
  preference_data alone(records, pairs_encoder(), options);
  const auto first = epoch_of(alone, 0);
  const auto third = epoch_of(alone, 2);
  CHECK(static_cast<index_t>(first.size()) == alone.batches_per_epoch());
  CHECK_FALSE(same(first, third));
  for (const int workers : {1, 3}) {
    options.num_workers = workers;
    preference_data data(records, pairs_encoder(), options);
    CHECK(same(epoch_of(data, 2), third));
    CHECK(same(epoch_of(data, 0, 4), {first.begin() + 4, first.end()}));
    CHECK(data.fingerprint() == alone.fingerprint());
  }
  CHECK_THROWS_WITH(alone.seek(0, 8), support::contains("is not one of the"));
}

TEST_CASE("preference_data: pairs that are cut, have no answer left or are refused are counted",
          "[data][preference_data]") {
  const std::string ships =
      " ship ship ship ship ship ship ship ship ship ship ship ship ship ship ship ship ship ship";
  std::string text = pair_line("q", "yes", "no") + pair_line("q", "yes" + ships + ships, "no") +
                     pair_line("q" + ships + ships, "yes", "no") +
                     pair_line("s", "yes", "no", "system");
  const preference_records records(text, "pairs.jsonl");
  const preference_options options{.seq = 24};
  CHECK_THROWS_WITH(preference_data(records, pairs_encoder(), options),
                    support::contains("pairs.jsonl:4: ") && support::contains("no system turn") &&
                        support::contains("set skip_bad_lines"));
  preference_options skipping = options;
  skipping.skip_bad_lines = true;
  preference_data data(records, pairs_encoder(), skipping);
  CHECK(data.counts().pairs == 2);
  CHECK(data.counts().cut == 1);
  CHECK(data.counts().skipped == 1);
  CHECK(data.counts().bad == 1);
  CHECK_THAT(data.counts().first_bad, support::contains("pairs.jsonl:4: "));
  skipping.seq = 60;
  CHECK(preference_data(records, pairs_encoder(), skipping).fingerprint() != data.fingerprint());
  skipping.seq = 2;
  CHECK_THROWS_WITH(preference_data(records, pairs_encoder(), skipping),
                    support::contains("no pair to learn from"));
}
