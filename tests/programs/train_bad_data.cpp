#include "support/train_program.hpp"

#include <sstream>

using namespace support;

namespace {

/// One step on the file.
words on(const fs::path& file, const words& more = {}) {
  words options{"--data_path", file.string(), "--max_steps", "1"};
  options.insert(options.end(), more.begin(), more.end());
  return options;
}

std::string tell_and_skip(const fs::path& file, int bad) {
  return file.string() + ": " + std::to_string(bad) +
         (bad == 1 ? " bad line is" : " bad lines are") + " left out; the first: " + file.string() +
         ":";
}

/// A file of ../shared/data/malformed: its first bad line and the number of them; 0: it is good.
struct malformed {
  const char* name;
  int first_bad;
  int bad;
};
constexpr malformed malformed_files[] = {
    {"pretrain_truncated_line.jsonl", 2, 1},
    {"pretrain_truncated_eof.jsonl", 3, 1},
    {"pretrain_no_final_newline.jsonl", 0, 0},
    {"pretrain_invalid_utf8.jsonl", 2, 1},
    {"pretrain_overlong_and_surrogate_bytes.jsonl", 2, 1},
    {"pretrain_lone_surrogate_escape.jsonl", 2, 2},
    {"pretrain_missing_text.jsonl", 2, 2},
    {"pretrain_text_not_string.jsonl", 2, 4},
    {"pretrain_empty_text.jsonl", 2, 2},
    {"pretrain_blank_lines.jsonl", 0, 0},
    {"pretrain_bom.jsonl", 0, 0},
    {"pretrain_crlf.jsonl", 0, 0},
    {"pretrain_not_an_object.jsonl", 2, 4},
    {"pretrain_trailing_garbage.jsonl", 2, 2},
    {"pretrain_raw_control_chars.jsonl", 2, 1},
    {"pretrain_duplicate_key.jsonl", 2, 1},
    {"pretrain_deep_nesting.jsonl", 0, 0},
};
const std::set<std::string> files_of_no_records{"empty.jsonl", "only_newlines.jsonl",
                                                "only_bom.jsonl"};

}  // namespace

TEST_CASE("train: a bad line is an error with file and line; nothing is written",
          "[programs][train_bad_data]") {
  const train_program p;
  const fs::path file = p.path("bad.jsonl");
  const std::string good = "{\"text\": \"the cat saw the dog\"}\n";
  const std::vector<std::pair<std::string, std::string>> lines{
      {"{\"text\": \"the ca", "not valid JSON at byte"},
      {"{\"text\": \"a\"} {\"text\": \"b\"}", "not valid JSON at byte"},
      {"{\"text\": \"a\",}", "not valid JSON at byte"},
      {"{\"text\": \"\xff\xfe\"}", "ill-formed UTF-8"},
      {"{\"text\": \"\\ud83d\"}", "surrogate"},
      {std::string("{\"text\": \"a\0b\"}", 14), "NUL"},
      {"{\"title\": \"a\"}", "it has no \"text\""},
      {"{\"text\": \"a\", \"text\": \"b\"}", "it has \"text\" twice"},
      {"{\"text\": null}", "its \"text\" is null, not a string"},
      {"{\"text\": 7}", "its \"text\" is a number, not a string"},
      {"{\"text\": \"  \"}", "its \"text\" is empty"},
      {"[\"a\"]", "it is an array, not an object"},
  };
  for (const auto& [line, reason] : lines) {
    INFO(line);
    write_file(file, good + "\n" + line + "\n" + good);
    check_error(p.train(on(file)), 1,
                {file.string() + ":3: ", reason, "set skip_bad_lines to leave such lines out"});
    check_error(p.train(on(file, {"--num_workers", "0"})), 1, {file.string() + ":3: ", reason});
    check_error(p.train({"--val_path", file.string()}), 1, {file.string() + ":3: ", reason});
  }
  CHECK_FALSE(fs::exists(p.path("out")));
}

TEST_CASE("train: --skip_bad_lines trains on the rest, and counts what it leaves out",
          "[programs][train_bad_data]") {
  const train_program p;
  std::string mixed, rest;
  std::istringstream good(file_content(p.data()));
  int bad = 0;
  for (std::string line; std::getline(good, line);) {
    rest += line + "\n";
    mixed += line + "\n";
    if (rest.size() % 3 == 0) mixed += (++bad % 2 == 0 ? "{\"text\": 1}\n" : "{\"text\": \"\n");
  }
  REQUIRE(bad > 5);
  const fs::path file = p.path("mixed.jsonl");
  write_file(file, mixed);
  const process_result r =
      p.train({"--data_path", file.string(), "--skip_bad_lines", "--num_workers", "3"}, "mixed");
  require_success(r);
  CHECK_THAT(r.err, contains(tell_and_skip(file, bad)));
  CHECK_THAT(r.out, contains("40 texts"));
  require_success(p.train({}, "rest"));
  check_same_end(p.run("mixed"), p.run("rest"));
}

TEST_CASE("train: a file of no records is an error, whatever is skipped",
          "[programs][train_bad_data]") {
  const train_program p;
  const fs::path file = p.path("none.jsonl");
  for (const std::string content : {"", "\n\n  \n", "\xef\xbb\xbf"}) {
    write_file(file, content);
    check_error(p.train(on(file)), 1, {file.string() + " has no records"});
    check_error(p.train(on(file, {"--skip_bad_lines"})), 1, {file.string() + " has no records"});
  }
  write_file(file, "no\nno\n");
  check_error(p.train(on(file)), 1, {file.string() + ":1: not valid JSON"});
  check_error(p.train(on(file, {"--skip_bad_lines"})), 1,
              {file.string() + " has no records: all its lines are bad"});
  write_file(file, "[{\"text\": \"a\"},\n {\"text\": \"b\"}]\n");
  check_error(p.train(on(file)), 1, {file.string() + ":1: ", "jq -c '.[]'"});
  check_error(p.train(on(p.path(""))), 1, {"cannot read", "Is a directory"});
}

TEST_CASE("train: too little data for what is asked is refused", "[programs][train_bad_data]") {
  const train_program p;
  const fs::path file = p.path("one.jsonl");
  write_file(file, "{\"text\": \"the cat\"}\n");
  require_success(p.train(on(file)));
  const process_result r = p.train(on(file, {"--val_fraction", "0.5"}), "parted");
  check_error(r, 1, {file.string() + " has 1 record", "needs two"});
}

TEST_CASE("train: borderline files are read as the documentation of the data says",
          "[programs][train_bad_data]") {
  const auto shared = shared_dir();
  if (!shared || !fs::is_directory(*shared / "data" / "malformed")) {
    WARN("skipped: no shared folder");
    return;
  }
  const fs::path folder = *shared / "data" / "malformed";
  const train_program p;
  for (const auto& [name, first_bad, bad] : malformed_files) {
    INFO(name);
    const fs::path file = folder / name;
    const process_result strict = p.train(on(file, {"--overwrite"}));
    const process_result skipping = p.train(on(file, {"--overwrite", "--skip_bad_lines"}));
    require_success(skipping);
    if (bad == 0) {
      require_success(strict);
      CHECK_THAT(skipping.err, !contains("bad line"));
    } else {
      check_error(strict, 1,
                  {file.string() + ":" + std::to_string(first_bad) + ": ", "set skip_bad_lines"});
      CHECK_THAT(skipping.err,
                 contains(tell_and_skip(file, bad) + std::to_string(first_bad) + ": "));
    }
  }
  for (const std::string& name : files_of_no_records)
    for (const bool skip : {false, true})
      check_error(p.train(on(folder / name, {"--overwrite", skip ? "--skip_bad_lines=true"
                                                                 : "--skip_bad_lines=false"})),
                  1, {(folder / name).string() + " has no records"});
  check_error(p.train(on(folder / "pretrain_json_array.json", {"--overwrite"})), 1,
              {"pretrain_json_array.json:1: ", "jq -c '.[]'"});

  std::set<std::string> known = files_of_no_records;
  known.insert("pretrain_json_array.json");
  for (const malformed& file : malformed_files) known.insert(file.name);
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("pretrain_") || name.starts_with("empty") || name.starts_with("only_"))
      CHECK(known.count(name) == 1);
  }
}
