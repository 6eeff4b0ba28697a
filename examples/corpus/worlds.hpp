// The two worlds of the corpus, English and Chinese, with their tables of sums.
#pragma once

#include "chinese_facts.hpp"
#include "chinese_lists.hpp"
#include "chinese_plots.hpp"
#include "chinese_questions.hpp"
#include "english_facts.hpp"
#include "english_lists.hpp"
#include "english_plots.hpp"
#include "english_questions.hpp"
#include "world.hpp"

#include <initializer_list>
#include <string_view>

namespace corpus {

/// Adds the tables plus and minus (numbers from 1 to 10), plus_many and minus_many (from 2, so that
/// things that are counted are many), made from the table number. Columns: the numbers x, y and the
/// result z as words; cx, cy, cz as one counts with them; dx, dy, dz as digits.
inline void add_sums(world& w) {
  const auto numbers = w.tables.at("number").rows;
  const auto add = [&](std::string_view name, std::initializer_list<std::size_t> xyz) {
    std::vector<std::string> row;
    for (std::size_t form = 0; form < 3; ++form) {
      for (const std::size_t n : xyz) row.push_back(numbers[n - 1][form]);
    }
    table& t = w.tables[std::string(name)];
    t.columns = {"x", "y", "z", "cx", "cy", "cz", "dx", "dy", "dz"};
    t.rows.push_back(std::move(row));
  };
  for (std::size_t x = 1; x <= numbers.size(); ++x) {
    for (std::size_t y = 1; x + y <= numbers.size(); ++y) {
      add("plus", {x, y, x + y});
      add("minus", {x + y, y, x});
      if (x == 1 || y == 1) continue;
      add("plus_many", {x, y, x + y});
      add("minus_many", {x + y, y, x});
    }
  }
}

inline world make_world(std::string separator, std::initializer_list<std::string_view> scripts) {
  world w;
  w.separator = std::move(separator);
  world_reader reader(w);
  for (const auto script : scripts) reader.read(script);
  add_sums(w);
  return w;
}

inline world english_world() {
  return make_world(" ", {english_lists, english_plots, english_facts, english_questions});
}
inline world chinese_world() {
  return make_world("", {chinese_lists, chinese_plots, chinese_facts, chinese_questions});
}

}  // namespace corpus
