#include "support/catch.hpp"
#include "tokenizer_data.hpp"
#include <zer0/text/detail/tokenizer_files.hpp>

namespace {

std::string refusal(const std::filesystem::path& path) {
  try {
    (void)zer0::tokenizer(path);
    return "accepted";
  } catch (const zer0::error& e) {
    return e.what();
  }
}

/// The small tokenizer as vocab.json and merges.txt.
void write_pair(const support::temp_dir& folder) {
  const nlohmann::json document = support::small_tokenizer_json();
  support::write_file(folder / "vocab.json", document["model"]["vocab"].dump());
  std::string merges = "#version: 0.2\n";
  for (const auto& m : document["model"]["merges"]) {
    merges += m[0].get<std::string>() + " " + m[1].get<std::string>() + "\r\n";
  }
  support::write_file(folder / "merges.txt", merges);
}

}  // namespace

TEST_CASE("tokenizer_files: a directory, its tokenizer.json and a copy are the same tokenizer",
          "[text][tokenizer_files]") {
  const std::filesystem::path file = support::small_tokenizer_file();
  const zer0::tokenizer by_file(file);
  const zer0::tokenizer by_folder(file.parent_path());
  const zer0::tokenizer copy = by_file;  // NOLINT: a copy is what is tested
  CHECK(by_file.encode("The ships") == by_folder.encode("The ships"));
  CHECK(by_file.encode("The ships") == copy.encode("The ships"));
  CHECK(by_file.source() == file);
  CHECK(by_file.directory() == file.parent_path());
  CHECK(by_folder.directory() == file.parent_path());
}

TEST_CASE("tokenizer_files: files are those that lie beside it, and no others",
          "[text][tokenizer_files]") {
  const support::temp_dir dir;
  std::filesystem::copy(support::data_dir() / "tokenizer" / "tokenizer.json",
                        dir / "tokenizer.json");
  for (const char* name : {"chat_template.jinja", "other.txt"}) std::ofstream(dir / name) << "text";
  const std::vector<std::filesystem::path> expected{dir / "tokenizer.json",
                                                    dir / "chat_template.jinja"};
  CHECK(zer0::tokenizer(dir / "tokenizer.json").files() == expected);
  CHECK(zer0::tokenizer::files_in(dir.path()) == expected);
  CHECK(zer0::tokenizer::files_in(dir / "nowhere").empty());
}

TEST_CASE("tokenizer_files: tokenizer_config.json gives special tokens and chat template",
          "[text][tokenizer_files]") {
  const support::temp_dir folder;
  std::filesystem::copy(support::small_tokenizer_file(), folder / "tokenizer.json");
  const zer0::tokenizer without(folder.path());
  CHECK_FALSE(without.bos());
  CHECK(without.chat_template().empty());

  support::write_file(
      folder / "tokenizer_config.json",
      R"({"bos_token":"<|im_start|>","eos_token":{"content":"<|im_end|>"},"pad_token":null,)"
      R"("chat_template":"{{x}}"})");
  const zer0::tokenizer tok(folder / "tokenizer.json");
  CHECK(tok.bos() == tok.id_of("<|im_start|>"));
  CHECK(tok.eos() == tok.id_of("<|im_end|>"));
  CHECK_FALSE(tok.pad());
  CHECK_FALSE(tok.unk());
  CHECK(tok.chat_template() == "{{x}}");

  support::write_file(
      folder / "tokenizer_config.json",
      R"({"chat_template":[{"name":"tools","template":"a"},{"name":"default","template":"b"}]})");
  CHECK(zer0::tokenizer(folder.path()).chat_template() == "b");
  support::write_file(folder / "chat_template.jinja", "c\n");
  CHECK(zer0::tokenizer(folder.path()).chat_template() == "c\n");

  support::write_file(folder / "tokenizer_config.json", R"({"bos_token":"<nobody>"})");
  CHECK_THAT(refusal(folder.path()),
             support::contains("tokenizer_config.json: bos_token is '<nobody>', which is not in"));
  support::write_file(folder / "tokenizer_config.json", R"({"bos_token":7})");
  CHECK_THAT(refusal(folder.path()),
             support::contains("tokenizer_config.json: bos_token is number"));
  support::write_file(folder / "tokenizer_config.json", "");
  CHECK_THAT(refusal(folder.path()), support::contains("tokenizer_config.json: the file is empty"));
}

TEST_CASE("tokenizer_files: vocab.json with merges.txt encodes as the tokenizer.json made of them",
          "[text][tokenizer_files]") {
  const support::temp_dir folder;
  write_pair(folder);
  support::write_file(folder / "tokenizer_config.json",
                      R"({"eos_token":"<|endoftext|>","bos_token":"<new>"})");
  const zer0::tokenizer reference(support::small_tokenizer_file());
  const auto end = reference.id_of("<|endoftext|>");
  for (const auto& path : {folder.path(), folder / "vocab.json", folder / "merges.txt"}) {
    const zer0::tokenizer tok(path);
    for (const char* text :
         {"The lighthouse keeper counted 12 ships.", "Le caf\u00e9<|endoftext|> \u706f"}) {
      CHECK(tok.encode(text) == reference.encode(text));
    }
    CHECK(tok.eos() == end);
    CHECK(tok.is_special(*end));
    CHECK(tok.size() ==
          static_cast<zer0::index_t>(support::small_tokenizer_json()["model"]["vocab"].size()) + 1);
    CHECK(tok.bos() == static_cast<zer0::token_id>(tok.size() - 1));
  }
  support::write_file(folder / "tokenizer_config.json",
                      R"({"added_tokens_decoder":{"0":{"content":"<|endoftext|>","special":true},)"
                      R"("500":{"content":"<x>"}}})");
  CHECK(zer0::tokenizer(folder.path()).encode("<x>") == std::vector<zer0::token_id>{500});
  support::write_file(folder / "tokenizer_config.json",
                      R"({"added_tokens_decoder":{"zero":{"content":"<x>"}}})");
  CHECK_THAT(refusal(folder.path()), support::contains("added_tokens_decoder has the key 'zero'"));
}

TEST_CASE("tokenizer_files: the published pair encodes as the published tokenizer.json",
          "[text][tokenizer_files]") {
  const auto shared = support::shared_dir();
  if (!shared) {
    WARN("skipped: no shared folder");
    return;
  }
  const std::filesystem::path folder = *shared / "tokenizers" / "zer02llm";
  const zer0::tokenizer pair(folder / "vocab.json");
  const zer0::tokenizer json(folder / "tokenizer.json");
  std::mt19937 random(10);
  for (int i = 0; i < 200; ++i) {
    const std::string text = support::random_text(random, 50) + "<s></s>";
    CHECK(pair.encode(text) == json.encode(text));
  }
}

TEST_CASE("tokenizer_files: what is missing or packed is named", "[text][tokenizer_files]") {
  const support::temp_dir folder;
  CHECK_THAT(refusal(folder / "tokenizer.json"),
             support::contains("tokenizer.json: cannot be read"));
  CHECK_THAT(refusal(folder.path()),
             support::contains("has neither tokenizer.json nor vocab.json with merges.txt"));
  support::write_file(folder / "tokenizer.json.gz", "\x1f\x8b");
  CHECK_THAT(refusal(folder.path()),
             support::contains("tokenizer.json.gz: is compressed; run gunzip"));
  CHECK_THAT(refusal(folder / "tokenizer.json.gz"),
             support::contains("compressed with gzip; run gunzip"));
  support::write_file(folder / "tokenizer.json", "");
  CHECK_THAT(refusal(folder.path()), support::contains("tokenizer.json: the file is empty"));
}

TEST_CASE("tokenizer_files: a bad merges.txt is refused with its line", "[text][tokenizer_files]") {
  const support::temp_dir folder;
  write_pair(folder);
  support::write_file(folder / "merges.txt", "#version: 0.2\nt h e\n");
  CHECK_THAT(refusal(folder.path()),
             support::contains("merges.txt line 2: 't h e' is not two tokens"));
  support::write_file(folder / "merges.txt", "a \xff\n");
  CHECK_THAT(refusal(folder.path()), support::contains("merges.txt: byte 2 is not UTF-8"));
  std::filesystem::remove(folder / "merges.txt");
  CHECK_THAT(refusal(folder.path()), support::contains("merges.txt: cannot be read"));
}
