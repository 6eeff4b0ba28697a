#include "data/byte_tokenizer.hpp"
#include "support/catch.hpp"
#include "support/preference_pairs.hpp"
#include "support/temp_dir.hpp"
#include <zer0/data/batches.hpp>
#include <zer0/data/detail/kept_counts.hpp>
#include <zer0/file/detail/content_hash.hpp>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace fs = std::filesystem;
using support::known_tokenizer;
using support::temp_dir;
using zer0::index_t;

namespace {

const std::string three_texts =
    "{\"text\": \"one\"}\n{\"text\": \"three\"}\n{\"text\": \"seventeen\"}\n";
constexpr index_t tokens_of_three = 3 + 5 + 9 + 3 * 2;

/// What opening a file of texts and making packed batches of it found out, and what it took.
struct look {
  index_t records = 0, bad = 0;
  std::vector<std::string> first_bad;
  std::size_t looks = 0;  ///< how often progress was told: 1 where no line had to be looked at
  index_t tokens = 0;     ///< of an epoch
  index_t encoded = 0;    ///< texts, before the first batch
  std::vector<zer0::token_batch> batches;

  [[nodiscard]] bool from_kept() const { return encoded == 0 && looks == 1; }
};

struct look_options {
  index_t seq = 8;
  bool skip_bad_lines = false;
  std::uint64_t tokenizer = 1;
};

look look_at(const fs::path& file, const fs::path& folder, const look_options& options = {}) {
  known_tokenizer tokenizer;
  tokenizer.number = options.tokenizer;
  look l;
  const zer0::pretrain_records records(file, {.skip_bad_lines = options.skip_bad_lines,
                                              .counts_in = folder,
                                              .progress = [&](double) { ++l.looks; }});
  l.records = records.size();
  l.bad = records.bad_lines();
  l.first_bad = records.first_bad();
  zer0::pretrain_data data(records, tokenizer,
                           {.batch_size = 1, .seq = options.seq, .packed = true});
  l.encoded = tokenizer.counted();
  l.tokens = data.tokens_per_epoch();
  for (zer0::token_batch b; data.next(b);) l.batches.push_back(b);
  return l;
}

bool same(const look& a, const look& b) {
  return a.records == b.records && a.bad == b.bad && a.first_bad == b.first_bad &&
         a.tokens == b.tokens &&
         std::ranges::equal(a.batches, b.batches, [](const auto& x, const auto& y) {
           return x.ids == y.ids && x.targets == y.targets && x.weights == y.weights &&
                  x.starts == y.starts;
         });
}

std::set<fs::path> files_in(const fs::path& folder) {
  std::set<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) files.insert(entry.path());
  return files;
}

/// Enough lines that looking at them tells progress more than once.
std::string many_texts() {
  std::string text;
  for (int i = 0; i < 200; ++i) text += "{\"text\": \"" + std::string(1 + i % 7, 'x') + "\"}\n";
  return text;
}

}  // namespace

TEST_CASE("kept_counts: what was counted is not counted again, and is the same",
          "[data][kept_counts]") {
  const temp_dir dir;
  support::write_file(dir / "a.jsonl", many_texts());
  const look fresh = look_at(dir / "a.jsonl", "");
  CHECK(fresh.encoded == 200);
  CHECK(fresh.looks > 1);
  const look first = look_at(dir / "a.jsonl", dir / "new" / "run");
  CHECK(first.encoded == 200);
  CHECK(files_in(dir / "new" / "run").size() == 2);  // of the lines, and of their tokens
  const look second = look_at(dir / "a.jsonl", dir / "new" / "run");
  CHECK(second.from_kept());
  CHECK(same(first, fresh));
  CHECK(same(second, fresh));
  CHECK(look_at(dir / "new" / ".." / "a.jsonl", dir / "new" / "run").from_kept());
  CHECK(look_at(dir / "a.jsonl", dir / "new" / "run", {.seq = 5}).from_kept());  // of whole texts
}

TEST_CASE("kept_counts: a file of counts that is damaged in any place is ignored and replaced",
          "[data][kept_counts]") {
  const temp_dir dir;
  support::write_file(dir / "a.jsonl", three_texts);
  const fs::path folder = dir / "run";
  const look fresh = look_at(dir / "a.jsonl", folder);
  CHECK(fresh.tokens == tokens_of_three);
  const std::set<fs::path> files = files_in(folder);
  REQUIRE(files.size() == 2);
  for (const fs::path& file : files) {
    const std::string whole = support::read_file(file);
    std::vector<std::string> damaged{"", "counts", whole + " ", std::string(whole.size(), '\0')};
    for (std::size_t n = 0; n < whole.size(); ++n) damaged.push_back(whole.substr(0, n));
    for (std::size_t n = 0; n < whole.size(); ++n) {
      damaged.push_back(whole);
      damaged.back()[n] = static_cast<char>(whole[n] ^ (1 << n % 8));
    }
    bool replaced = true;
    bool right = true;
    for (const std::string& bytes : damaged) {
      support::write_file(file, bytes);
      right = right && same(look_at(dir / "a.jsonl", folder), fresh);
      replaced = replaced && support::read_file(file) == whole;
    }
    CHECK(right);
    CHECK(replaced);
    for (const fs::path& other : files) {  // a good file under another's name
      if (other == file) continue;
      fs::copy_file(other, file, fs::copy_options::overwrite_existing);
      CHECK(same(look_at(dir / "a.jsonl", folder), fresh));
      CHECK(support::read_file(file) == whole);
    }
  }
  CHECK(look_at(dir / "a.jsonl", folder).from_kept());
}

TEST_CASE("kept_counts: a text that was changed is counted anew, also with its old size and time",
          "[data][kept_counts]") {
  const temp_dir dir;
  const fs::path file = dir / "a.jsonl";
  support::write_file(file, three_texts);
  const auto time = fs::last_write_time(file);
  look_at(file, dir / "run");

  std::string changed = three_texts;
  changed.replace(changed.find("three"), 5, "~~~~~");  // five letters that have no token
  support::write_file(file, changed);
  fs::last_write_time(file, time);
  REQUIRE(fs::file_size(file) == three_texts.size());
  const look second = look_at(file, dir / "run");
  CHECK(second.encoded == 3);
  CHECK(second.tokens == tokens_of_three - 5);
  CHECK(look_at(file, dir / "run").from_kept());

  changed.replace(changed.find("text"), 4, "tixt");  // now bad
  support::write_file(file, changed);
  fs::last_write_time(file, time);
  CHECK_THROWS_WITH(look_at(file, dir / "run"), support::contains("a.jsonl:1: it has no \"text\""));
  CHECK(look_at(file, dir / "run", {.skip_bad_lines = true}).records == 2);

  support::write_file(file, three_texts);
  CHECK(look_at(file, dir / "run").encoded == 3);
  CHECK(look_at(file, dir / "run").from_kept());
  fs::last_write_time(file, time - std::chrono::seconds(1));
  CHECK(look_at(file, dir / "run").encoded == 3);
  CHECK(files_in(dir / "run").size() == 4);  // replaced, but for the two with bad lines left out
}

TEST_CASE("kept_counts: another tokenizer counts anew, and one that is not known keeps nothing",
          "[data][kept_counts]") {
  const temp_dir dir;
  support::write_file(dir / "a.jsonl", three_texts);
  CHECK(look_at(dir / "a.jsonl", dir / "run").encoded == 3);
  CHECK(look_at(dir / "a.jsonl", dir / "run", {.tokenizer = 2}).encoded == 3);
  CHECK(look_at(dir / "a.jsonl", dir / "run", {.tokenizer = 2}).encoded == 0);
  CHECK(look_at(dir / "a.jsonl", dir / "run").encoded == 3);

  const zer0::pretrain_records records(dir / "a.jsonl", {.counts_in = dir / "other"});
  for (int i = 0; i < 2; ++i) {
    const support::counting_tokenizer unknown;
    const zer0::pretrain_data data(records, unknown, {.seq = 8, .packed = true});
    CHECK(unknown.counted() == 3);
  }
  CHECK(files_in(dir / "other").size() == 1);  // of the lines
}

TEST_CASE("kept_counts: bad lines that were left out stay so, with what was said of them",
          "[data][kept_counts]") {
  const temp_dir dir;
  support::write_file(dir / "a.jsonl", "{}\n" + three_texts + "\n[]\n");
  const look first = look_at(dir / "a.jsonl", dir / "run", {.skip_bad_lines = true});
  const look second = look_at(dir / "a.jsonl", dir / "run", {.skip_bad_lines = true});
  CHECK(second.from_kept());
  CHECK(same(first, second));
  CHECK(second.bad == 2);
  CHECK(second.first_bad ==
        std::vector<std::string>{(dir / "a.jsonl").string() + ":1: it has no \"text\"",
                                 (dir / "a.jsonl").string() +
                                     ":6: it is an array, not an object like {\"text\": \"...\"}"});
  CHECK_THROWS_WITH(look_at(dir / "a.jsonl", dir / "run"), support::contains("a.jsonl:1: "));
}

TEST_CASE("kept_counts: each part of a split has its own", "[data][kept_counts]") {
  const temp_dir dir;
  support::write_file(dir / "a.jsonl", many_texts());
  const auto encoded = [&](std::uint64_t seed) {
    const zer0::pretrain_records records(dir / "a.jsonl", {.counts_in = dir / "run"});
    const auto parts = zer0::split(records, 0.25, seed);
    const known_tokenizer tokenizer;
    const zer0::pretrain_data train(parts.train, tokenizer, {.seq = 8, .packed = true});
    const zer0::pretrain_data val(parts.val, tokenizer, {.seq = 8, .packed = true});
    const index_t calls = tokenizer.counted();
    const zer0::pretrain_data all(records, tokenizer, {.seq = 8, .packed = true});
    CHECK(train.tokens_per_epoch() + val.tokens_per_epoch() == all.tokens_per_epoch());
    return calls;
  };
  CHECK(encoded(1) == 200);
  CHECK(encoded(1) == 0);
  CHECK(encoded(2) == 200);
}

TEST_CASE("kept_counts: a folder that cannot be written is no error; nothing is kept without one",
          "[data][kept_counts]") {
  const temp_dir dir;
  support::write_file(dir / "a.jsonl", three_texts);
  support::write_file(dir / "no_folder", "");
  const look fresh = look_at(dir / "a.jsonl", "");
  for (int i = 0; i < 2; ++i) {
    const look l = look_at(dir / "a.jsonl", dir / "no_folder" / "run");
    CHECK(same(l, fresh));
    CHECK(l.encoded == 3);
  }
  const zer0::pretrain_records in_memory(three_texts, "memory", {.counts_in = dir / "run"});
  const known_tokenizer tokenizer;
  const zer0::pretrain_data data(in_memory, tokenizer, {.seq = 8, .packed = true});
  CHECK_FALSE(fs::exists(dir / "run"));
  fs::create_directories(dir / "folder");
  look_at(dir / "a.jsonl", dir / "folder");
  for (const fs::path& file : files_in(dir / "folder")) {  // a folder of that name is no file
    fs::remove(file);
    fs::create_directories(file / "in the way");
  }
  CHECK(same(look_at(dir / "a.jsonl", dir / "folder"), fresh));
}

namespace {

struct chat_look {
  zer0::sft_counts counts;
  std::size_t looks = 0;  ///< how often progress was told
  index_t batches = 0;
};

zer0::conversation_encoder encoder_of(const std::string& more, zer0::chat_options options = {}) {
  return {
      support::pairs_tokenizer(),
      zer0::chat_template("{% if messages[0].role == 'system' %}{{ raise_exception('no system "
                          "turn') }}{% endif %}{% for m in messages %}{{ '<|im_start|>' + m.role + "
                          "'\\n' + m.content + '<|im_end|>\\n' }}{% endfor %}{% if "
                          "add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}" +
                              more,
                          {{"eos_token", "<|im_end|>"}}),
      std::move(options)};
}

std::string chats() {
  std::string text;
  for (int i = 0; i < 60; ++i)
    text +=
        zer0::chat_json{
            {"messages",
             {{{"role", i % 9 == 8 ? "system" : "user"}, {"content", "q"}},
              {{"role", "assistant"}, {"content", std::string(static_cast<std::size_t>(i), 'z')}}}}}
            .dump() +
        "\n";
  return text;
}

chat_look look_at_chats(const fs::path& file, const fs::path& folder, const std::string& more,
                        index_t seq, zer0::chat_options options = {}, bool packed = true) {
  chat_look l;
  const zer0::chat_records records(file, {.skip_bad_lines = true, .counts_in = folder});
  zer0::sft_data data(records, encoder_of(more, std::move(options)),
                      {.batch_size = 4,
                       .seq = seq,
                       .packed = packed,
                       .skip_bad_lines = true,
                       .progress = [&](double) { ++l.looks; }});
  l.counts = data.counts();
  for (zer0::token_batch b; data.next(b);) ++l.batches;
  CHECK(l.batches == data.batches_per_epoch());
  return l;
}

bool same(const zer0::sft_counts& a, const zer0::sft_counts& b) {
  return a.samples == b.samples && a.cut == b.cut && a.skipped == b.skipped && a.bad == b.bad &&
         a.first_bad == b.first_bad && a.tokens == b.tokens && a.supervised == b.supervised;
}

}  // namespace

TEST_CASE("kept_counts: conversations have their counts, for each length of a row and template",
          "[data][kept_counts]") {
  const temp_dir dir;
  const fs::path file = dir / "a.jsonl";
  support::write_file(file, chats());
  const chat_look fresh = look_at_chats(file, "", "", 30);
  CHECK(fresh.looks > 1);
  CHECK(fresh.counts.bad == 6);
  CHECK(fresh.counts.cut > 0);
  CHECK(same(look_at_chats(file, dir / "run", "", 30).counts, fresh.counts));
  const chat_look second = look_at_chats(file, dir / "run", "", 30);
  CHECK(second.looks == 1);
  CHECK(same(second.counts, fresh.counts));
  CHECK_THAT(second.counts.first_bad,
             support::contains("a.jsonl:9: ") && support::contains("no system turn"));
  CHECK(look_at_chats(file, dir / "run", "", 30, {}, false).looks == 1);  // lengths are the same
  const zer0::chat_records records(file, {.skip_bad_lines = true, .counts_in = dir / "run"});
  CHECK_THROWS_WITH(zer0::sft_data(records, encoder_of(""), {.seq = 30}),
                    support::contains("a.jsonl:9: ") && support::contains("no system turn"));

  const chat_look longer = look_at_chats(file, dir / "run", "", 50);
  CHECK(longer.looks > 1);
  CHECK(longer.counts.cut < fresh.counts.cut);
  CHECK(look_at_chats(file, dir / "run", "", 50).looks == 1);
  CHECK(look_at_chats(file, dir / "run", "", 30).looks == 1);  // kept beside the other

  CHECK(look_at_chats(file, dir / "run", "{# another #}", 30).looks > 1);
  CHECK(look_at_chats(file, dir / "run", "", 30).looks > 1);  // replaced
  CHECK(look_at_chats(file, dir / "run", "", 30, {.now = 1}).looks > 1);
}

TEST_CASE("kept_counts: a template that asks for the time keeps nothing unless it is told",
          "[data][kept_counts]") {
  const temp_dir dir;
  const fs::path file = dir / "a.jsonl";
  support::write_file(file, chats());
  const std::string dated = "{{ strftime_now('%Y') }}";
  for (int i = 0; i < 2; ++i) CHECK(look_at_chats(file, dir / "run", dated, 30).looks > 1);
  CHECK(look_at_chats(file, dir / "run", dated, 30, {.now = 1}).looks > 1);
  CHECK(look_at_chats(file, dir / "run", dated, 30, {.now = 1}).looks == 1);
  CHECK(look_at_chats(file, dir / "run", dated, 30, {.now = 2}).looks > 1);
}

TEST_CASE("kept_counts: pairs have their counts and the fingerprint", "[data][kept_counts]") {
  const temp_dir dir;
  support::write_file(dir / "a.jsonl", support::many_pairs(50));
  std::vector<std::uint64_t> fingerprints;
  std::vector<std::size_t> looks;
  for (int i = 0; i < 3; ++i) {
    const zer0::preference_records records(dir / "a.jsonl",
                                           {.counts_in = i == 0 ? fs::path() : dir / "run"});
    std::size_t told = 0;
    const zer0::preference_data data(records, support::pairs_encoder(),
                                     {.seq = 60, .progress = [&](double) { ++told; }});
    CHECK(data.pairs() == 50);
    fingerprints.push_back(data.fingerprint());
    looks.push_back(told);
  }
  CHECK(fingerprints == std::vector<std::uint64_t>(3, fingerprints.front()));
  CHECK((looks[0] > 1 && looks[1] > 1 && looks[2] == 1));
}

TEST_CASE("counts_file: it gives back what was written, to who asks for the same",
          "[data][kept_counts]") {
  using zer0::detail::counts_file;
  using zer0::detail::kept_counts;
  const temp_dir dir;
  const zer0::detail::counted_file data{dir / "run", "/data/a.jsonl", "content"};
  const kept_counts counts{{1, 0, 4'000'000'000u}, {1, ~std::uint64_t{0}}, "text"};
  const counts_file file(data, "asked", "made by");
  CHECK(file.path().parent_path() == dir / "run");
  CHECK_FALSE(file.read().has_value());
  file.write(counts);
  CHECK(file.read() == counts);
  file.write({});
  CHECK(file.read() == kept_counts{});
  CHECK_FALSE(counts_file(data, "asked", "made by another").read().has_value());
  CHECK_FALSE(counts_file({data.folder, data.path, "changed"}, "asked", "made by").read());
  CHECK(counts_file({data.folder, data.path, "changed"}, "asked", "").path() == file.path());
  CHECK(counts_file(data, "something else", "made by").path() != file.path());
  CHECK(counts_file({data.folder, "/data/b.jsonl", "content"}, "asked", "").path() != file.path());
}

TEST_CASE("content_hash: every bit of a text and its length count", "[data][kept_counts]") {
  using zer0::detail::content_hash;
  std::set<std::uint64_t> hashes;
  std::size_t n = 0;
  for (std::size_t length = 0; length < 100; ++length, ++n)
    hashes.insert(content_hash(std::string(length, '\0')));
  for (const std::size_t length : {1u, 31u, 32u, 33u, 100u})
    for (std::size_t bit = 0; bit < 8 * length; ++bit, ++n) {
      std::string text(length, 'a');
      text[bit / 8] = static_cast<char>(text[bit / 8] ^ 1 << bit % 8);
      hashes.insert(content_hash(text));
    }
  CHECK(hashes.size() == n);
}
