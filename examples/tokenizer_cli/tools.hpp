// `tokenizer encode`, `decode` and `inspect`.
#pragma once

#include "support/options.hpp"
#include "support/terminal.hpp"
#include <zer0/data/count_words.hpp>
#include <zer0/file/mapped_file.hpp>
#include <zer0/text/tokenizer.hpp>
#include <zer0/text/utf8.hpp>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace program {

using zer0::token_id;

struct tokenizer_tool_options {
  std::string tokenizer_path = "none", text = "none";
  std::vector<std::string> words;  ///< files, or ids to decode
  bool parse_special = true, add_special_tokens = false, skip_special = false;
};

inline zer0::tokenizer open_tokenizer(const tokenizer_tool_options& o) {
  demand(o.tokenizer_path != "none",
         "--tokenizer_path is missing; it names a tokenizer.json or its folder");
  return zer0::tokenizer(o.tokenizer_path);
}

inline std::string standard_input() { return {std::istreambuf_iterator<char>(std::cin), {}}; }

/// The text to work on: --text, the files one after another, or the standard input.
inline std::string given_text(const option_set& options, const tokenizer_tool_options& o) {
  demand(!options.given("text") || o.words.empty(), "--text and files are both given; choose one");
  if (options.given("text")) return o.text;
  if (o.words.empty()) return standard_input();
  std::string all;
  for (const std::string& path : o.words) all += zer0::mapped_file(path).text();
  return all;
}

inline void encode(const option_set& options, const tokenizer_tool_options& o) {
  const zer0::tokenizer tok = open_tokenizer(o);
  const std::vector<token_id> ids =
      tok.encode(given_text(options, o),
                 {.add_special_tokens = o.add_special_tokens, .parse_special = o.parse_special});
  std::string line;
  for (const token_id id : ids) line += (line.empty() ? "" : " ") + std::to_string(id);
  std::cout << line << '\n';
}

inline void decode(const option_set&, const tokenizer_tool_options& o) {
  const zer0::tokenizer tok = open_tokenizer(o);
  std::istringstream words(o.words.empty() ? standard_input() : "");
  std::vector<std::string> list = o.words;
  for (std::string word; words >> word;) list.push_back(word);
  std::vector<token_id> ids;
  for (const std::string& word : list) {
    token_id id = 0;
    const char* const end = word.data() + word.size();
    const auto [stop, failure] = std::from_chars(word.data(), end, id);
    zer0::require(failure == std::errc() && stop == end, "'", word,
                  "' is not a token id; ids are whole numbers");
    zer0::require(id >= 0 && id < tok.size(), "token id ", id,
                  " is not in the vocabulary; ids go from 0 to ", tok.size() - 1);
    ids.push_back(id);
  }
  const std::string text = tok.decode(ids, o.skip_special);
  std::cout << text;
  if (is_terminal(stdout) && !text.ends_with('\n')) std::cout << '\n';
}

/// Bytes as they can be read: characters as they are, control characters and broken ones as \x0A.
inline std::string readable(const std::string& bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size();) {
    const zer0::utf8_char c = zer0::read_utf8(bytes.data() + i, bytes.data() + bytes.size());
    const auto length = static_cast<std::size_t>(c.length);
    if (c.valid && c.code >= 0x20 && c.code != 0x7F) {
      text += bytes.substr(i, length);
    } else {
      for (std::size_t k = 0; k < length; ++k) {
        char escaped[8];
        std::snprintf(escaped, sizeof escaped, "\\x%02X", static_cast<unsigned char>(bytes[i + k]));
        text += escaped;
      }
    }
    i += length;
  }
  return text;
}

class tokenizer_inspection {
 public:
  explicit tokenizer_inspection(const tokenizer_tool_options& o) : o_(o), tok_(open_tokenizer(o)) {}

  void run(bool has_text) {
    if (has_text) return show_tokens(o_.text);
    show_vocabulary();
    for (const std::string& path : o_.words) measure(path);
  }

 private:
  void show_tokens(const std::string& text) {
    for (const token_id id : tok_.encode(text, {.parse_special = o_.parse_special}))
      std::printf("%8d  \"%s\"%s\n", id, readable(tok_.token_bytes(id)).c_str(),
                  tok_.is_special(id) ? "  special" : "");
  }

  void show_vocabulary() {
    std::vector<token_id> ids;
    std::vector<std::size_t> of_length;
    for (token_id id = 0; id < tok_.size(); ++id) {
      if (tok_.is_special(id)) {
        std::printf("%8d  %s%s\n", id, tok_.token_bytes(id).c_str(), roles(id).c_str());
      } else if (!tok_.token_bytes(id).empty()) {
        ids.push_back(id);
      }
    }
    const auto length = [&](token_id id) { return tok_.token_bytes(id).size(); };
    const auto whole = std::ranges::count_if(ids, [&](token_id id) {
      return zer0::find_invalid_utf8(tok_.token_bytes(id)) == std::string::npos;
    });
    std::cout << with_commas(tok_.size()) << " tokens; of those that are not special "
              << with_commas(whole) << " are whole characters, "
              << with_commas(static_cast<std::int64_t>(ids.size()) - whole)
              << " hold a part of one\n";
    std::cout << "chat template: " << (tok_.chat_template().empty() ? "none" : "yes")
              << "\nlongest tokens:\n";
    std::ranges::stable_sort(ids, [&](token_id a, token_id b) { return length(a) > length(b); });
    for (std::size_t i = 0; i < std::min<std::size_t>(10, ids.size()); ++i)
      std::printf("%8d  %3zu bytes  \"%s\"\n", ids[i], length(ids[i]),
                  readable(tok_.token_bytes(ids[i])).c_str());
  }

  [[nodiscard]] std::string roles(token_id id) const {
    std::string text;
    const auto add = [&](const std::optional<token_id>& of, const char* name) {
      if (of == id) text += (text.empty() ? "  " : ", ") + std::string(name);
    };
    add(tok_.bos(), "begins a text");
    add(tok_.eos(), "ends a text");
    add(tok_.pad(), "pads");
    add(tok_.unk(), "unknown");
    return text;
  }

  void measure(const std::string& path) {
    std::size_t texts = 0, bytes = 0, tokens = 0, changed = 0;
    std::vector<token_id> ids;
    const auto add = [&](std::string_view text, const std::string& where) {
      const std::size_t bad = zer0::find_invalid_utf8(text);
      zer0::require(bad == std::string_view::npos, where, ": byte ", bad,
                    " (counted from 0) is not UTF-8");
      ids.clear();
      tok_.encode(text, ids, {.parse_special = false});
      ++texts;
      bytes += text.size();
      tokens += ids.size();
      changed += tok_.decode(ids) == text ? 0 : 1;
    };
    if (zer0::is_json_lines(path)) {
      const zer0::jsonl_file file(path);
      std::vector<std::string> list;
      for (zer0::index_t i = 0; i < file.size(); ++i) {
        const std::string problem = zer0::read_training_texts(file.line(i), list);
        if (!problem.empty()) zer0::fail(file.where(i), ": ", problem);
        for (const std::string& text : list) add(text, path);
      }
    } else {
      add(zer0::mapped_file(path).text(), path);
    }
    const auto number = [](std::size_t n) { return with_commas(static_cast<std::int64_t>(n)); };
    std::cout << path << ": " << number(texts) << (texts == 1 ? " text, " : " texts, ")
              << number(bytes) << " bytes, " << number(tokens) << " tokens";
    if (tokens > 0) {
      char ratio[32];
      std::snprintf(ratio, sizeof ratio, "%.3f",
                    static_cast<double>(bytes) / static_cast<double>(tokens));
      std::cout << ", " << ratio << " bytes a token";
    }
    std::cout << "; " << (changed == 0 ? "all" : number(texts - changed))
              << " decoded to what they were\n";
  }

  const tokenizer_tool_options& o_;
  zer0::tokenizer tok_;
};

}  // namespace program
