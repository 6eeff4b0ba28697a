// The writers of the corpus: a story from a plot, a text of facts from a relation, and one of
// either for each number.
#pragma once

#include "grammar.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace corpus {

/// A story of one plot: 4 to 9 sentences about the same few things.
inline std::string write_story(const world& w, const plot& p, dice& d) {
  scene s(w);
  for (const role& r : p.cast) s.bind(r, d);
  expander say(s, d);
  std::string text;
  for (const line& l : p.lines) {
    if (l.optional && d.chance(50)) continue;
    if (!text.empty()) text += w.separator;
    text += say(l.pattern);
  }
  return text;
}

/// Four to seven facts of one relation, in any order, each said in one of its ways.
inline std::string write_facts(const world& w, const relation& r, dice& d) {
  std::vector<std::size_t> rows(w.tables.at(r.subject.table).rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = i;
  const std::size_t count = std::min(rows.size(), 4 + d.below(4));

  std::string text;
  if (!r.openings.empty() && d.chance(50)) text = r.openings[d.below(r.openings.size())];
  for (std::size_t i = 0; i < count; ++i) {
    std::swap(rows[i], rows[i + d.below(rows.size() - i)]);
    scene s(w);
    s.bind(r.subject, rows[i]);
    if (!text.empty()) text += w.separator;
    text += expander(s, d)(r.statements[d.below(r.statements.size())]);
  }
  return text;
}

/// A relation, each as probable as the facts it has, so that every fact is told equally often.
inline const relation& choose_relation(const world& w, dice& d) {
  const auto rows = [&](const relation& r) { return w.tables.at(r.subject.table).rows.size(); };
  std::size_t all = 0;
  for (const relation& r : w.relations) all += rows(r);
  std::size_t at = d.below(all);
  for (const relation& r : w.relations) {
    if (at < rows(r)) return r;
    at -= rows(r);
  }
  zer0::fail("world: it has no relations");
}

/// One text: in either language with equal chance, a story seven times out of ten, else facts.
inline std::string write_document(const std::vector<world>& worlds, dice& d) {
  const world& w = worlds[d.below(worlds.size())];
  if (d.chance(70)) return write_story(w, w.plots[d.below(w.plots.size())], d);
  return write_facts(w, choose_relation(w, d), d);
}

}  // namespace corpus
