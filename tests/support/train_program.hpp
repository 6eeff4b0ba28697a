// The program train, on a corpus and a model so small that a run takes less than a second.
#pragma once

#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/shared_dir.hpp"
#include "support/temp_dir.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#ifndef ZER0_TRAIN
#error "compile with -DZER0_TRAIN=\"/path/to/train\", as tests/programs/area.cmake does"
#endif

namespace support {

namespace fs = std::filesystem;
using words = std::vector<std::string>;

inline std::string file_content(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  REQUIRE(in);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void write_file(const fs::path& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

/// Sentences of a few words in a fixed order, 2 to 40 words each: some longer than a row of 32
/// tokens.
inline void write_corpus(const fs::path& path, int texts = 40, unsigned seed = 1) {
  const words nouns{"cat", "dog", "bird", "house", "tree", "hill", "red fox", "mat"};
  std::mt19937 random(seed);
  std::ofstream out(path);
  for (int i = 0; i < texts; ++i) {
    std::string text = "the " + nouns[random() % nouns.size()];
    for (unsigned n = random() % 10; n > 0; --n)
      text += " saw the " + nouns[random() % nouns.size()] + ",";
    out << nlohmann::json{{"text", text}} << '\n';
  }
}

/// The files of a finished or interrupted run.
struct run_files {
  fs::path directory;

  [[nodiscard]] fs::path last() const { return directory / fs::read_symlink(directory / "last"); }
  [[nodiscard]] fs::path best() const { return directory / fs::read_symlink(directory / "best"); }
  [[nodiscard]] fs::path step(int n) const {
    const std::string digits = std::to_string(n);
    return directory / ("step_" + std::string(8 - digits.size(), '0') + digits);
  }

  [[nodiscard]] long last_step() const {
    return nlohmann::json::parse(file_content(last() / "training_state.json"))["step"].get<long>();
  }

  /// Names in the folder, best and last among them; not those of what is kept of counts.
  [[nodiscard]] std::set<std::string> names() const {
    std::set<std::string> all;
    for (const auto& entry : fs::directory_iterator(directory)) {
      const std::string name = entry.path().filename().string();
      if (!name.starts_with("counts-")) all.insert(name);
    }
    return all;
  }
  /// What is kept of counts: names and contents.
  [[nodiscard]] std::map<std::string, std::string> counts() const {
    std::map<std::string, std::string> all;
    for (const auto& entry : fs::directory_iterator(directory)) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with("counts-")) all[name] = file_content(entry.path());
    }
    return all;
  }
  [[nodiscard]] std::set<std::string> steps() const {
    std::set<std::string> all;
    for (const std::string& name : names())
      if (name.starts_with("step_")) all.insert(name);
    return all;
  }

  /// The lines of log.jsonl without what depends on the machine.
  [[nodiscard]] std::vector<nlohmann::json> log() const {
    std::vector<nlohmann::json> lines;
    std::ifstream in(directory / "log.jsonl");
    for (std::string line; std::getline(in, line) && !in.eof();) {
      lines.push_back(nlohmann::json::parse(line));
      lines.back().erase("tokens_per_second");
    }
    return lines;
  }

  /// As a kill right after checkpoint `n` would have left it, but for the log.
  void rewind(int n) const {
    for (const std::string& name : steps())
      if (directory / name > step(n)) fs::remove_all(directory / name);
    fs::remove(directory / "last");
    fs::create_directory_symlink(step(n).filename(), directory / "last");
  }
};

/// A folder with a corpus, and runs of train in it.
class train_program {
 public:
  train_program() { write_corpus(data()); }

  [[nodiscard]] fs::path path(const std::string& name) const { return dir_ / name; }
  [[nodiscard]] fs::path data() const { return dir_ / "data.jsonl"; }
  [[nodiscard]] run_files run(const std::string& out_dir = "out") const {
    return {dir_ / out_dir / "pretrain_16"};
  }

  /// The command line: a tiny model on the corpus, 10 steps an epoch, as far as `more` does not say
  /// otherwise.
  [[nodiscard]] words command(const words& more, const std::string& out_dir = "out") const {
    const std::vector<std::pair<std::string, std::string>> defaults{
        {"--out_dir", path(out_dir).string()},
        {"--data_path", data().string()},
        {"--tokenizer_path", (data_dir() / "tokenizer").string()},
        {"--dim", "16"},
        {"--n_layers", "1"},
        {"--n_heads", "2"},
        {"--max_seq_len", "32"},
        {"--batch_size", "2"},
        {"--accumulation_steps", "2"},
        {"--log_interval", "1"}};
    const auto given = [&](const std::string& name) {
      return std::ranges::any_of(
          more, [&](const std::string& w) { return w == name || w.starts_with(name + "="); });
    };
    words all{ZER0_TRAIN};
    for (const auto& [name, value] : defaults)
      if (!given(name)) all.insert(all.end(), {name, value});
    return joined(all, more);
  }
  [[nodiscard]] words resume_command(const words& more = {},
                                     const std::string& out_dir = "out") const {
    return joined({ZER0_TRAIN, "--resume", "--out_dir", path(out_dir).string()}, more);
  }

  process_result train(const words& more, const std::string& out_dir = "out") const {
    return execute(command(more, out_dir));
  }
  process_result resume(const words& more = {}, const std::string& out_dir = "out") const {
    return execute(resume_command(more, out_dir));
  }

  static process_options environment() {
    return {.environment = {{"OMP_NUM_THREADS", "2"}, {"OMP_WAIT_POLICY", "passive"}},
            .largest_file = {}};
  }
  static process_result execute(const words& command) {
    return run_process(command, environment());
  }

 private:
  static words joined(words first, const words& more) {
    first.insert(first.end(), more.begin(), more.end());
    return first;
  }

  temp_dir dir_;
};

/// Exit code 0; what was printed shows where it is not.
inline void require_success(const process_result& r) {
  INFO(r.err);
  REQUIRE(r.signal == 0);
  REQUIRE(r.exit_code == 0);
}

/// An error as users should see it: this exit code and one line "train: ..." on stderr with these
/// parts.
inline void check_error(const process_result& r, int exit_code, const words& parts) {
  INFO(r.err);
  CHECK(r.exit_code == exit_code);
  CHECK(std::count(r.err.begin(), r.err.end(), '\n') == 1);
  CHECK(r.err.starts_with("train: "));
  for (const std::string& part : parts) CHECK_THAT(r.err, contains(part));
}

/// Both runs ended in the same bits: weights, optimizer, state, and the course that led there.
inline void check_same_end(const run_files& a, const run_files& b) {
  for (const char* name : {"model.safetensors", "optimizer.safetensors", "config.json"}) {
    INFO(name);
    CHECK((file_content(a.last() / name) == file_content(b.last() / name)));
  }
  CHECK(a.last().filename() == b.last().filename());
  CHECK(a.best().filename() == b.best().filename());
  CHECK((a.log() == b.log()));  // without hundreds of lines where they differ
}

}  // namespace support
