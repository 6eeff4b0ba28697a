#include "support/catch.hpp"
#include "support/temp_dir.hpp"
#include <zer0/core/error.hpp>
#include <zer0/recipe/run_folder.hpp>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

namespace fs = std::filesystem;
using zer0::run_folder;
using names = std::set<std::string>;

namespace {

names names_in(const fs::path& folder) {
  names all;
  for (const auto& entry : fs::directory_iterator(folder))
    all.insert(entry.path().filename().string());
  return all;
}

void put(const fs::path& file, const std::string& text = "text") {
  fs::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

std::string content(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// A folder with these checkpoints, each with a file in it.
void make_run(const fs::path& path, const std::vector<zer0::index_t>& steps) {
  run_folder folder(path);
  folder.open();
  for (const zer0::index_t step : steps) {
    put(folder.checkpoint(step) / "model.safetensors");
    folder.set_last(step);
  }
}

}  // namespace

TEST_CASE("run_folder: it is created with its marker, and holds nothing at first",
          "[recipe][run_folder]") {
  const support::temp_dir dir;
  run_folder folder(dir / "a/b");
  CHECK_FALSE(fs::exists(dir / "a"));
  folder.open();
  folder.open();
  CHECK(names_in(dir / "a/b") == names{".lock", ".zer0_run"});
  CHECK(folder.last().empty());
  CHECK(folder.best().empty());
  CHECK(folder.steps().empty());
  CHECK(folder.checkpoint(12) == dir / "a/b/step_00000012");
  CHECK(folder.checkpoint(1234567890) == dir / "a/b/step_1234567890");
}

TEST_CASE(
    "run_folder: links point to checkpoints; the oldest are removed, never the best or the last",
    "[recipe][run_folder]") {
  const support::temp_dir dir;
  make_run(dir.path(), {10, 20, 30, 100000000});
  run_folder folder(dir.path());
  folder.open();
  CHECK(folder.last() == folder.checkpoint(100000000));
  folder.set_best(10);
  CHECK(folder.steps() == std::vector<zer0::index_t>{10, 20, 30, 100000000});
  folder.remove_oldest(3);
  CHECK(folder.steps() == std::vector<zer0::index_t>{10, 30, 100000000});
  folder.remove_oldest(1);
  CHECK(folder.steps() == std::vector<zer0::index_t>{10, 100000000});
  CHECK(folder.best() == folder.checkpoint(10));
  folder.clear();
  CHECK(names_in(dir.path()) == names{".lock", ".zer0_run"});
}

TEST_CASE("run_folder: a second one is refused while the first is open, and harms nothing",
          "[recipe][run_folder]") {
  const support::temp_dir dir;
  {
    run_folder first(dir.path());
    first.open();
    put(dir / "step_00000007.tmp.1/model.safetensors");  // as if it were writing it
    run_folder second(dir.path());
    CHECK_THROWS_WITH(second.open(), "another run writes to " + dir.path().string() +
                                         "; wait for it, or choose another folder");
    CHECK(fs::exists(dir / "step_00000007.tmp.1"));
  }
  run_folder third(dir.path());
  third.open();
  CHECK_FALSE(fs::exists(dir / "step_00000007.tmp.1"));
}

TEST_CASE("run_folder: what a kill left half-written goes, what it was replacing comes back",
          "[recipe][run_folder]") {
  const support::temp_dir dir;
  make_run(dir.path(), {5, 10});
  put(dir / "step_00000015.tmp.4711/model.safetensors", "half");
  put(dir / "log.jsonl.tmp.4711", "half");
  put(dir / "counts-0123456789abcdef.bin.tmp.4711", "half");
  put(dir / "counts-fedcba9876543210.bin", "whole");
  put(dir / "files.tmp.4711/tokenizer.json", "half");
  fs::create_directory_symlink("step_00000015", dir / "last.tmp");
  fs::rename(dir / "step_00000005", dir / "step_00000005.old.4711");
  put(dir / "step_00000010.old.4711/model.safetensors", "older");
  fs::create_directories(dir / "step_00000003.tmp");
  run_folder folder(dir.path());
  folder.open();
  CHECK(names_in(dir.path()) == names{".lock", ".zer0_run", "counts-fedcba9876543210.bin", "last",
                                      "step_00000005", "step_00000010"});
  CHECK(content(dir / "step_00000010/model.safetensors") == "text");
}

TEST_CASE("run_folder: a run killed before it linked its first checkpoint goes on from it",
          "[recipe][run_folder]") {
  const support::temp_dir dir;
  make_run(dir.path(), {5});
  fs::remove(dir / "last");
  run_folder folder(dir.path());
  folder.open();
  CHECK(folder.last() == folder.checkpoint(5));
}

TEST_CASE("run_folder: what is not its own is not touched, however like it the name is",
          "[recipe][run_folder]") {
  const support::temp_dir dir;
  const names foreign{"email.tmpl",
                      "draft.old.txt",
                      "cache.tmp_photos",
                      "thesis.old.docx",
                      "step_1",
                      "step_0000001x.tmp.1",
                      "my.tmp",
                      "step_00000001.tmp.copy",
                      "log.jsonl.tmp.a1",
                      "log.jsonl.bak",
                      "step_00000001.old.1.txt",
                      "best.txt",
                      "last.tmp.txt",
                      "files.zip",
                      "xstep_00000001.tmp.1"};
  for (const std::string& name : foreign) put(dir / name / "deep.txt", name);
  make_run(dir.path(), {1, 2, 3});
  run_folder folder(dir.path());
  folder.open();
  folder.remove_oldest(1);
  folder.clear();
  names expected = foreign;
  expected.insert({".lock", ".zer0_run"});
  CHECK(names_in(dir.path()) == expected);
  for (const std::string& name : foreign) CHECK(content(dir / name / "deep.txt") == name);
}

TEST_CASE("run_folder: a folder with a run's names but no marker is refused and left as it is",
          "[recipe][run_folder]") {
  for (const char* name :
       {"step_00000001.tmp.12", "step_00000100", "last", "best", "log.jsonl", "files"}) {
    const support::temp_dir dir;
    put(dir / name, "mine");
    run_folder folder(dir.path());
    CHECK_THROWS_WITH(
        folder.open(),
        support::contains(dir.path().string() + " holds " + name +
                          ", but no .zer0_run: it is not the folder of a run; choose"));
    CHECK(names_in(dir.path()) == names{name});
    CHECK(content(dir / name) == "mine");
  }
}

TEST_CASE("run_folder: counts of data that was opened before the run began are no obstacle",
          "[recipe][run_folder]") {
  const support::temp_dir dir;
  put(dir / "counts-0123456789abcdef.bin");
  put(dir / "counts-0123456789abcdef.bin.tmp.12", "half");  // killed then
  put(dir / ".zer0_run.tmp.12", "half");                    // or a moment later
  run_folder folder(dir.path());
  folder.open();
  CHECK(names_in(dir.path()) == names{".lock", ".zer0_run", "counts-0123456789abcdef.bin"});
}

TEST_CASE("run_folder: files are kept as they were when the run began", "[recipe][run_folder]") {
  const support::temp_dir dir;
  put(dir / "tokenizer.json", "first");
  {
    run_folder folder(dir / "run", {dir / "tokenizer.json"});
    folder.open();
    CHECK(folder.files() == std::vector<fs::path>{dir / "run/files/tokenizer.json"});
  }
  put(dir / "tokenizer.json", "second");
  run_folder again(dir / "run", {dir / "tokenizer.json"});
  again.open();
  CHECK(content(again.files().at(0)) == "first");
}

TEST_CASE("run_folder: a path that cannot be a folder is refused with the reason",
          "[recipe][run_folder]") {
  const support::temp_dir dir;
  put(dir / "file");
  run_folder on_file(dir / "file");
  CHECK_THROWS_WITH(on_file.open(),
                    support::contains("cannot create the folder " + (dir / "file").string()));
  run_folder below(dir / "file/below");
  CHECK_THROWS_WITH(below.open(),
                    support::contains("cannot create the folder " + (dir / "file/below").string()));
  CHECK_THROWS_WITH(run_folder(""), support::contains("the path is empty"));
}
