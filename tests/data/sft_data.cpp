#include "support/catch.hpp"
#include "text/tokenizer_data.hpp"
#include <zer0/data/batches.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <numeric>
#include <set>
#include <string>
#include <vector>

using zer0::chat_records;
using zer0::conversation_encoder;
using zer0::index_t;
using zer0::sft_data;
using zer0::token_batch;
using zer0::token_id;

namespace {

const zer0::tokenizer& tok() {
  static const zer0::tokenizer t(support::small_tokenizer_file());
  return t;
}

/// Refuses conversations that begin with a word of the system.
conversation_encoder encoder() {
  return {tok(),
          zer0::chat_template("{% if messages[0].role == 'system' %}{{ raise_exception('no system "
                              "turn') }}{% endif %}{% for m in messages %}{{ '<|im_start|>' + "
                              "m.role + '\\n' + m.content + '<|im_end|>\\n' }}{% endfor %}{% if "
                              "add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}",
                              {{"eos_token", "<|im_end|>"}})};
}

std::string line(const std::string& question, const std::string& answer,
                 const std::string& role = "user") {
  return zer0::chat_json{{"messages",
                          {{{"role", role}, {"content", question}},
                           {{"role", "assistant"}, {"content", answer}}}}}
             .dump() +
         "\n";
}

/// Conversations of different lengths, each with its number in question and answer.
std::string many(int n) {
  std::string text;
  for (int i = 0; i < n; ++i) {
    std::string more;
    for (int k = i * 7 % 11; k > 0; --k) more += " ships";
    text += line("question " + std::to_string(i), "answer " + std::to_string(i) + more);
  }
  return text;
}

std::vector<token_batch> epoch_of(sft_data& data, index_t epoch, index_t from = 0) {
  std::vector<token_batch> batches;
  data.seek(epoch, from);
  for (token_batch b; data.next(b);) batches.push_back(b);
  return batches;
}

bool same(const token_batch& a, const token_batch& b) {
  return a.ids == b.ids && a.targets == b.targets && a.weights == b.weights && a.starts == b.starts;
}

bool same(const std::vector<token_batch>& a, const std::vector<token_batch>& b) {
  return std::ranges::equal(a, b, [](const auto& x, const auto& y) { return same(x, y); });
}

/// What is learned from each sequence of the batches, as texts.
std::multiset<std::string> learned(const std::vector<token_batch>& batches) {
  std::multiset<std::string> texts;
  for (const token_batch& b : batches) {
    for (index_t s = 0; s < b.sequences(); ++s) {
      std::vector<token_id> targets;
      for (auto i = static_cast<std::size_t>(b.starts[static_cast<std::size_t>(s)]);
           i < static_cast<std::size_t>(b.starts[static_cast<std::size_t>(s) + 1]); ++i)
        if (b.weights[i] == 1) targets.push_back(b.targets[i]);
      texts.insert(tok().decode(targets));
    }
  }
  return texts;
}

}  // namespace

TEST_CASE(
    "sft_data: a padded row is a conversation up to its last end token, then padding that nothing "
    "is learned from",
    "[data][sft_data]") {
  const std::string text = line("q", "ships") + line("question", "a");
  const chat_records records(text, "memory");
  sft_data data(records, encoder(), {.batch_size = 2, .seq = 40, .shuffle = false});
  const auto batches = epoch_of(data, 0);
  REQUIRE(batches.size() == 1);
  const token_batch& b = batches[0];
  CHECK(b.starts == std::vector<std::int32_t>{0, 40, 80});
  const std::vector<std::string> rows{
      "<|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\nships<|im_end|>",
      "<|im_start|>user\nquestion<|im_end|>\n<|im_start|>assistant\na<|im_end|>"};
  const std::vector<std::string> answers{"ships<|im_end|>", "a<|im_end|>"};
  for (std::size_t row = 0; row < 2; ++row) {
    const zer0::encoded_conversation sample = data.sample(static_cast<index_t>(row));
    CHECK(tok().decode(sample.tokens) == rows[row]);
    const std::size_t n = sample.tokens.size();
    const auto answer = tok().encode(answers[row]).size();
    for (std::size_t i = 0; i < 40; ++i) {
      const std::size_t at = row * 40 + i;
      CAPTURE(row, i);
      CHECK(b.ids[at] == (i < n - 1 ? sample.tokens[i] : encoder().pad()));
      CHECK(b.targets[at] == (i < n - 1 ? sample.tokens[i + 1] : encoder().pad()));
      CHECK(b.weights[at] == ((i + 1 >= n - answer && i + 1 < n) ? 1.0f : 0.0f));
    }
  }
  CHECK(data.counts().samples == 2);
  CHECK(data.counts().supervised == static_cast<index_t>(b.target_tokens()));
}

TEST_CASE("sft_data: packed rows hold the same samples, none cut, no padding, none too long",
          "[data][sft_data]") {
  const std::string text = many(50);
  const chat_records records(text, "memory");
  const zer0::sft_options options{.batch_size = 3, .seq = 100, .seed = 5};
  sft_data padded(records, encoder(), options);
  auto packed_options = options;
  packed_options.packed = true;
  sft_data packed(records, encoder(), packed_options);
  for (index_t epoch = 0; epoch < 2; ++epoch) {
    const auto rows = epoch_of(packed, epoch);
    CHECK(learned(rows) == learned(epoch_of(padded, epoch)));
    CHECK(static_cast<index_t>(rows.size()) == packed.batches_per_epoch());
    index_t tokens = 0;
    for (const token_batch& b : rows) {
      CHECK(b.tokens() <= 300);
      CHECK((b.ids.size() == b.targets.size() && b.ids.size() == b.weights.size()));
      CHECK((b.starts.front() == 0 && b.starts.back() == b.tokens()));
      CHECK(std::ranges::is_sorted(b.starts));
      tokens += b.tokens();
      for (index_t s = 0; s < b.sequences(); ++s)
        CHECK(b.ids[static_cast<std::size_t>(b.starts[static_cast<std::size_t>(s)])] ==
              *tok().id_of("<|im_start|>"));
    }
    CHECK(tokens == packed.counts().tokens);
  }
  CHECK(packed.batches_per_epoch() * 2 < padded.batches_per_epoch());
}

TEST_CASE("sft_data: batches do not depend on the number of workers, and seek goes anywhere",
          "[data][sft_data]") {
  const std::string text = many(40);
  const chat_records records(text, "memory");
  for (const bool packed : {false, true}) {
    CAPTURE(packed);
    zer0::sft_options options{
        .batch_size = 2, .seq = 60, .packed = packed, .seed = 9, .num_workers = 0};
    sft_data alone(records, encoder(), options);
    const auto first = epoch_of(alone, 0);
    const auto third = epoch_of(alone, 2);
    CHECK(static_cast<index_t>(first.size()) == alone.batches_per_epoch());
    CHECK_FALSE(same(first, third));
    CHECK(learned(first) == learned(third));
    for (const int workers : {1, 3}) {
      options.num_workers = workers;
      sft_data data(records, encoder(), options);
      CHECK(same(epoch_of(data, 2), third));
      const auto half = static_cast<index_t>(first.size()) / 2;
      CHECK(same(epoch_of(data, 0, half), {first.begin() + half, first.end()}));
      CHECK(epoch_of(data, 1, data.batches_per_epoch()).empty());
    }
    options.seed = 10;
    sft_data other(records, encoder(), options);
    CHECK_FALSE(same(epoch_of(other, 0), first));
    CHECK_THROWS_WITH(alone.seek(0, alone.batches_per_epoch() + 1),
                      support::contains("is not one of the"));
    CHECK_THROWS_WITH(alone.seek(-1, 0), support::contains("epoch -1 is negative"));
  }
}

TEST_CASE(
    "sft_data: what does not fit is cut, and what has nothing left to learn is skipped and counted",
    "[data][sft_data]") {
  std::string long_words;
  for (int i = 0; i < 50; ++i) long_words += " ships";
  const std::string text =
      line("q", "a") + line("q", "a" + long_words) + line(long_words, "a") + line("q", "b");
  const chat_records records(text, "memory");
  for (const bool packed : {false, true}) {
    sft_data data(records, encoder(),
                  {.batch_size = 8, .seq = 40, .packed = packed, .shuffle = false});
    CHECK(data.records() == 4);
    CHECK(data.counts().samples == 3);
    CHECK(data.counts().cut == 1);
    CHECK(data.counts().skipped == 1);
    CHECK(data.counts().bad == 0);
    std::size_t longest = 0;
    const auto texts = learned(epoch_of(data, 0));
    for (const std::string& t : texts) longest = std::max(longest, t.size());
    CHECK(texts.count("a<|im_end|>") == 1);
    CHECK(texts.count("b<|im_end|>") == 1);
    CHECK(longest > 50);  // of the answer that is cut, as much as fits
  }
  const std::string none = line(long_words, "a");
  const chat_records only(none, "memory");
  CHECK_THROWS_WITH(sft_data(only, encoder(), {.seq = 40}),
                    support::contains("memory has no conversation to learn from") &&
                        support::contains("within 41 tokens"));
}

TEST_CASE(
    "sft_data: a row as long as a conversation but for its last token holds it; a shorter one cuts "
    "it",
    "[data][sft_data]") {
  const std::string text = line("q", "ships ships");
  const chat_records records(text, "memory");
  const auto n = static_cast<index_t>(sft_data(records, encoder(), {}).sample(0).tokens.size());
  for (const bool packed : {false, true}) {
    sft_data whole(records, encoder(), {.seq = n - 1, .packed = packed});
    CHECK(whole.counts().cut == 0);
    CHECK(learned(epoch_of(whole, 0)) == std::multiset<std::string>{"ships ships<|im_end|>"});
    sft_data cut(records, encoder(), {.seq = n - 2, .packed = packed});
    CHECK(cut.counts().cut == 1);
    CHECK(learned(epoch_of(cut, 0)) == std::multiset<std::string>{"ships ships"});
  }
}

TEST_CASE(
    "sft_data: what the template refuses is an error with file and line, or skipped and counted",
    "[data][sft_data]") {
  const std::string text =
      line("q", "a") + line("s", "a", "system") + line("s", "b", "system") + line("q", "c");
  const chat_records records(text, "memory");
  for (const int workers : {0, 1, 3})
    CHECK_THROWS_WITH(sft_data(records, encoder(), {.num_workers = workers}),
                      support::contains("memory:2: ") && support::contains("no system turn") &&
                          support::contains("set skip_bad_lines"));
  sft_data data(records, encoder(), {.seq = 40, .skip_bad_lines = true, .num_workers = 3});
  CHECK(data.counts().bad == 2);
  CHECK(data.counts().first_bad.starts_with("memory:2: "));
  CHECK(data.counts().samples == 2);
  CHECK(learned(epoch_of(data, 0)) == std::multiset<std::string>{"a<|im_end|>", "c<|im_end|>"});
  CHECK(tok().decode(data.sample(1).tokens).ends_with("c<|im_end|>"));
  CHECK_THROWS_WITH(data.sample(2), support::contains("no sample 2 among 2"));
}

TEST_CASE("sft_data: a part of the records, options out of range", "[data][sft_data]") {
  const std::string text = many(20);
  const chat_records records(text, "memory");
  const auto parts = zer0::split(records, 0.25, 3);
  sft_data train(parts.train, encoder(), {.seq = 64});
  sft_data val(parts.val, encoder(), {.seq = 64, .shuffle = false});
  CHECK(train.records() == 15);
  auto all = learned(epoch_of(train, 0));
  all.merge(learned(epoch_of(val, 0)));
  sft_data whole(records, encoder(), {.seq = 64});
  CHECK(all == learned(epoch_of(whole, 0)));

  CHECK_THROWS_WITH(sft_data(records, encoder(), {.batch_size = 0}),
                    support::contains("batch_size is 0"));
  CHECK_THROWS_WITH(sft_data(records, encoder(), {.seq = 0}), support::contains("seq is 0"));
  CHECK_THROWS_WITH(sft_data(records, encoder(), {.num_workers = -1}),
                    support::contains("num_workers is -1"));
  CHECK_THROWS_WITH(sft_data(records, encoder(), {.batch_size = 1 << 20, .seq = 1 << 20}),
                    support::contains("is over"));
}

TEST_CASE("sft_data: progress is told on the calling thread, up to 1", "[data][sft_data]") {
  const std::string text = many(200);
  const chat_records records(text, "memory");
  std::vector<double> told;
  sft_data data(records, encoder(),
                {.seq = 64, .num_workers = 2, .progress = [&](double f) { told.push_back(f); }});
  REQUIRE(!told.empty());
  CHECK(std::ranges::is_sorted(told));
  CHECK(told.back() == 1.0);
}
