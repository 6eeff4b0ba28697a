// The options of a program: grouped help, errors of one line, and values as text, so that a
// checkpoint can hold them.
#pragma once

#include "support/option_value.hpp"
#include "support/terminal.hpp"
#include "support/usage_error.hpp"

#include <boost/program_options.hpp>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace program {

namespace po = boost::program_options;

class option_set {
 public:
  /// `summary` is what --help begins with.
  explicit option_set(std::string summary) : summary_(std::move(summary)) {}

  /// Options added from now on stand under this title.
  void group(const std::string& title) { groups_.emplace_back(title, width_, width_ / 2); }

  /// An option whose default is what `target` holds. Texts, numbers, bool, optional_count.
  template <class T>
  void add(const std::string& name, T& target, const std::string& help) {
    auto* const value = po::value(&target)->default_value(target, value_text(target));
    add_entry(name, kind_of<T>(), value, help).text = [&target] { return value_text(target); };
    entries_.at(name).default_text = value_text(target);
  }

  /// An option that may be given several times.
  void add(const std::string& name, std::vector<std::string>& target, const std::string& help) {
    add_entry(name, {"TEXT", "a text"}, po::value(&target)->composing(), help).text = [] {
      return std::string();
    };
  }

  /// A text out of a list.
  void add(const std::string& name, std::string& target, std::vector<std::string> choices,
           const std::string& help) {
    add(name, target, joined(choices) + ": " + help);
    entries_.at(name).choices = std::move(choices);
  }

  /// A text option that may stand without a value, which then is `implied`.
  void add_with_implied(const std::string& name, std::string& target, const std::string& implied,
                        const std::string& help) {
    add(name, target, help);
    entries_.at(name).implied = implied;
  }

  /// Words that are no options, such as the names of files, go to `target`; without this they are
  /// an error.
  void positional(std::vector<std::string>& target) { positional_ = &target; }

  /// The option added last is there for later: any value but its default is refused, saying `why`.
  void later(const std::string& why) { entries_.at(last_).later = why; }

  /// Reads the command line into the targets. False if the help was asked for, and printed. Throws
  /// usage_error.
  bool parse(int argc, const char* const* argv) {
    for (int i = 1; i < argc; ++i) {
      std::string_view word = argv[i];
      if (word == "-h" || word == "--help") {
        print_help();
        return false;
      }
      if (positional_ != nullptr && !word.starts_with("--")) {
        positional_->emplace_back(word);
        continue;
      }
      demand(word.starts_with("--"), "unexpected argument \"", word,
             "\"; options begin with --, see --help");
      word.remove_prefix(2);
      const std::size_t equals = word.find('=');
      const std::string name(word.substr(0, equals));
      entry& e = find(name);
      std::string value;
      if (equals != std::string_view::npos)
        value = word.substr(equals + 1);
      else if (is_value(e, i + 1 < argc ? argv[i + 1] : nullptr))
        value = argv[++i];
      else
        value = without_value(name, e);
      set(name, e, value);
      e.given = true;
    }
    return true;
  }

  /// Values for options that were not given, by name; names that are not known are ignored.
  void restore(const std::map<std::string, std::string>& older) {
    for (const auto& [name, value] : older)
      if (const auto found = entries_.find(name); found != entries_.end() && !found->second.given)
        set(name, found->second, value);
  }

  /// Throws usage_error for a value outside its choices or for a later version.
  void finish() const {
    for (const auto& [name, e] : entries_) {
      const std::string text = e.text();
      demand(e.choices.empty() || std::ranges::find(e.choices, text) != e.choices.end(), "--", name,
             " is \"", text, "\"; it must be ", joined(e.choices));
      demand(e.later.empty() || text == e.default_text, "--", name, " ", text, ": ", e.later);
    }
  }

  /// Whether the option stood on the command line.
  [[nodiscard]] bool given(const std::string& name) const { return entries_.at(name).given; }
  /// A value as it would be written on the command line.
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
  struct value_kind {
    const char* placeholder;  ///< in the help
    const char* wanted;       ///< in errors
    bool is_flag = false;
    bool is_unsigned = false;
  };
  struct entry {
    value_kind kind;
    const po::value_semantic* value = nullptr;
    boost::any stored;  ///< what the option was set to
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
    if constexpr (std::is_same_v<T, std::uint64_t>)
      return {"N", "a whole number, 0 or more", false, true};
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

  template <class Value>
  entry& add_entry(const std::string& name, value_kind kind, Value* value,
                   const std::string& help) {
    groups_.back().add_options()(name.c_str(), value->value_name(kind.placeholder), help.c_str());
    last_ = name;
    entry& e = entries_[name];
    e.kind = kind;
    e.value = value;
    return e;
  }

  entry& find(const std::string& name) {
    const auto found = entries_.find(name);
    if (found != entries_.end()) return found->second;
    const auto nearest = std::ranges::min_element(
        entries_, {}, [&](const auto& e) { return edit_distance(e.first, name); });
    if (edit_distance(nearest->first, name) <= std::max<std::size_t>(2, name.size() / 3))
      refuse("--", name, " is not an option; did you mean --", nearest->first, "?");
    refuse("--", name, " is not an option; see --help");
  }

  bool is_value(const entry& e, const char* next) const {
    if (next == nullptr || std::string_view(next).starts_with("--")) return false;
    const std::string_view word = next;
    return positional_ == nullptr || !e.kind.is_flag || word == "true" || word == "false";
  }

  static std::string without_value(const std::string& name, const entry& e) {
    if (e.kind.is_flag) return "true";
    demand(!e.implied.empty(), "--", name, " needs a value: ", e.kind.wanted);
    return e.implied;
  }

  static void set(const std::string& name, entry& e, const std::string& value) {
    try {
      demand(!e.kind.is_unsigned || !value.starts_with('-'), "--", name, " is \"", value,
             "\"; it must be ", e.kind.wanted);
      e.value->parse(e.stored, {value}, false);  // as it is: no other encoding
    } catch (const po::multiple_occurrences&) {
      refuse("--", name, " is given more than once");
    } catch (const po::validation_error&) {
      refuse("--", name, " is \"", value, "\"; it must be ", e.kind.wanted);
    }
    e.value->notify(e.stored);
  }

  std::string summary_;
  unsigned width_ = static_cast<unsigned>(std::clamp(terminal_width(100), 60, 120));
  std::deque<po::options_description> groups_;
  std::map<std::string, entry> entries_;
  std::string last_;
  std::vector<std::string>* positional_ = nullptr;
};

}  // namespace program
