#include "corpus/unique_documents.hpp"
#include "corpus/worlds.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace {

std::vector<std::string> documents(std::uint64_t seed, int count) {
  corpus::unique_documents source({corpus::english_world(), corpus::chinese_world()}, seed);
  std::vector<std::string> texts;
  for (int i = 0; i < count; ++i) texts.push_back(source.next());
  return texts;
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A slot, an alternative or an article that nothing filled.
bool unfinished(const std::string& text) {
  return text.find_first_of("{}[]|") != std::string::npos || holds(text, "(n)");
}

bool has_latin_letter(const std::string& text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
}

}  // namespace

TEST_CASE("corpus: a seed gives the same texts, another seed gives others", "[examples][corpus]") {
  const auto texts = documents(1, 50);
  CHECK(texts == documents(1, 50));
  CHECK(texts != documents(2, 50));
}

TEST_CASE("corpus: no text occurs twice", "[examples][corpus]") {
  const auto texts = documents(1, 3000);
  CHECK(std::set<std::string>(texts.begin(), texts.end()).size() == texts.size());
}

TEST_CASE("corpus: asking for more texts than the world has is an error", "[examples][corpus]") {
  corpus::world w;
  corpus::world_reader(w).read(
      "== table pair: name\nred\nblue\n== plot only: x=pair\nA {x} house.\n");
  w.relations.push_back({"colours", {"x", "pair"}, {}, {"Red is a colour."}});
  corpus::unique_documents source({w}, 1);
  for (int i = 0; i < 3; ++i) CHECK_NOTHROW(source.next());
  CHECK_THROWS_WITH(source.next(), support::contains("after 3 documents"));
}

TEST_CASE("corpus: every plot and every fact can be told, in its own language",
          "[examples][corpus]") {
  const std::vector<corpus::world> worlds{corpus::english_world(), corpus::chinese_world()};
  for (const corpus::world& w : worlds) {
    const bool chinese = w.separator.empty();
    const auto good = [&](const std::string& text) {
      INFO(text);
      CHECK_FALSE(unfinished(text));
      CHECK(has_latin_letter(text) == !chinese);
      CHECK_FALSE(holds(text, "  "));
    };
    for (const corpus::plot& p : w.plots) {
      INFO(p.name);
      for (std::uint64_t i = 0; i < 200; ++i) {
        corpus::dice d(7, i, 0);
        good(corpus::write_story(w, p, d));
      }
    }
    for (const corpus::relation& r : w.relations) {
      INFO(r.name);
      for (std::size_t row = 0; row < w.tables.at(r.subject.table).rows.size(); ++row) {
        corpus::dice d(7, row, 0);
        corpus::scene s(w);
        s.bind(r.subject, row);
        for (const std::string& statement : r.statements) {
          const std::string text = corpus::expander(s, d)(statement);
          if (!holds(text, " = ")) good(text);  // digits are the same in both languages
        }
      }
    }
  }
}

TEST_CASE("corpus: two roles of one table are never the same thing", "[examples][corpus]") {
  const corpus::world w = corpus::english_world();
  for (std::uint64_t i = 0; i < 500; ++i) {
    corpus::dice d(3, i, 0);
    corpus::scene s(w);
    s.bind({"hero", "child"}, d);
    s.bind({"friend", "child"}, d);
    CHECK(s.find("hero") != s.find("friend"));
  }
}

TEST_CASE("corpus: the grammar fills slots, chooses alternatives and fits articles",
          "[examples][corpus]") {
  corpus::world w;
  corpus::world_reader(w).read(
      "== table child: name he\nAnna | she\n== table food: name\napple\n== phrase glad\nhappy\n"
      "== phrase nested\n[{hero} is {glad}]\n");
  corpus::dice d(1, 1, 0);
  corpus::scene s(w);
  s.bind({"hero", "child"}, d);
  s.bind({"food", "food"}, d);
  corpus::expander say(s, d);
  CHECK(say("{Hero.he} eats a(n) {food}. {Nested}.") == "She eats an apple. Anna is happy.");
  CHECK(say("A(n) [big|large] {food}").substr(0, 2) == "A ");
  CHECK_THROWS_WITH(say("{nobody}"), support::contains("nobody"));
  CHECK_THROWS_WITH(say("{hero.age}"), support::contains("no column 'age'"));
  CHECK_THROWS_WITH(say("[open"), support::contains("not closed"));
}

TEST_CASE("corpus: a script with a mistake is refused with the line", "[examples][corpus]") {
  corpus::world w;
  corpus::world_reader reader(w);
  CHECK_THROWS_WITH(reader.read("stray line\n"), support::contains("stray line"));
  CHECK_THROWS_WITH(reader.read("== tabel x: name\n"), support::contains("unknown section"));
  CHECK_THROWS_WITH(reader.read("== table x: name he\nTom\n"), support::contains("2 columns"));
  CHECK_THROWS_WITH(reader.read("== plot p: hero\n"), support::contains("name=table"));
}

TEST_CASE("corpus: the tables of sums add up", "[examples][corpus]") {
  const corpus::world w = corpus::english_world();
  CHECK(w.tables.at("plus").rows.size() == 45);
  for (const auto& row : w.tables.at("plus").rows)
    CHECK(std::stoi(row[6]) + std::stoi(row[7]) == std::stoi(row[8]));
  for (const auto& row : w.tables.at("minus").rows)
    CHECK(std::stoi(row[6]) - std::stoi(row[7]) == std::stoi(row[8]));
  for (const auto& row : w.tables.at("minus_many").rows) CHECK(std::stoi(row[8]) >= 2);
}
