// Runs a fuzzer without libFuzzer: on the files named, or on mutations of a corpus.
//   tokenizer_fuzz FILE...                                   each file once
//   tokenizer_fuzz -runs=20000 -seed=7 [-max_len=65536] DIR  mutations of the files in DIR
// The input of a run that crashes is left in crash-last in the working directory, and runs again as
// FILE.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using bytes = std::vector<std::uint8_t>;

bytes read(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    std::cerr << file << ": cannot be read\n";
    std::exit(2);
  }
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<bytes> read_corpus(const std::vector<std::string>& paths) {
  std::vector<std::filesystem::path> files;
  for (const std::string& path : paths) {
    if (!std::filesystem::is_directory(path)) {
      files.emplace_back(path);
      continue;
    }
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());  // so that a seed means the same on every machine
  std::vector<bytes> corpus;
  for (const auto& file : files) corpus.push_back(read(file));
  return corpus;
}

/// Small changes as libFuzzer makes them: bits, interesting bytes, pieces deleted, doubled, or
/// taken from another file.
class mutator {
 public:
  mutator(const std::vector<bytes>& corpus, std::uint64_t seed) : corpus_(corpus), random_(seed) {}

  bytes next(std::size_t max_length) {
    bytes input = corpus_[below(corpus_.size())];
    for (std::size_t changes = 1 + below(6); changes > 0; --changes) change(input);
    if (input.size() > max_length) input.resize(max_length);
    return input;
  }

 private:
  std::size_t below(std::size_t n) {
    return n == 0 ? 0 : std::uniform_int_distribution<std::size_t>(0, n - 1)(random_);
  }

  static bytes::iterator at(bytes& input, std::size_t i) {
    return input.begin() + static_cast<std::ptrdiff_t>(i);
  }

  void change(bytes& input) {
    static constexpr std::string_view interesting = "\0\xFF\x7F\x80{}[]\":,-0123456789enult\\ \n";
    const std::size_t place = below(input.size() + 1);
    const std::size_t length = std::min(input.size() - place, std::size_t{1} << below(8));
    const auto byte = static_cast<std::uint8_t>(interesting[below(interesting.size())]);
    switch (below(7)) {
      case 0:
        if (place < input.size()) input[place] ^= static_cast<std::uint8_t>(1U << below(8));
        break;
      case 1:
        if (place < input.size()) input[place] = byte;
        break;
      case 2:
        input.insert(at(input, place), byte);
        break;
      case 3:
        input.erase(at(input, place), at(input, place + length));
        break;
      case 4:
        insert(input, place, bytes(at(input, place), at(input, place + length)));
        break;
      case 5:
        input.resize(place);
        break;
      default:
        insert(input, place, piece_of(corpus_[below(corpus_.size())]));
        break;
    }
  }

  static void insert(bytes& input, std::size_t place, const bytes& piece) {
    input.insert(at(input, place), piece.begin(), piece.end());
  }

  bytes piece_of(const bytes& other) {
    const std::size_t begin = below(other.size());
    const std::size_t length = std::min(other.size() - begin, std::size_t{1} << below(10));
    const auto from = other.begin() + static_cast<std::ptrdiff_t>(begin);
    return {from, from + static_cast<std::ptrdiff_t>(length)};
  }

  const std::vector<bytes>& corpus_;
  std::mt19937_64 random_;
};

void run(const bytes& input) { (void)LLVMFuzzerTestOneInput(input.data(), input.size()); }

void run_mutations(const std::vector<bytes>& corpus, std::uint64_t runs, std::uint64_t seed,
                   std::size_t max_length) {
  mutator mutations(corpus, seed);
  for (std::uint64_t i = 0; i < runs; ++i) {
    const bytes input = mutations.next(max_length);
    std::ofstream("crash-last", std::ios::binary)
        .write(reinterpret_cast<const char*>(input.data()),
               static_cast<std::streamsize>(input.size()));
    run(input);
  }
  std::filesystem::remove("crash-last");
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t runs = 0;
  std::uint64_t seed = 1;
  std::size_t max_length = std::size_t{1} << 16;
  std::vector<std::string> paths;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument.starts_with("-runs="))
      runs = std::stoull(argument.substr(6));
    else if (argument.starts_with("-seed="))
      seed = std::stoull(argument.substr(6));
    else if (argument.starts_with("-max_len="))
      max_length = std::stoull(argument.substr(9));
    else
      paths.push_back(argument);
  }
  const std::vector<bytes> corpus = read_corpus(paths);
  if (corpus.empty()) {
    std::cerr << "usage: " << argv[0] << " FILE... | -runs=N -seed=S DIRECTORY\n";
    return 2;
  }
  for (const bytes& input : corpus) run(input);
  run_mutations(corpus, runs, seed, max_length);
  std::cout << corpus.size() << " files and " << runs << " mutations without a fault\n";
}
