// Writes a small corpus for a first model: stories and facts in English and Chinese to pretrain on,
// questions with their answers for fine-tuning, and requests with a kind and a rude answer for
// preference training, all made from a grammar.
#include "corpus/questions.hpp"
#include "corpus/unique_documents.hpp"
#include "corpus/worlds.hpp"
#include <zer0/core/error.hpp>
#include <zer0/file/atomic.hpp>

#include <boost/program_options.hpp>
#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

namespace {

namespace po = boost::program_options;

constexpr std::int64_t test_questions = 500;
constexpr std::int64_t test_pairs = 200;

struct options {
  std::filesystem::path out;
  std::int64_t documents = 20000;
  std::int64_t questions = 12000;
  std::int64_t preferences = 800;
  std::uint64_t seed = 1;
  double val_fraction = 0.02;
};

/// Nothing if only the help was asked for.
std::optional<options> parse(int argc, char** argv) {
  options o;
  std::string out;
  po::options_description known(
      "corpus: writes what a small model needs, JSON Lines, half of it English, half Chinese:\n\n"
      "  DIR/pretrain.jsonl, pretrain_val.jsonl   short stories and simple facts: {\"text\": ...}. "
      "No text\n"
      "                                           occurs twice, so none is in both files.\n"
      "  DIR/sft.jsonl, sft_test.jsonl            questions and answers: {\"conversations\": "
      "[...]}. In\n"
      "                                           sft.jsonl also requests, answered kindly or "
      "rudely.\n"
      "  DIR/dpo.jsonl, dpo_test.jsonl            requests: kind answer {\"chosen\": [...], rude "
      "\"rejected\"}.\n\n"
      "The tests ask about combinations of things that training does not have, in any words. All "
      "is\n"
      "made from a grammar. The same seed gives the same files on every machine.\n\nOptions",
      100);
  auto add = known.add_options();
  add("help,h", "print this and stop");
  add("out", po::value(&out)->required()->value_name("DIR"),
      "folder to write to; made if it does not exist");
  add("documents", po::value(&o.documents)->default_value(o.documents)->value_name("N"),
      "texts of pretrain.jsonl and pretrain_val.jsonl together");
  add("questions", po::value(&o.questions)->default_value(o.questions)->value_name("N"),
      "conversations of sft.jsonl");
  add("preferences", po::value(&o.preferences)->default_value(o.preferences)->value_name("N"),
      "pairs of dpo.jsonl");
  add("seed", po::value(&o.seed)->default_value(o.seed)->value_name("N"), "which texts");
  add("val_fraction",
      po::value(&o.val_fraction)->default_value(o.val_fraction, "0.02")->value_name("X"),
      "part of the texts that goes to the validation file, from 0 to below 1");

  po::variables_map given;
  const auto style =
      po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
  po::store(po::command_line_parser(argc, argv).options(known).positional({}).style(style).run(),
            given);
  if (given.count("help") != 0) {
    std::cout << known;
    return std::nullopt;
  }
  po::notify(given);
  o.out = out;
  zer0::require(o.documents > 0, "--documents is ", o.documents, "; it must be at least 1");
  zer0::require(o.questions > 0, "--questions is ", o.questions, "; it must be at least 1");
  zer0::require(o.preferences > 0, "--preferences is ", o.preferences, "; it must be at least 1");
  zer0::require(o.val_fraction >= 0 && o.val_fraction < 1, "--val_fraction is ", o.val_fraction,
                "; it must be at least 0 and below 1");
  return o;
}

/// Writes `count` lines, each of what `next` gives, and says so.
template <class Next>
void write_jsonl(const std::filesystem::path& path, std::int64_t count, const char* what,
                 Next next) {
  constexpr std::size_t piece = std::size_t{1} << 20;
  zer0::atomic_file file(path);
  std::int64_t bytes = 0;
  std::string buffer;
  const auto write = [&] {
    file.write(buffer);
    bytes += static_cast<std::int64_t>(buffer.size());
    buffer.clear();
  };
  for (std::int64_t i = 0; i < count; ++i) {
    buffer += next().dump() + "\n";
    if (buffer.size() >= piece) write();
  }
  write();
  file.commit();
  std::cout << path.string() << ": " << count << " " << what << ", " << bytes << " bytes\n";
}

using json = nlohmann::ordered_json;

void add_turn(json& conversation, const std::string& user, const std::string& assistant) {
  conversation.push_back({{"role", "user"}, {"content", user}});
  conversation.push_back({{"role", "assistant"}, {"content", assistant}});
}

/// What a model is to learn from people: questions answered rightly, every fifth conversation with
/// a second one, and every sixth a request, answered kindly as often as rudely.
json conversation(corpus::question_source& source, std::int64_t number) {
  json turns = json::array();
  if (number % 6 == 5) {
    const corpus::preference p = source.prefer(corpus::part::training);
    add_turn(turns, p.asked, number % 12 == 5 ? p.kind : p.rude);
  } else {
    for (int n = number % 5 == 0 ? 2 : 1; n > 0; --n) {
      const corpus::answered a = source.ask(corpus::part::training);
      add_turn(turns, a.asked, a.answer);
    }
  }
  return {{"conversations", turns}};
}

json test_question(corpus::question_source& source) {
  json turns = json::array();
  const corpus::answered a = source.ask(corpus::part::test);
  add_turn(turns, a.asked, a.answer);
  return {{"conversations", turns}};
}

json pair_of(corpus::question_source& source, corpus::part part) {
  const corpus::preference p = source.prefer(part);
  json kind = json::array();
  json rude = json::array();
  add_turn(kind, p.asked, p.kind);
  add_turn(rude, p.asked, p.rude);
  return {{"chosen", kind}, {"rejected", rude}};
}

void run(const options& o) {
  std::filesystem::create_directories(o.out);
  const std::vector<corpus::world> worlds{corpus::english_world(), corpus::chinese_world()};
  corpus::unique_documents texts(worlds, o.seed);
  const auto text = [&] { return json{{"text", texts.next()}}; };
  const auto val_documents = std::llround(static_cast<double>(o.documents) * o.val_fraction);
  write_jsonl(o.out / "pretrain.jsonl", o.documents - val_documents, "texts", text);
  write_jsonl(o.out / "pretrain_val.jsonl", val_documents, "texts", text);

  using corpus::part;
  corpus::question_source source(worlds, o.seed);
  std::int64_t number = 0;
  write_jsonl(o.out / "sft.jsonl", o.questions, "conversations",
              [&] { return conversation(source, number++); });
  write_jsonl(o.out / "sft_test.jsonl", test_questions, "questions",
              [&] { return test_question(source); });
  write_jsonl(o.out / "dpo.jsonl", o.preferences, "pairs",
              [&] { return pair_of(source, part::training); });
  write_jsonl(o.out / "dpo_test.jsonl", test_pairs, "pairs",
              [&] { return pair_of(source, part::test); });
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
