// Lets a trained model go on with texts: `eval --help` lists the options.
#include "support/eval_options.hpp"
#include "support/run_directory.hpp"
#include "support/signals.hpp"
#include "support/terminal.hpp"
#include <zer0/attention/gqa.hpp>
#include <zer0/device/cpu.hpp>
#include <zer0/generate/generate.hpp>
#include <zer0/io/model_files.hpp>

#include <omp.h>

#include <chrono>
#include <exception>
#include <iostream>
#include <new>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace program;
using zer0::token_id;

/// A model to talk with: where it is, and its sizes.
struct setup {
  eval_options o;
  fs::path checkpoint;
  zer0::model_config config;
};

fs::path find_model(const option_set& options, const eval_options& o) {
  if (o.checkpoint != "none") {
    demand(fs::is_regular_file(fs::path(o.checkpoint) / "config.json"), "--checkpoint ", o.checkpoint,
           " holds no config.json; give a folder in Hugging Face's layout, such as out/pretrain_512/best");
    return o.checkpoint;
  }
  const fs::path run = find_run(o.out_dir, "pretrain", o.dim, options.given("dim"));
  const fs::path checkpoint = find_checkpoint(run, {"best", "last"});
  demand(!checkpoint.empty(), run.string(),
         " holds no checkpoint; train a model with train, or name its folder by --out_dir and --dim, or --checkpoint");
  return checkpoint;
}

/// The command line as a setup; nothing if only the help was asked for.
std::optional<setup> read_options(int argc, char** argv) {
  setup s;
  option_set options(
      "eval: lets a trained model go on with texts.\n\n"
      "  eval                                              the model that train left in out/, texts of our own\n"
      "  eval --prompt \"Once upon a time\" --temperature 0   one text, always the most likely token\n"
      "  eval --interactive                                your texts, a line each\n\n"
      "Options are given as --name value or --name=value; BOOL may be left out for true.");
  add_eval_options(options, s.o);
  if (!options.parse(argc, argv)) return std::nullopt;
  options.finish();
  check(s.o);
  s.checkpoint = find_model(options, s.o);
  s.config = zer0::read_config(s.checkpoint);
  zer0::dims& sizes = s.config.sizes;
  const auto same = [&](const char* name, index_t value, index_t in_file) {
    demand_same(options, name, value, in_file, s.checkpoint.string());
  };
  same("dim", s.o.dim, sizes.dim);
  same("n_layers", s.o.n_layers, sizes.n_layers);
  same("n_heads", s.o.n_heads, sizes.n_heads);
  same("n_kv_heads", s.o.n_kv_heads.value, sizes.kv_heads());
  demand(!options.given("max_seq_len") || s.o.max_seq_len <= sizes.max_seq_len, "--max_seq_len is ", s.o.max_seq_len,
         ", but the model in ", s.checkpoint.string(), " accepts ", sizes.max_seq_len);
  sizes.max_seq_len = std::min(sizes.max_seq_len, s.o.max_seq_len);
  return s;
}

/// What was generated, and how long it took.
struct speed {
  index_t tokens = 0;
  double seconds = 0;
};

template <class Model>
class talker {
 public:
  talker(Model& model, const zer0::tokenizer& tok, const eval_options& o) : model_(model), tok_(tok) {
    options_ = {.rules = o.rules, .max_new_tokens = o.max_new_tokens, .stop_token = tok.eos()};
  }

  /// Prints a prompt and what follows, as it comes.
  void stream(const std::string& prompt) {
    zer0::stream_decoder decoder(tok_);
    const auto ids = ids_of(prompt);
    std::cout << prompt << std::flush;
    generate({ids}, [&](index_t, token_id token) {
      std::cout << decoder.push(token) << std::flush;
      return stop_signal == 0;
    });
    std::cout << decoder.flush() << "\n" << std::endl;
  }

  /// Continues all prompts side by side, then prints them.
  void all(const std::vector<std::string>& prompts) {
    std::vector<std::vector<token_id>> ids;
    for (const std::string& prompt : prompts) ids.push_back(ids_of(prompt));
    const auto results = generate(ids, [](index_t, token_id) { return stop_signal == 0; });
    for (std::size_t i = 0; i < prompts.size(); ++i)
      std::cout << prompts[i] << tok_.decode(results[i], true) << "\n" << std::endl;
  }

  [[nodiscard]] const speed& total() const { return total_; }

 private:
  std::vector<token_id> ids_of(const std::string& prompt) const {
    std::vector<token_id> ids;
    if (tok_.bos()) ids.push_back(*tok_.bos());
    tok_.encode(prompt, ids);
    return ids;
  }

  std::vector<std::vector<token_id>> generate(const std::vector<std::vector<token_id>>& prompts,
                                              const std::function<bool(index_t, token_id)>& on_token) {
    const auto start = std::chrono::steady_clock::now();
    auto results = zer0::generate_tokens(model_, prompts, options_, on_token);
    total_.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    for (const auto& ids : results) total_.tokens += static_cast<index_t>(ids.size());
    return results;
  }

  Model& model_;
  const zer0::tokenizer& tok_;
  zer0::generate_options options_;
  speed total_;
};

/// What to go on with if nothing is given: beginnings that the corpus of the examples knows.
std::vector<std::string> own_prompts() {
  return {"Once upon a time", "One morning", "The sun", "从前，", "有一天，", "太阳"};
}

/// Asks for prompts until an empty line or the end of the input. Ctrl-C ends an answer; at the question, the program.
template <class Model>
void converse(talker<Model>& talk) {
  const bool asks = is_terminal(stdin);
  if (asks) std::cout << "A text to go on with; an empty line ends.\n\n";
  for (std::string line;;) {
    if (asks) std::cout << "> " << std::flush;
    if (!std::getline(std::cin, line) || line.empty() || stop_signal != 0) break;
    try {
      talk.stream(line);
    } catch (const zer0::error& e) {
      std::cout << std::flush;
      std::cerr << e.what() << "\n\n";
    }
    if (stop_signal == SIGINT) stop_signal = 0;
  }
}

template <class Decoder>
int eval_variant(const setup& s) {
  const fs::path tokenizer_source = s.o.tokenizer_path == "none" ? s.checkpoint : fs::path(s.o.tokenizer_path);
  const zer0::tokenizer tok(tokenizer_source);
  demand(tok.size() <= s.config.sizes.vocab_size, "the tokenizer ", tok.source().string(), " has ", tok.size(),
         " tokens, but the model in ", s.checkpoint.string(), " a vocabulary of ", s.config.sizes.vocab_size,
         "; give the model's own by --tokenizer_path");
  zer0::model<Decoder, zer0::cpu> llm(s.config.sizes);
  zer0::load_weights(llm, s.checkpoint);
  const zer0::dims& d = llm.sizes();
  std::cerr << s.checkpoint.string() << ": " << with_commas(llm.parameters().elements()) << " parameters, dim " << d.dim
            << ", " << d.n_layers << " layers, context " << d.max_seq_len << "\n\n";

  talker talk(llm, tok, s.o);
  const std::vector<std::string> prompts = s.o.prompts.empty() ? own_prompts() : s.o.prompts;
  if (s.o.interactive) {
    converse(talk);
  } else if (s.o.stream) {
    for (const std::string& prompt : prompts)
      if (stop_signal == 0) talk.stream(prompt);
  } else {
    talk.all(prompts);
  }
  const auto [tokens, seconds] = talk.total();
  if (tokens > 0)
    std::cerr << with_commas(tokens) << " tokens in " << std::round(seconds * 100) / 100
              << " s: " << with_commas(std::llround(static_cast<double>(tokens) / seconds)) << " tokens/s\n";
  return stop_signal == 0 ? 0 : 128 + stop_signal;
}

int eval(const setup& s) {
  using zer0::decoder, zer0::flash, zer0::gqa, zer0::rope, zer0::tied_head, zer0::untied_head;
  stop_on({SIGINT, SIGTERM});
  if (s.o.n_threads > 0) omp_set_num_threads(static_cast<int>(s.o.n_threads));
  return s.config.tied ? eval_variant<decoder<gqa<rope, flash>, tied_head>>(s)
                       : eval_variant<decoder<gqa<rope, flash>, untied_head>>(s);
}

}  // namespace

int main(int argc, char** argv) try {
  const auto s = read_options(argc, argv);
  return s ? eval(*s) : 0;
} catch (const usage_error& e) {
  std::cerr << "eval: " << e.what() << '\n';
  return 2;
} catch (const std::bad_alloc&) {
  std::cerr << "eval: there is not enough memory for the model and its cache; lower --max_seq_len\n";
  return 1;
} catch (const std::exception& e) {
  std::cout << std::flush;
  std::cerr << "eval: " << e.what() << '\n';
  return 1;
}
