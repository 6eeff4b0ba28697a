// `tokenizer train`: options, and the training of a tokenizer.
#pragma once

#include "support/options.hpp"
#include "support/terminal.hpp"
#include <zer0/data/count_words.hpp>
#include <zer0/text/bpe_trainer.hpp>
#include <zer0/text/utf8.hpp>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <iostream>
#include <limits>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace program {

struct tokenizer_train_options {
  std::vector<std::string> files;
  std::string out = "none";
  bool overwrite = false, skip_bad_lines = false;
  zer0::index_t vocab_size = 6400, min_frequency = 0, max_token_length = 0;
  std::string special_tokens = "<unk> <s> </s> <|im_start|> <|im_end|>";
  std::string bos_token = "auto", eos_token = "auto", pad_token = "auto", unk_token = "auto",
              chat_template = "auto";
  zer0::index_t n_threads = 0, max_memory = 0;
};

inline void add_tokenizer_train_options(option_set& options, tokenizer_train_options& o) {
  options.positional(o.files);
  options.group("files");
  options.add("out", o.out, "folder of the tokenizer; it appears when all its files are complete");
  options.add("overwrite", o.overwrite, "replace the tokenizer that the folder holds");
  options.add("skip_bad_lines", o.skip_bad_lines,
              "leave bad lines of JSON Lines out instead of stopping at the first");
  options.group("vocabulary");
  options.add("vocab_size", o.vocab_size,
              "tokens: special ones, 256 bytes, and one for each merge");
  options.add("special_tokens", o.special_tokens,
              "their texts, in one argument with spaces between; first ids first");
  options.add("min_frequency", o.min_frequency, "pairs that occur less often are not merged");
  options.add("max_token_length", o.max_token_length,
              "merged tokens stay shorter than so many bytes; 0: no limit");
  options.group("tokenizer_config.json");
  options.add("bos_token", o.bos_token, "begins a text; auto: <s> if it is a special token; none");
  options.add("eos_token", o.eos_token, "ends a text; auto: </s> if it is a special token; none");
  options.add("pad_token", o.pad_token,
              "fills a batch; auto: <unk> if it is a special token; none");
  options.add("unk_token", o.unk_token,
              "by name only, as any text can be encoded; auto, none as pad_token");
  options.add("chat_template", o.chat_template,
              "a file of Jinja; chatml; none; auto: chatml if <|im_start|> and <|im_end|> are "
              "special tokens");
  options.group("machine");
  options.add("n_threads", o.n_threads,
              "threads that count words; 0: one a core; the result is the same");
  options.add("max_memory", o.max_memory,
              "MiB that the different words may occupy; 0: a quarter of the machine's");
}

inline void check(const tokenizer_train_options& o) {
  demand(!o.files.empty(),
         "no files are given; name text files (UTF-8) or JSON Lines (.jsonl) to train on");
  demand(o.out != "none", "--out is missing; it names the folder to write the tokenizer to");
  demand(o.vocab_size >= 1, "--vocab_size is ", o.vocab_size, "; it must be at least 256");
  demand(o.min_frequency >= 0, "--min_frequency is ", o.min_frequency, "; it must be at least 0");
  demand(o.max_token_length >= 0, "--max_token_length is ", o.max_token_length,
         "; it must be at least 0");
  demand(o.n_threads >= 0, "--n_threads is ", o.n_threads, "; it must be at least 0");
  demand(o.max_memory >= 0, "--max_memory is ", o.max_memory, "; it must be at least 0");
}

class tokenizer_training {
 public:
  explicit tokenizer_training(const tokenizer_train_options& options) : o_(options) {
    std::istringstream words(o_.special_tokens);
    for (std::string word; words >> word;) special_.push_back(word);
  }

  void run() {
    const zer0::tokenizer_roles roles = chosen_roles();
    const zer0::bpe_training training{.vocab_size = o_.vocab_size,
                                      .min_frequency = o_.min_frequency,
                                      .max_token_length = o_.max_token_length,
                                      .special_tokens = special_,
                                      .progress = show_percent("merging")};
    training.check();
    zer0::require_place_for_tokenizer(o_.out, o_.overwrite);

    zer0::counted_words counted = zer0::count_words({o_.files.begin(), o_.files.end()}, counting());
    tell(counted);
    const zer0::trained_bpe bpe = zer0::train_bpe(std::move(counted.parts), training);
    zer0::write_tokenizer(o_.out, bpe, roles);
    tell(bpe);
  }

 private:
  [[nodiscard]] bool is_special(std::string_view token) const {
    return std::ranges::find(special_, token) != special_.end();
  }

  [[nodiscard]] zer0::tokenizer_roles chosen_roles() const {
    zer0::tokenizer_roles roles = zer0::usual_roles(special_);
    const auto choose = [&](const char* name, const std::string& given, std::string& role) {
      demand(given == "auto" || given == "none" || is_special(given), "--", name, " is ", given,
             ", which is not one of --special_tokens");
      if (given != "auto") role = given == "none" ? "" : given;
    };
    choose("bos_token", o_.bos_token, roles.bos);
    choose("eos_token", o_.eos_token, roles.eos);
    choose("pad_token", o_.pad_token, roles.pad);
    choose("unk_token", o_.unk_token, roles.unk);
    if (o_.chat_template != "auto") roles.chat_template = chat_template();
    return roles;
  }

  [[nodiscard]] std::string chat_template() const {
    if (o_.chat_template == "none") return {};
    if (o_.chat_template == "chatml") {
      demand(is_special("<|im_start|>") && is_special("<|im_end|>"),
             "--chat_template chatml needs <|im_start|> and <|im_end|> among --special_tokens");
      return std::string(zer0::chatml_template);
    }
    const zer0::mapped_file file(o_.chat_template);
    zer0::require(zer0::find_invalid_utf8(file.text()) == std::string_view::npos, o_.chat_template,
                  " is not UTF-8");
    return std::string(file.text());
  }

  [[nodiscard]] zer0::count_options counting() const {
    const auto cores = std::max<zer0::index_t>(1, std::thread::hardware_concurrency());
    const auto machine = static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES)) *
                         static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    return {.num_workers = static_cast<int>(
                o_.n_threads > 0 ? std::min<zer0::index_t>(o_.n_threads, 1024) : cores),
            .max_bytes =
                o_.max_memory > 0 ? static_cast<std::size_t>(o_.max_memory) << 20 : machine / 4,
            .skip_bad_lines = o_.skip_bad_lines,
            .progress = show_percent("counting words")};
  }

  [[nodiscard]] std::string seconds() {
    const auto now = std::chrono::steady_clock::now();
    std::ostringstream text;
    text.precision(3);
    text << std::chrono::duration<double>(now - std::exchange(start_, now)).count() << " s";
    return text.str();
  }

  void tell(const zer0::counted_words& counted) {
    if (counted.bad.count > 0)
      std::cerr << counted.bad.count << (counted.bad.count == 1 ? " bad line is" : " bad lines are")
                << " left out; the first: " << counted.bad.first.front() << '\n';
    std::cout << with_commas(counted.words) << " words in " << with_commas(counted.bytes)
              << " bytes of text, " << with_commas(static_cast<std::int64_t>(counted.different))
              << " of them different (" << seconds() << ")\n";
  }

  void tell(const zer0::trained_bpe& bpe) {
    const auto size = static_cast<std::int64_t>(bpe.tokens.size());
    std::cout << o_.out << ": " << with_commas(size) << " tokens, " << bpe.special
              << " of them special, " << with_commas(static_cast<std::int64_t>(bpe.merges.size()))
              << " merges (" << seconds() << ")\n";
    if (size < o_.vocab_size)
      std::cout << "the texts gave fewer than the " << with_commas(o_.vocab_size)
                << " tokens asked for: no pair is left to merge; train on more text, or lower "
                   "--min_frequency\n";
  }

  const tokenizer_train_options& o_;
  std::vector<std::string> special_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace program
