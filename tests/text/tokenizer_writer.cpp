#include "support/catch.hpp"
#include "text/tokenizer_data.hpp"
#include <zer0/text/bpe_trainer.hpp>

#include <set>

using namespace support;
namespace fs = std::filesystem;

namespace {

zer0::trained_bpe small_bpe() {
  std::vector<zer0::word_counts> parts(1);
  parts[0].add_text("the cat and the dog and \"the\" \\ 猫 猫");
  return zer0::train_bpe(std::move(parts),
                         {.vocab_size = 270, .special_tokens = {"<s>", "</s>", "<pad>"}});
}

std::set<std::string> names_in(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder))
    names.insert(entry.path().filename().string());
  return names;
}

const std::set<std::string> all_four{"merges.txt", "tokenizer.json", "tokenizer_config.json",
                                     "vocab.json"};

}  // namespace

TEST_CASE("tokenizer_writer: both forms of a tokenizer are read as the same",
          "[text][tokenizer_writer]") {
  const temp_dir dir;
  const fs::path folder = dir / "new" / "tok";
  zer0::write_tokenizer(
      folder, small_bpe(),
      {.bos = "<s>", .eos = "</s>", .pad = "<pad>", .chat_template = "{{ messages }}"});
  CHECK(names_in(folder) == all_four);
  CHECK(names_in(dir / "new") == std::set<std::string>{"tok"});
  const zer0::tokenizer whole(folder), pair(folder / "vocab.json");
  CHECK(whole.size() == 270);
  for (const zer0::tokenizer* tok : {&whole, &pair}) {
    CHECK(tok->bos() == 0);
    CHECK(tok->eos() == 1);
    CHECK(tok->pad() == 2);
    CHECK_FALSE(tok->unk());
    CHECK(tok->is_special(2));
    CHECK(tok->chat_template() == "{{ messages }}");
    CHECK(tok->encode("<s>the")[0] == 0);
    CHECK(tok->encode("<s>the").size() == 2);
  }
  std::mt19937 random(1);
  for (int i = 0; i < 300; ++i) {
    const std::string text = random_text(random, 30) + " the cat </s>";
    REQUIRE(whole.encode(text) == pair.encode(text));
  }
}

TEST_CASE("tokenizer_writer: a role must be a special token", "[text][tokenizer_writer]") {
  const temp_dir dir;
  CHECK_THROWS_WITH(zer0::write_tokenizer(dir / "tok", small_bpe(), {.eos = "the"}),
                    contains("eos_token is 'the'"));
  CHECK(names_in(dir.path()).empty());
}

TEST_CASE("tokenizer_writer: only the files of a tokenizer are ever replaced",
          "[text][tokenizer_writer]") {
  const temp_dir dir;
  const fs::path folder = dir / "tok";
  zer0::require_place_for_tokenizer(folder, false);
  fs::create_directory(folder);
  zer0::require_place_for_tokenizer(folder, false);
  zer0::write_tokenizer(folder / "", small_bpe());
  CHECK_THROWS_WITH(zer0::require_place_for_tokenizer(folder, false),
                    contains("already; choose another folder"));
  zer0::require_place_for_tokenizer(folder, true);
  zer0::write_tokenizer(folder, small_bpe(), {.eos = "<s>"});
  CHECK(zer0::tokenizer(folder).eos() == 0);

  write_file(folder / "notes.txt", "mine");
  CHECK_THROWS_WITH(zer0::require_place_for_tokenizer(folder, true),
                    contains("holds notes.txt, which is no file"));
  CHECK_THROWS_WITH(zer0::write_tokenizer(folder, small_bpe()), contains("holds notes.txt"));
  CHECK(read_file(folder / "notes.txt") == "mine");
  CHECK_THROWS_WITH(zer0::write_tokenizer(folder / "notes.txt", small_bpe()),
                    contains("is not a folder"));
  CHECK_THROWS_WITH(zer0::require_place_for_tokenizer("/proc/self/status/a/b", false),
                    contains("cannot write to "));
}

TEST_CASE("tokenizer_writer: usual special tokens have their usual roles",
          "[text][tokenizer_writer]") {
  const zer0::tokenizer_roles all =
      zer0::usual_roles({"<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>"});
  CHECK(all.bos == "<s>");
  CHECK(all.eos == "</s>");
  CHECK(all.pad == "<unk>");
  CHECK(all.unk == "<unk>");
  CHECK(all.chat_template == zer0::chatml_template);
  const zer0::tokenizer_roles few = zer0::usual_roles({"</s>", "<|im_start|>"});
  CHECK(few.bos.empty());
  CHECK(few.eos == "</s>");
  CHECK(few.pad.empty());
  CHECK(few.chat_template.empty());
}
