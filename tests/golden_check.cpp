// golden_check DIR: compares zer0 with golden numbers, a line for each file.
#include "support/golden_check.hpp"

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;
namespace golden = support::golden;

constexpr const char* usage =
    "usage: golden_check [--tensors] DIR\n"
    "\n"
    "Compares zer0 with the golden numbers in DIR/*.safetensors (or in one such file): what a file "
    "holds is told by\n"
    "its tensors, sizes are taken from its metadata and shapes. Every tensor is compared on the "
    "cpu device and on the\n"
    "reference device, with both attention kernels. Prints for each file the comparison that is "
    "closest to what is\n"
    "allowed, or farthest beyond.\n"
    "\n"
    "  --tensors   print every comparison\n"
    "  --help      print this\n"
    "\n"
    "Exit code: 0 all passed, 1 a file failed or could not be read, 2 wrong usage or no such "
    "directory.\n";

struct tally {
  int passed = 0, failed = 0;
};

void print(const std::string& name, const golden::file_report& report, bool every) {
  const golden::comparison worst = report.result.worst();
  std::printf("%-34s %-12s %6zu %10.2e %10.2e  %-4s  %s\n", name.c_str(),
              std::string(name_of(report.kind)).c_str(), report.result.comparisons().size(),
              worst.error, worst.allowed, report.passed() ? "pass" : "FAIL", worst.what.c_str());
  for (const golden::comparison& c : report.result.comparisons())
    if (every || !c.passed())
      std::printf("    %10.2e of %10.2e  %-4s  %s\n", c.error, c.allowed, c.passed() ? "" : "FAIL",
                  c.what.c_str());
}

void check(const fs::path& path, bool every, tally& count) {
  try {
    golden::file f(path);
    const golden::file_report report = golden::check(f);
    print(f.name(), report, every);
    ++(report.passed() ? count.passed : count.failed);
  } catch (const std::exception& e) {
    std::printf("%-34s FAIL: %s\n", path.filename().string().c_str(), e.what());
    ++count.failed;
  }
}

std::vector<fs::path> files_of(const fs::path& where) {
  if (fs::is_regular_file(where)) return {where};
  zer0::require(fs::is_directory(where), "golden_check: there is no directory ", where.string());
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(where))
    if (entry.path().extension() == ".safetensors") files.push_back(entry.path());
  zer0::require(!files.empty(), "golden_check: ", where.string(), " holds no .safetensors file");
  std::ranges::sort(files);
  return files;
}

int run(const fs::path& where, bool every) {
  const std::vector<fs::path> files = files_of(where);
  std::printf("%-34s %-12s %6s %10s %10s  %-4s  %s\n", "file", "kind", "checks", "error", "allowed",
              "", "at");
  tally count;
  for (const fs::path& path : files) check(path, every, count);
  std::printf("%d passed, %d failed\n", count.passed, count.failed);
  return count.failed > 0 ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> places;
  bool every = false;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--help" || argument == "-h") return std::fputs(usage, stdout), 0;
    if (argument == "--tensors")
      every = true;
    else
      places.push_back(argument);
  }
  if (places.size() != 1 || places[0].starts_with("--")) return std::fputs(usage, stderr), 2;
  try {
    return run(places[0], every);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 2;
  }
}
