// The world of the corpus: tables of things, phrases, plots of stories, relations of facts,
// questions and requests, read from a script.
#pragma once

#include <zer0/core/error.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace corpus {

/// Things of one kind. The first column is the name of a thing, the others are what a text may say
/// about it.
struct table {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
};

/// A role of a text and the table that its thing is drawn from: `hero=child`.
struct role {
  std::string name;
  std::string table;
};

/// A line of a plot: one or more sentences. An optional one is told half of the time.
struct line {
  std::string pattern;
  bool optional = false;
};

/// A kind of story: who takes part, and its lines in order.
struct plot {
  std::string name;
  std::vector<role> cast;
  std::vector<line> lines;
};

/// A kind of fact: each row of the table of `subject` is one fact, and each statement a way to say
/// it.
struct relation {
  std::string name;
  role subject;
  std::vector<std::string> openings;
  std::vector<std::string> statements;
};

/// A kind of question about things: whichever way it is asked, there is one answer.
struct question {
  std::string name;
  std::vector<role> cast;
  std::vector<std::string> asked;
  std::string answer;
};

/// A kind of request: ways to ask, to answer kindly and to answer rudely.
struct request {
  std::string name;
  std::vector<role> cast;
  std::vector<std::string> asked;
  std::vector<std::string> kind;
  std::vector<std::string> rude;
};

/// Everything that texts in one language are made of.
struct world {
  std::string separator;  ///< stands between two sentences
  std::map<std::string, table, std::less<>> tables;
  std::map<std::string, std::vector<std::string>, std::less<>> phrases;
  std::vector<plot> plots;
  std::vector<relation> relations;
  std::vector<question> questions;
  std::vector<request> requests;
};

namespace detail {

inline std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

/// The parts of `text` between separators, without the spaces around them; none for an empty text.
inline std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!trim(text).empty()) {
    const auto end = text.find(separator);
    parts.emplace_back(trim(text.substr(0, end)));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  return parts;
}

inline role role_of(std::string_view text) {
  const auto equals = text.find('=');
  zer0::require(equals != std::string_view::npos, "world: role '", text,
                "' does not say its table; write name=table");
  return {std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))};
}

}  // namespace detail

/// Adds what a script says to a world. A line `table NAME: COLUMN ...`, `phrase NAME`, `plot NAME:
/// ROLE=TABLE ...`, `facts NAME: ROLE=TABLE`, `question NAME: ROLE=TABLE ...` or `request NAME:
/// ROLE=TABLE ...` opens a section. In a table
/// `|` separates cells; in a phrase each line is an alternative; in a plot `? ` marks an optional
/// line; in facts `> ` marks an opening of a text about them; in a question `? ` is a way to ask it
/// and `= ` its answer; in a request `? ` is a way to ask, `+ ` a kind and `- ` a rude answer.
class world_reader {
 public:
  explicit world_reader(world& target) : world_(target) {}

  void read(std::string_view script) {
    while (!script.empty()) {
      const auto end = script.find('\n');
      const auto text = detail::trim(script.substr(0, end));
      if (!text.empty() && !open(text)) add(text);
      script = end == std::string_view::npos ? std::string_view{} : script.substr(end + 1);
    }
  }

 private:
  enum class section { none, table, phrase, plot, facts, question, request };

  /// True if the line opens a section.
  bool open(std::string_view text) {
    if (text.substr(0, 3) != "== ") return false;
    const auto words = detail::split(text.substr(3), ' ');
    zer0::require(words.size() >= 2, "world: section '", text, "' has no name");
    name_ = words[1].substr(0, words[1].find(':'));
    std::vector<role> cast;
    if (words[0] == "table") {
      section_ = section::table;
      world_.tables[name_].columns.assign(words.begin() + 2, words.end());
      return true;
    }
    static constexpr std::array<std::string_view, 5> others{"phrase", "plot", "facts", "question",
                                                            "request"};
    zer0::require(std::ranges::find(others, words[0]) != others.end(), "world: unknown section '",
                  text, "'; sections are table, phrase, plot, facts, question and request");
    for (std::size_t i = 2; i < words.size(); ++i) cast.push_back(detail::role_of(words[i]));
    if (words[0] == "phrase") {
      section_ = section::phrase;
    } else if (words[0] == "plot") {
      section_ = section::plot;
      world_.plots.push_back({name_, std::move(cast), {}});
    } else if (words[0] == "question") {
      section_ = section::question;
      world_.questions.push_back({name_, std::move(cast), {}, {}});
    } else if (words[0] == "request") {
      section_ = section::request;
      world_.requests.push_back({name_, std::move(cast), {}, {}, {}});
    } else {
      zer0::require(cast.size() == 1, "world: section '", text, "' has ", cast.size(),
                    " roles; facts have one");
      section_ = section::facts;
      world_.relations.push_back({name_, cast[0], {}, {}});
    }
    return true;
  }

  void add(std::string_view text) {
    switch (section_) {
      case section::none:
        zer0::fail("world: line '", text, "' stands before the first section");
      case section::table:
        return add_row(text);
      case section::phrase:
        return world_.phrases[name_].push_back(std::string(text));
      case section::plot:
        return add_line(text);
      case section::facts:
        return add_statement(text);
      case section::question:
        return add_to_question(text);
      case section::request:
        return add_to_request(text);
    }
  }

  void add_row(std::string_view text) {
    table& t = world_.tables[name_];
    auto cells = detail::split(text, '|');
    zer0::require(cells.size() == t.columns.size(), "world: table '", name_, "' has ",
                  t.columns.size(), " columns, but its row '", text, "' has ", cells.size(),
                  " cells");
    t.rows.push_back(std::move(cells));
  }

  void add_line(std::string_view text) {
    const bool optional = text.substr(0, 2) == "? ";
    world_.plots.back().lines.push_back({std::string(text.substr(optional ? 2 : 0)), optional});
  }

  void add_statement(std::string_view text) {
    const bool opening = text.substr(0, 2) == "> ";
    relation& r = world_.relations.back();
    (opening ? r.openings : r.statements).emplace_back(text.substr(opening ? 2 : 0));
  }

  void add_to_question(std::string_view text) {
    question& q = world_.questions.back();
    const auto said = text.substr(std::min<std::size_t>(2, text.size()));
    if (text.starts_with("? ")) return q.asked.push_back(std::string(said));
    zer0::require(text.starts_with("= ") && q.answer.empty(), "world: question '", q.name,
                  "' has the line '", text, "'; its lines begin with '? ', and one with '= '");
    q.answer = said;
  }

  void add_to_request(std::string_view text) {
    request& r = world_.requests.back();
    const std::string said(text.substr(std::min<std::size_t>(2, text.size())));
    if (text.starts_with("? ")) return r.asked.push_back(said);
    if (text.starts_with("+ ")) return r.kind.push_back(said);
    zer0::require(text.starts_with("- "), "world: request '", r.name, "' has the line '", text,
                  "'; its lines begin with '? ', '+ ' or '- '");
    r.rude.push_back(said);
  }

  world& world_;
  section section_ = section::none;
  std::string name_;
};

}  // namespace corpus
