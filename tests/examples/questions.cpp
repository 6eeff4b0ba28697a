#include "corpus/questions.hpp"

#include "corpus/worlds.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <cctype>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

using corpus::part;

std::vector<corpus::world> worlds() { return {corpus::english_world(), corpus::chinese_world()}; }

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// Whole, and in one language.
void check_text(const std::string& text, bool chinese) {
  INFO(text);
  CHECK_FALSE(text.empty());
  CHECK(text.find_first_of("{}[]|") == std::string::npos);
  CHECK_FALSE(holds(text, "(n)"));
  CHECK_FALSE(holds(text, "  "));
  const bool latin =
      std::ranges::any_of(text, [](unsigned char c) { return std::isalpha(c) != 0 && c < 128; });
  CHECK(latin != chinese);
}

bool is_chinese(const std::string& text) { return static_cast<unsigned char>(text[0]) >= 128; }

/// The same for an answer about x and y as for that about y and x; empty if it is about one thing.
std::string about(const std::string& answer) {
  const bool chinese = is_chinese(answer);
  const std::string middle = chinese ? "，" : ", and ";
  const auto at = answer.find(middle);
  if (at == std::string::npos) return {};
  std::string first = answer.substr(0, at);
  std::string second = answer.substr(at + middle.size());
  second.erase(second.size() - (chinese ? std::string("。").size() : 1));
  for (std::string* s : {&first, &second})
    (*s)[0] = static_cast<char>(std::tolower(static_cast<unsigned char>((*s)[0])));
  return std::min(first, second) + "|" + std::max(first, second);
}

}  // namespace

TEST_CASE("questions: a seed gives the same ones, another seed others", "[examples][questions]") {
  const auto draw = [](std::uint64_t seed) {
    corpus::question_source source(worlds(), seed);
    std::string all;
    for (int i = 0; i < 50; ++i)
      all += source.ask(part::training).asked + source.prefer(part::test).kind;
    return all;
  };
  CHECK(draw(1) == draw(1));
  CHECK(draw(1) != draw(2));
}

TEST_CASE("questions: every kind can be asked and answered, in its own language",
          "[examples][questions]") {
  for (const corpus::world& w : worlds()) {
    const bool chinese = w.separator.empty();
    CHECK(w.questions.size() >= 8);
    CHECK(w.requests.size() >= 3);
    corpus::dice d(5, 0, 0);
    const auto check = [&](const std::vector<corpus::role>& cast,
                           const std::vector<std::string>& patterns) {
      for (int times = 0; times < 20; ++times) {
        const corpus::cast_list things(w, "any", cast, d);
        for (const std::string& pattern : patterns)
          check_text(corpus::expander(things.things(), d)(pattern), chinese);
      }
    };
    for (const corpus::question& q : w.questions) {
      check(q.cast, q.asked);
      check(q.cast, {q.answer});
      CHECK_FALSE(holds(q.answer, "["));  // there is one answer
    }
    for (const corpus::request& r : w.requests) {
      check(r.cast, r.asked);
      check(r.cast, r.kind);
      check(r.cast, r.rude);
    }
  }
}

TEST_CASE(
    "questions: what is asked in tests is not in training, in other words or another order neither",
    "[examples][questions]") {
  corpus::question_source source(worlds(), 1);
  std::set<std::string> asked, answered;
  for (int i = 0; i < 20000; ++i) {
    const corpus::answered a = source.ask(part::training);
    asked.insert(a.asked);
    answered.insert(about(a.answer));
  }
  std::set<std::string> tests;
  int pairs = 0;
  for (int i = 0; i < 500; ++i) {
    const corpus::answered a = source.ask(part::test);
    INFO(a.asked);
    CHECK(tests.insert(a.asked).second);
    CHECK_FALSE(asked.contains(a.asked));
    if (about(a.answer).empty()) continue;
    ++pairs;
    CHECK_FALSE(answered.contains(about(a.answer)));
  }
  CHECK(pairs > 200);
  CHECK(answered.size() > 500);
}

TEST_CASE("questions: requests of tests are not in training", "[examples][questions]") {
  corpus::question_source source(worlds(), 1);
  std::set<std::string> asked;
  for (int i = 0; i < 5000; ++i) asked.insert(source.prefer(part::training).asked);
  for (int i = 0; i < 200; ++i) CHECK_FALSE(asked.contains(source.prefer(part::test).asked));
}

TEST_CASE("questions: more tests than there are is an error", "[examples][questions]") {
  corpus::world w;
  corpus::world_reader(w).read(
      "== table pair: name\nred\nblue\n== question q: x=pair\n? What is {x}?\n= {x}\n");
  corpus::question_source source({w}, 1);
  CHECK_THROWS_WITH(
      [&] {
        for (int i = 0; i < 3; ++i) (void)source.ask(part::test);
      }(),
      support::contains("ask for fewer"));
}

TEST_CASE("questions: a script with a mistake is refused with the line", "[examples][questions]") {
  corpus::world w;
  corpus::world_reader reader(w);
  CHECK_THROWS_WITH(reader.read("== question q: x=pair\nWhat?\n"), support::contains("What?"));
  CHECK_THROWS_WITH(reader.read("== question q: x=pair\n= a\n= b\n"), support::contains("= b"));
  CHECK_THROWS_WITH(reader.read("== request r: x=pair\n= a\n"),
                    support::contains("'? ', '+ ' or '- '"));
}
