// The grammar of the corpus: patterns with alternatives and slots, and the scene that fills the
// slots.
#pragma once

#include "dice.hpp"
#include "world.hpp"

#include <cctype>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace corpus {

/// Which thing stands for each role of a text. Two roles of one table never get the same thing.
class scene {
 public:
  explicit scene(const world& w) : world_(&w) {}

  /// Gives `r` the thing in row `row` of its table.
  void bind(const role& r, std::size_t row) { bound_.push_back({r, &table_of(r), row}); }

  /// Gives `r` a thing that no other role has.
  void bind(const role& r, dice& d) {
    const std::size_t rows = table_of(r).rows.size();
    std::size_t row = d.below(rows);
    for (std::size_t tries = 0; taken(r, row); row = (row + 1) % rows) {
      zer0::require(++tries < rows, "world: table '", r.table,
                    "' has too few rows for the roles drawn from it");
    }
    bind(r, row);
  }

  /// The cell that `slot` names: `role` is the thing's first column, `role.column` another. None if
  /// no such role.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view slot) const {
    const auto dot = slot.find('.');
    const auto name = slot.substr(0, dot);
    for (const auto& b : bound_) {
      if (b.r.name == name)
        return cell(b, dot == std::string_view::npos ? std::string_view{} : slot.substr(dot + 1));
    }
    return std::nullopt;
  }

  [[nodiscard]] const world& where() const { return *world_; }

 private:
  struct binding {
    role r;
    const table* from;
    std::size_t row;
  };

  [[nodiscard]] const table& table_of(const role& r) const {
    const auto found = world_->tables.find(r.table);
    zer0::require(found != world_->tables.end() && !found->second.rows.empty(), "world: role '",
                  r.name, "' needs table '", r.table, "', which is missing or empty");
    return found->second;
  }

  [[nodiscard]] bool taken(const role& r, std::size_t row) const {
    for (const auto& b : bound_) {
      if (b.r.table == r.table && b.row == row) return true;
    }
    return false;
  }

  [[nodiscard]] static std::string_view cell(const binding& b, std::string_view column) {
    if (column.empty()) return b.from->rows[b.row].front();
    for (std::size_t i = 0; i < b.from->columns.size(); ++i) {
      if (b.from->columns[i] == column) return b.from->rows[b.row][i];
    }
    zer0::fail("world: table '", b.r.table, "' has no column '", column, "', which role '",
               b.r.name, "' is asked for");
  }

  const world* world_;
  std::vector<binding> bound_;
};

/// Writes patterns as text. `[a|b|]` is one of its alternatives, which may nest; `{role.column}` a
/// cell of the scene and `{phrase}` one of the phrase's alternatives, both patterns themselves; a
/// slot in capitals (`{Hero.he}`) begins with a capital letter; `a(n)` becomes the article that
/// fits the word after it.
class expander {
 public:
  expander(const scene& s, dice& d) : scene_(s), dice_(d) {}

  std::string operator()(std::string_view pattern) {
    std::string out;
    expand(pattern, out);
    return with_articles(std::move(out));
  }

 private:
  void expand(std::string_view p, std::string& out) {
    for (std::size_t i = 0; i < p.size(); ++i) {
      if (p[i] != '[' && p[i] != '{') {
        out += p[i];
        continue;
      }
      const std::size_t end = closing(p, i);
      const auto inner = p.substr(i + 1, end - i - 1);
      p[i] == '[' ? expand(choose(inner), out) : fill(inner, out);
      i = end;
    }
  }

  void fill(std::string_view slot, std::string& out) {
    std::string name(slot);
    const bool capital = std::isupper(static_cast<unsigned char>(name[0])) != 0;
    if (capital) name[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(name[0])));
    const std::size_t begin = out.size();
    if (const auto value = scene_.find(name)) {
      expand(*value, out);
    } else {
      const auto phrase = scene_.where().phrases.find(name);
      zer0::require(phrase != scene_.where().phrases.end(), "world: slot '{", slot,
                    "}' is neither a role nor a phrase");
      expand(phrase->second[dice_.below(phrase->second.size())], out);
    }
    if (capital && begin < out.size()) {
      out[begin] = static_cast<char>(std::toupper(static_cast<unsigned char>(out[begin])));
    }
  }

  std::string_view choose(std::string_view alternatives) {
    std::vector<std::string_view> list;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < alternatives.size(); ++i) {
      if (alternatives[i] == '[' || alternatives[i] == '{') i = closing(alternatives, i);
      if (alternatives[i] != '|') continue;
      list.push_back(alternatives.substr(begin, i - begin));
      begin = i + 1;
    }
    list.push_back(alternatives.substr(begin));
    return list[dice_.below(list.size())];
  }

  /// Where the bracket or brace that opens at `open` closes.
  static std::size_t closing(std::string_view p, std::size_t open) {
    int depth = 0;
    for (std::size_t i = open; i < p.size(); ++i) {
      if (p[i] == '[' || p[i] == '{') ++depth;
      if ((p[i] == ']' || p[i] == '}') && --depth == 0) return i;
    }
    zer0::fail("world: a bracket is not closed in '", p, "'");
  }

  static std::string with_articles(std::string text) {
    static constexpr std::string_view mark = "(n)";
    for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at)) {
      const auto next = at + mark.size() + 1;
      const bool vowel = next < text.size() &&
                         std::string_view("aeiouAEIOU").find(text[next]) != std::string_view::npos;
      text.replace(at, mark.size(), vowel ? "n" : "");
    }
    return text;
  }

  const scene& scene_;
  dice& dice_;
};

}  // namespace corpus
