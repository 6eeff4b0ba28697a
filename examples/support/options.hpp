// The options of a program: grouped help, errors of one line, and values as text, so that a checkpoint can hold them.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/core/types.hpp>

#include <boost/program_options.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <deque>
#include <functional>
#include <iostream>
#include <map>
#include <numeric>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace program {

namespace po = boost::program_options;

/// Wrong use of a program: one line on stderr and exit code 2.
struct usage_error : zer0::error {
  using error::error;
};

template <class... Parts>
[[noreturn]] void refuse(const Parts&... parts) {
  std::ostringstream text;
  (text << ... << parts);
  throw usage_error(text.str());
}

/// `refuse(parts...)` unless `condition` holds.
template <class... Parts>
void demand(bool condition, const Parts&... parts) {
  if (!condition) refuse(parts...);
}

/// A count that may be absent: "none" on the command line, 0 in the program.
struct optional_count {
  zer0::index_t value = 0;
};

inline std::istream& operator>>(std::istream& in, optional_count& count) {
  std::string word;
  in >> word;
  const char* end = word.data() + word.size();
  if (word == "none") {
    count.value = 0;
  } else if (const auto [stop, failure] = std::from_chars(word.data(), end, count.value);
             failure != std::errc() || stop != end || count.value < 0) {
    in.setstate(std::ios::failbit);
  }
  return in;
}
inline std::ostream& operator<<(std::ostream& out, optional_count count) {
  return count.value == 0 ? out << "none" : out << count.value;
}

/// The shortest text that reads back as the value: "5e-4", "0.1", "true".
template <class T>
std::string value_text(const T& value) {
  if constexpr (std::is_same_v<T, bool>) return value ? "true" : "false";
  if constexpr (std::is_same_v<T, double>) {
    std::array<char, 32> digits{};
    std::string text(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
    const std::size_t exponent = text.find('e');
    if (exponent != std::string::npos && text[exponent + 2] == '0') text.erase(exponent + 2, 1);
    return text;
  }
  std::ostringstream text;
  text << value;
  return text.str();
}

/// How many characters must be put in, left out or changed to make one word the other.
inline std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = std::exchange(row[j + 1], std::min({changed, row[j] + 1, row[j + 1] + 1}));
    }
  }
  return row.back();
}

class option_set {
 public:
  /// `summary` is what --help begins with.
  explicit option_set(std::string summary) : summary_(std::move(summary)) {}

  /// Options added from now on stand under this title.
  void group(const std::string& title) { groups_.emplace_back(title, line_length, line_length / 2); }

  /// An option whose default is what `target` holds. Texts, numbers, bool, optional_count.
  template <class T>
  void add(const std::string& name, T& target, const std::string& help) {
    entry& e = add_entry(name, kind_of<T>());
    e.text = [&target] { return value_text(target); };
    e.default_text = e.text();
    auto* value = po::value(&target)->default_value(target, e.default_text)->value_name(e.kind.placeholder);
    groups_.back().add_options()(name.c_str(), value, help.c_str());
  }

  /// An option that may be given several times.
  void add(const std::string& name, std::vector<std::string>& target, const std::string& help) {
    add_entry(name, {"TEXT", "a text"}).text = [] { return std::string(); };
    groups_.back().add_options()(name.c_str(), po::value(&target)->composing()->value_name("TEXT"), help.c_str());
  }

  /// A text out of a list.
  void add(const std::string& name, std::string& target, std::vector<std::string> choices, const std::string& help) {
    add(name, target, help + " (" + joined(choices) + ")");
    entries_.at(name).choices = std::move(choices);
  }

  /// A text option that may stand without a value, which then is `implied`.
  void add_with_implied(const std::string& name, std::string& target, const std::string& implied,
                        const std::string& help) {
    add(name, target, help);
    entries_.at(name).implied = implied;
  }

  /// The option added last is there for later: any value but its default is refused, saying `why`.
  void later(const std::string& why) { entries_.at(last_).later = why; }

  /// Reads the command line; values arrive in their targets at `finish`. False if the help was asked for, and printed.
  /// Throws usage_error.
  bool parse(int argc, const char* const* argv) {
    po::parsed_options given(&all());
    for (int i = 1; i < argc; ++i) {
      std::string_view word = argv[i];
      if (word == "-h" || word == "--help") {
        print_help();
        return false;
      }
      demand(word.starts_with("--"), "unexpected argument \"", word, "\"; options begin with --, see --help");
      word.remove_prefix(2);
      const std::size_t equals = word.find('=');
      const std::string name(word.substr(0, equals));
      const entry& e = find(name);
      std::string value;
      if (equals != std::string_view::npos)
        value = word.substr(equals + 1);
      else if (is_value(i + 1 < argc ? argv[i + 1] : nullptr))
        value = argv[++i];
      else
        value = without_value(name, e);
      push(given, name, value);
    }
    store(given);
    for (auto& [name, e] : entries_) e.given = values_.count(name) > 0 && !values_[name].defaulted();
    return true;
  }

  /// Values for options that were not given, by name; names that are not known are ignored.
  void restore(const std::map<std::string, std::string>& older) {
    po::parsed_options values(&all());
    for (const auto& [name, value] : older)
      if (entries_.contains(name)) push(values, name, value);
    store(values);
  }

  /// Puts all values into their targets. Throws usage_error for a value outside its choices or for a later version.
  void finish() {
    po::notify(values_);
    for (const auto& [name, e] : entries_) {
      const std::string text = e.text();
      demand(e.choices.empty() || std::ranges::find(e.choices, text) != e.choices.end(), "--", name, " is \"", text,
             "\"; it must be ", joined(e.choices));
      demand(e.later.empty() || text == e.default_text, "--", name, " ", text, ": ", e.later);
    }
  }

  /// Whether the option stood on the command line.
  [[nodiscard]] bool given(const std::string& name) const { return entries_.at(name).given; }
  /// A value before `finish`.
  template <class T>
  [[nodiscard]] const T& peek(const std::string& name) const {
    return values_[name].template as<T>();
  }
  /// A value after `finish`, as it would be written on the command line.
  [[nodiscard]] std::string text(const std::string& name) const { return entries_.at(name).text(); }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> list;
    for (const auto& [name, e] : entries_) list.push_back(name);
    return list;
  }

  void print_help(std::ostream& out = std::cout) const {
    out << summary_ << "\n";
    for (const po::options_description& g : groups_) out << "\n" << g;
    out << "\n  -h, --help: print this and stop\n";
  }

 private:
  static constexpr unsigned line_length = 120;
  struct value_kind {
    const char* placeholder;  ///< in the help
    const char* wanted;       ///< in errors
    bool is_flag = false;
    bool is_unsigned = false;
  };
  struct entry {
    value_kind kind;
    std::function<std::string()> text;
    std::string default_text;
    std::vector<std::string> choices;
    std::string implied;
    std::string later;
    bool given = false;
  };

  template <class T>
  static value_kind kind_of() {
    if constexpr (std::is_same_v<T, bool>) return {"BOOL", "true or false", true};
    if constexpr (std::is_same_v<T, double>) return {"X", "a number"};
    if constexpr (std::is_same_v<T, std::uint64_t>) return {"N", "a whole number, 0 or more", false, true};
    if constexpr (std::is_same_v<T, optional_count>) return {"N", "a whole number or none"};
    if constexpr (std::is_integral_v<T>) return {"N", "a whole number"};
    return {"TEXT", "a text"};
  }

  static std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i)
      text += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
    return text;
  }

  entry& add_entry(const std::string& name, value_kind kind) {
    last_ = name;
    entry& e = entries_[name];
    e.kind = kind;
    return e;
  }

  const po::options_description& all() {
    if (all_.options().empty())
      for (const po::options_description& g : groups_) all_.add(g);
    return all_;
  }

  const entry& find(const std::string& name) const {
    const auto found = entries_.find(name);
    if (found != entries_.end()) return found->second;
    const auto nearest = std::ranges::min_element(entries_, {}, [&](const auto& e) { return edit_distance(e.first, name); });
    if (edit_distance(nearest->first, name) <= std::max<std::size_t>(2, name.size() / 3))
      refuse("--", name, " is not an option; did you mean --", nearest->first, "?");
    refuse("--", name, " is not an option; see --help");
  }

  static bool is_value(const char* next) { return next != nullptr && !std::string_view(next).starts_with("--"); }

  static std::string without_value(const std::string& name, const entry& e) {
    if (e.kind.is_flag) return "true";
    demand(!e.implied.empty(), "--", name, " needs a value: ", e.kind.wanted);
    return e.implied;
  }

  void push(po::parsed_options& to, const std::string& name, const std::string& value) const {
    const value_kind& kind = entries_.at(name).kind;
    demand(!kind.is_unsigned || !value.starts_with('-'), "--", name, " is \"", value, "\"; it must be ", kind.wanted);
    to.options.emplace_back(name, std::vector<std::string>{value});
  }

  static std::string bare_name(const po::error_with_option_name& e) {
    const std::string name = e.get_option_name();
    return name.substr(std::min(name.find_first_not_of('-'), name.size()));
  }

  /// What was stored before goes first.
  void store(const po::parsed_options& given) {
    try {
      po::store(given, values_);
    } catch (const po::multiple_occurrences& e) {
      refuse("--", bare_name(e), " is given more than once");
    } catch (const po::validation_error& e) {
      const std::string name = bare_name(e);
      std::string value;
      for (const auto& option : given.options)
        if (option.string_key == name) value = option.value.front();
      refuse("--", name, " is \"", value, "\"; it must be ", entries_.at(name).kind.wanted);
    }
  }

  std::string summary_;
  std::deque<po::options_description> groups_;
  po::options_description all_;
  std::map<std::string, entry> entries_;
  std::string last_;
  po::variables_map values_;
};

}  // namespace program
