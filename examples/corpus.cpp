// Writes a small corpus for a first training run: stories and facts in English and Chinese, made from a grammar.
#include "corpus/unique_documents.hpp"
#include "corpus/worlds.hpp"
#include <zer0/core/error.hpp>
#include <zer0/io/atomic_file.hpp>

#include <boost/program_options.hpp>
#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>

namespace {

namespace po = boost::program_options;

struct options {
  std::filesystem::path out;
  std::int64_t documents = 20000;
  std::uint64_t seed = 1;
  double val_fraction = 0.02;
};

/// Nothing if only the help was asked for.
std::optional<options> parse(int argc, char** argv) {
  options o;
  std::string out;
  po::options_description known(
      "corpus: writes DIR/pretrain.jsonl and DIR/pretrain_val.jsonl, one {\"text\": ...} a line.\n\n"
      "The texts are short stories and simple facts, half of them English, half Chinese, made from a\n"
      "grammar. The same seed gives the same files on every machine. No text occurs twice, so none\n"
      "of the validation file is in the training file.\n\nOptions",
      100);
  auto add = known.add_options();
  add("help,h", "print this and stop");
  add("out", po::value(&out)->required()->value_name("DIR"), "folder to write to; made if it does not exist");
  add("documents", po::value(&o.documents)->default_value(o.documents)->value_name("N"),
      "texts in both files together");
  add("seed", po::value(&o.seed)->default_value(o.seed)->value_name("N"), "which texts");
  add("val_fraction", po::value(&o.val_fraction)->default_value(o.val_fraction, "0.02")->value_name("X"),
      "part of the texts that goes to the validation file, from 0 to below 1");

  po::variables_map given;
  const auto style = po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
  po::store(po::command_line_parser(argc, argv).options(known).positional({}).style(style).run(), given);
  if (given.count("help") != 0) {
    std::cout << known;
    return std::nullopt;
  }
  po::notify(given);
  o.out = out;
  zer0::require(o.documents > 0, "--documents is ", o.documents, "; it must be at least 1");
  zer0::require(o.val_fraction >= 0 && o.val_fraction < 1, "--val_fraction is ", o.val_fraction,
                "; it must be at least 0 and below 1");
  return o;
}

struct totals {
  std::int64_t documents = 0;
  std::int64_t bytes = 0;
};

totals write_jsonl(const std::filesystem::path& path, std::int64_t documents, corpus::unique_documents& source) {
  constexpr std::size_t piece = std::size_t{1} << 20;
  zer0::atomic_file file(path);
  totals sum{documents, 0};
  std::string buffer;
  for (std::int64_t i = 0; i < documents; ++i) {
    const std::string text = source.next();
    sum.bytes += static_cast<std::int64_t>(text.size());
    buffer += "{\"text\": " + nlohmann::json(text).dump() + "}\n";
    if (buffer.size() < piece) continue;
    file.write(buffer);
    buffer.clear();
  }
  file.write(buffer);
  file.commit();
  return sum;
}

void run(const options& o) {
  std::filesystem::create_directories(o.out);
  corpus::unique_documents source({corpus::english_world(), corpus::chinese_world()}, o.seed);
  const auto val_documents = std::llround(static_cast<double>(o.documents) * o.val_fraction);
  const auto write = [&](const char* name, std::int64_t documents) {
    const auto path = o.out / name;
    const totals sum = write_jsonl(path, documents, source);
    std::cout << path.string() << ": " << sum.documents << " texts, " << sum.bytes << " bytes of text\n";
  };
  write("pretrain.jsonl", o.documents - val_documents);
  write("pretrain_val.jsonl", val_documents);
}

}  // namespace

int main(int argc, char** argv) try {
  if (const auto o = parse(argc, argv)) run(*o);
  return 0;
} catch (const po::error& e) {
  std::cerr << "corpus: " << e.what() << "; see corpus --help\n";
  return 2;
} catch (const std::exception& e) {
  std::cerr << "corpus: " << e.what() << '\n';
  return 1;
}
