// How fast text becomes tokens and tokens text. bench/peers/tokenizer.py runs it beside Hugging
// Face's tokenizers.
#include "support/machine_peak.hpp"
#include "support/report.hpp"
#include <zer0/data/records.hpp>
#include <zer0/text/tokenizer.hpp>

#include <boost/program_options.hpp>

#include <iostream>
#include <thread>

namespace po = boost::program_options;

namespace {

struct settings {
  std::vector<std::string> tokenizers, data;
  int runs = 5;
  int threads = 1;
};

/// Calls body(first, last) for `threads` parts of n, each on a thread of its own; seconds it took.
template <class Body>
double timed(int threads, std::size_t n, Body body) {
  const auto start = bench::clock::now();
  std::vector<std::thread> others;
  const auto part = [&](int i) {
    return n * static_cast<std::size_t>(i) / static_cast<std::size_t>(threads);
  };
  for (int i = 1; i < threads; ++i) others.emplace_back([&, i] { body(part(i), part(i + 1)); });
  body(0, part(1));
  for (std::thread& t : others) t.join();
  return bench::seconds_since(start);
}

std::vector<std::string> texts_of(const std::string& path) {
  const zer0::pretrain_records records(path);
  std::vector<std::string> texts(static_cast<std::size_t>(records.size()));
  for (std::size_t i = 0; i < texts.size(); ++i)
    records.read(static_cast<zer0::index_t>(i), texts[i]);
  return texts;
}

void measure(const settings& s, const std::string& tokenizer, const std::string& path,
             bench::report& out) {
  auto start = bench::clock::now();
  const zer0::tokenizer tok(tokenizer);
  const double load = bench::seconds_since(start);
  const std::vector<std::string> texts = texts_of(path);
  double bytes = 0;
  for (const std::string& text : texts) bytes += static_cast<double>(text.size());
  std::vector<std::vector<zer0::token_id>> ids(texts.size());
  std::vector<double> encode, decode;
  double first = 0;
  for (int run = 0; run <= s.runs; ++run) {
    const double e = timed(s.threads, texts.size(), [&](std::size_t from, std::size_t to) {
      for (std::size_t i = from; i < to; ++i) ids[i] = tok.encode(texts[i]);
    });
    std::size_t characters = 0;
    const double d = timed(1, ids.size(), [&](std::size_t from, std::size_t to) {
      for (std::size_t i = from; i < to; ++i) characters += tok.decode(ids[i]).size();
    });
    zer0::require(characters > 0, path, " holds no text");
    if (run == 0) first = bytes / e / 1e6;
    if (run > 0) encode.push_back(bytes / e / 1e6);
    if (run > 0) decode.push_back(bytes / d / 1e6);
  }
  double tokens = 0;
  for (const auto& one : ids) tokens += static_cast<double>(one.size());
  const auto name = [](const std::string& p) {
    return std::filesystem::path(p).filename().string();
  };
  out.add({{"tokenizer", name(tokenizer)},
           {"data", name(path)},
           {"MB", bytes / 1e6},
           {"bytes/token", bytes / tokens},
           {"load ms", load * 1e3},
           {"first encode MB/s", first},
           {"encode MB/s", bench::median(encode)},
           {"decode MB/s", bench::median(decode)},
           {"process peak MiB", bench::peak_mib()}});
}

}  // namespace

int main(int argc, char** argv) try {
  settings s;
  std::string json;
  po::options_description options("Times a tokenizer on JSON Lines of {\"text\": ...}");
  // clang-format off
  options.add_options()
      ("help", "this text")
      ("tokenizer", po::value(&s.tokenizers)->composing()->required(), "tokenizer.json or its folder; may be given several times")
      ("data", po::value(&s.data)->composing()->required(), "JSON Lines; may be given several times")
      ("threads", po::value(&s.threads)->default_value(1), "threads that encode")
      ("runs", po::value(&s.runs)->default_value(5), "measured runs of each")
      ("json", po::value(&json), "also write the figures to this file");
  // clang-format on
  po::variables_map values;
  po::store(po::parse_command_line(argc, argv, options), values);
  if (values.count("help")) {
    std::cout << options;
    return 0;
  }
  po::notify(values);
  zer0::require(s.threads >= 1 && s.runs >= 1, "--threads and --runs must be at least 1");
  bench::report out("tokenizer: text to tokens on " + std::to_string(s.threads) +
                    " threads, and back on one");
  for (const std::string& tokenizer : s.tokenizers)
    for (const std::string& data : s.data) measure(s, tokenizer, data, out);
  out.finish(json);
  return 0;
} catch (const std::exception& e) {
  std::cerr << "tokenizer: " << e.what() << '\n';
  return 2;
}
