#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/shared_dir.hpp"
#include "support/temp_dir.hpp"
#include <zer0/text/chat_template.hpp>
#include <zer0/text/tokenizer.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>

using namespace support;
namespace fs = std::filesystem;
using words = std::vector<std::string>;

namespace {

std::string content(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

process_result run(words command) {
  command.insert(command.begin(), ZER0_TOKENIZER);
  return run_process(command);
}

/// Exit code 0, and nothing on stderr.
process_result succeed(const words& command) {
  process_result r = run(command);
  INFO(r.err);
  REQUIRE(r.exit_code == 0);
  CHECK(r.err.empty());
  return r;
}

void check_error(const words& command, int exit_code, const std::string& part) {
  const process_result r = run(command);
  INFO(r.err);
  CHECK(r.exit_code == exit_code);
  CHECK(r.err.starts_with("tokenizer: "));
  CHECK(std::count(r.err.begin(), r.err.end(), '\n') == 1);
  CHECK_THAT(r.err, contains(part));
}

std::string golden(const std::string& name) { return (data_dir() / "bpe_trainer" / name).string(); }

}  // namespace

TEST_CASE(
    "tokenizer: train writes the files that Hugging Face's trainer gives, for any number of "
    "threads",
    "[programs][tokenizer]") {
  const temp_dir dir;
  const std::string out = (dir / "tok").string();
  for (const char* threads : {"1", "2", "3"}) {
    const process_result r = succeed({"train", "--out", out, "--vocab_size", "700", "--overwrite",
                                      golden("english.txt"), "--n_threads", threads});
    CHECK_THAT(r.out, contains("700 tokens, 5 of them special, 439 merges"));
    CHECK((content(dir / "tok" / "tokenizer.json") == content(golden("english.tokenizer.json"))));
  }
  const zer0::tokenizer tok(out);
  CHECK(tok.bos() == 1);
  CHECK(tok.eos() == 2);
  CHECK(tok.pad() == 0);
  const std::vector<zer0::chat_message> said{{.role = "user", .content = "hi"}};
  CHECK(zer0::chat_template(tok.chat_template()).render(said, {.add_generation_prompt = true}) ==
        "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n");
}

TEST_CASE("tokenizer: special tokens, roles and chat template are what was asked for",
          "[programs][tokenizer]") {
  const temp_dir dir;
  std::ofstream(dir / "chat.jinja") << "{{ messages }}";
  succeed({"train", "--out", (dir / "a").string(), "--vocab_size=400", "--special_tokens",
           "<|end|> <pad>", "--eos_token", "<|end|>", "--chat_template",
           (dir / "chat.jinja").string(), golden("english.txt"), golden("chinese.jsonl")});
  const zer0::tokenizer tok(dir / "a");
  CHECK(tok.size() == 400);
  CHECK(tok.id_of("<|end|>") == 0);
  CHECK(tok.eos() == 0);
  CHECK_FALSE(tok.bos());
  CHECK_FALSE(tok.pad());
  CHECK(tok.chat_template() == "{{ messages }}");
  const process_result few = succeed(
      {"train", "--out", (dir / "b").string(), "--vocab_size=90000", golden("english.txt")});
  CHECK_THAT(few.out, contains("fewer than the 90,000 tokens asked for"));
}

TEST_CASE("tokenizer: encode and decode are inverse; inspect says what there is",
          "[programs][tokenizer]") {
  const std::string path = (data_dir() / "tokenizer" / "tokenizer.json").string();
  const zer0::tokenizer tok(path);
  const process_result ids = succeed({"encode", "--tokenizer_path", path, golden("chinese.jsonl")});
  words decode{"decode", "--tokenizer_path", path};
  for (const zer0::token_id id : tok.encode(content(golden("chinese.jsonl"))))
    decode.push_back(std::to_string(id));
  CHECK(ids.out.starts_with(decode[3] + " " + decode[4] + " "));
  CHECK((succeed(decode).out == content(golden("chinese.jsonl"))));
  const words said{"encode", "--tokenizer_path", path, "--text", "a<|im_start|>"};
  CHECK(succeed(said).out == std::to_string(tok.encode("a")[0]) + " 1\n");
  CHECK(succeed({"encode", "--tokenizer_path", path, "--parse_special", "false", "--text",
                 "<|im_start|>"})
            .out.size() > 5);
  CHECK(succeed({"decode", "--tokenizer_path", path, "--skip_special", "1", decode[3]}).out == "{");

  const std::string inspected =
      succeed({"inspect", "--tokenizer_path", path, golden("chinese.jsonl")}).out;
  for (const char* part :
       {"1  <|im_start|>", "longest tokens", "chat template: none", "80 texts, ", "bytes a token"})
    CHECK_THAT(inspected, contains(part));
  const std::string shown =
      succeed({"inspect", "--tokenizer_path", path, "--text", "a\n<|im_end|>\u732b"}).out;
  for (const char* part : {"\"a\"\n", "\"\\x0A\"\n", "\"<|im_end|>\"  special\n", "\"\\xE7\"\n"})
    CHECK_THAT(shown, contains(part));
}

TEST_CASE("tokenizer: what cannot be done is said in one sentence, and nothing is written",
          "[programs][tokenizer]") {
  const temp_dir dir;
  const std::string out = (dir / "tok").string();
  const std::string text = golden("english.txt");
  std::ofstream(dir / "bad.txt") << "abc\xff";
  std::ofstream many(dir / "many.txt");
  for (int i = 0; i < 60000; ++i) many << ' ' << i;
  many.close();
  const auto train = [&](words more) {
    more.insert(more.begin(), {"train", "--out", out});
    return more;
  };
  check_error({"trian"}, 2, "\"trian\" is no command; it must be train, encode, decode or inspect");
  check_error({"train", text}, 2, "--out is missing");
  check_error(train({}), 2, "no files are given");
  check_error(train({text, "--vocab_sice", "400"}), 2, "did you mean --vocab_size?");
  check_error(train({text, "--vocab_size", "many"}), 2, "must be a whole number");
  check_error(train({text, "--vocab_size", "200"}), 1, "it must be at least 261");
  check_error(train({text, "--special_tokens", "<s> <s>"}), 1, "'<s>' is given twice");
  check_error(train({text, "--eos_token", "<end>"}), 2, "not one of --special_tokens");
  check_error(train({text, "--chat_template", "chatml", "--special_tokens", "<s>"}), 2,
              "needs <|im_start|>");
  check_error(train({(dir / "no.txt").string()}), 1, "no.txt: No such file");
  check_error(train({text, (dir / "bad.txt").string()}), 1,
              "bad.txt: byte 3 (counted from 0) is not UTF-8");
  check_error(train({(dir / "many.txt").string(), "--max_memory", "1"}), 1,
              "more than the limit of 1 MiB");
  CHECK_FALSE(fs::exists(out));
  CHECK(std::distance(fs::directory_iterator(dir.path()), {}) == 2);
  succeed(train({text, "--vocab_size", "300"}));
  check_error(train({text, "--vocab_size", "400"}), 1, "holds ");
  CHECK(zer0::tokenizer(out).size() == 300);

  check_error({"encode", "--text", "a"}, 2, "--tokenizer_path is missing");
  check_error({"encode", "--tokenizer_path", out, "--text", "a", text}, 2, "choose one");
  check_error({"encode", "--tokenizer_path", out, (dir / "bad.txt").string()}, 1, "not UTF-8");
  check_error({"decode", "--tokenizer_path", out, "1", "x"}, 1, "'x' is not a token id");
  check_error({"decode", "--tokenizer_path", out, "300"}, 1,
              "token id 300 is not in the vocabulary; ids go from 0 to 299");
}

TEST_CASE("tokenizer: without space for all files none is left, and an older tokenizer stays",
          "[programs][tokenizer]") {
  const temp_dir dir;
  const words train{ZER0_TOKENIZER,         "train",       "--out",
                    (dir / "tok").string(), "--overwrite", golden("english.txt"),
                    "--vocab_size"};
  const auto with = [&](const char* size) {
    words command = train;
    command.emplace_back(size);
    return command;
  };
  const process_options full{.environment = {}, .largest_file = 20'000};
  for (const bool older : {false, true}) {
    if (older) REQUIRE(run_process(with("300")).exit_code == 0);
    const process_result r = run_process(with("2000"), full);
    CHECK(r.exit_code == 1);
    CHECK_THAT(r.err, contains("tokenizer: cannot write ") && contains("File too large"));
    CHECK(std::distance(fs::directory_iterator(dir.path()), {}) == (older ? 1 : 0));
  }
  CHECK(zer0::tokenizer(dir / "tok").size() == 300);
}

TEST_CASE("tokenizer: help for the program and each command", "[programs][tokenizer]") {
  CHECK_THAT(succeed({"--help"}).out, contains("tokenizer train"));
  CHECK_THAT(succeed({"train", "--help"}).out, contains("--max_token_length"));
  CHECK_THAT(succeed({"encode", "--help"}).out, contains("--add_special_tokens"));
  CHECK_THAT(succeed({"decode", "--help"}).out, contains("--skip_special"));
  CHECK_THAT(succeed({"inspect", "--help"}).out, contains("--text"));
  CHECK(run({}).exit_code == 2);
}
