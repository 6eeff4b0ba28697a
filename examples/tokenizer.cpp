// Trains a tokenizer, and shows what one does: `tokenizer --help` lists the commands.
#include "tokenizer_cli/tools.hpp"
#include "tokenizer_cli/training.hpp"

#include <csignal>
#include <exception>
#include <iostream>
#include <new>
#include <string>

namespace {

using namespace program;

constexpr const char* help =
    "tokenizer: trains a byte-level BPE tokenizer, and shows what one does.\n\n"
    "  tokenizer train --out my_tokenizer --vocab_size 6400 texts.jsonl more.txt\n"
    "  tokenizer encode --tokenizer_path my_tokenizer --text \"Once upon a time\"\n"
    "  tokenizer decode --tokenizer_path my_tokenizer 346 912 264 711\n"
    "  tokenizer inspect --tokenizer_path my_tokenizer texts.jsonl\n\n"
    "tokenizer COMMAND --help lists the options of a command.\n";

int train(int argc, char** argv) {
  tokenizer_train_options o;
  option_set options(
      "tokenizer train [options] FILE...: learns a byte-level BPE vocabulary from texts.\n\n"
      "Files are plain text (UTF-8), or JSON Lines if their names end in .jsonl, .ndjson or .json: "
      "the \"text\" of each\n"
      "record, or the contents of its messages. Merges are those of Hugging Face's BpeTrainer on "
      "the same texts.\n"
      "Writes tokenizer.json, vocab.json, merges.txt and tokenizer_config.json.");
  add_tokenizer_train_options(options, o);
  if (!options.parse(argc, argv)) return 0;
  options.finish();
  check(o);
  tokenizer_training(o).run();
  return 0;
}

template <class Run>
int tool(int argc, char** argv, const std::string& summary,
         void (*add)(option_set&, tokenizer_tool_options&), Run run) {
  tokenizer_tool_options o;
  option_set options(summary);
  options.positional(o.words);
  options.group("options");
  options.add("tokenizer_path", o.tokenizer_path, "tokenizer.json, or its folder");
  add(options, o);
  if (!options.parse(argc, argv)) return 0;
  options.finish();
  run(options, o);
  return 0;
}

void add_text_options(option_set& options, tokenizer_tool_options& o) {
  options.add("text", o.text, "the text itself");
  options.add("parse_special", o.parse_special,
              "special tokens spelled out in the text are those; false: plain text");
}

int run_command(const std::string& command, int argc, char** argv) {
  if (command == "train") return train(argc, argv);
  if (command == "encode")
    return tool(
        argc, argv,
        "tokenizer encode [options] [FILE...]: the ids of a text (files, or the standard input).",
        [](option_set& options, tokenizer_tool_options& o) {
          add_text_options(options, o);
          options.add("add_special_tokens", o.add_special_tokens,
                      "what the tokenizer puts around a text too");
        },
        encode);
  if (command == "decode")
    return tool(
        argc, argv,
        "tokenizer decode [options] [ID...]: the text of ids (arguments, or the standard input).",
        [](option_set& options, tokenizer_tool_options& o) {
          options.add("skip_special", o.skip_special, "leave special tokens out");
        },
        decode);
  if (command == "inspect")
    return tool(argc, argv,
                "tokenizer inspect [options] [FILE...]: what the vocabulary holds, and how well it "
                "compresses files.\n"
                "With --text: the tokens of that text, one a line.",
                add_text_options, [](const option_set& options, const tokenizer_tool_options& o) {
                  demand(!options.given("text") || o.words.empty(),
                         "--text and files are both given; choose one");
                  tokenizer_inspection(o).run(options.given("text"));
                });
  refuse("\"", command, "\" is no command; it must be train, encode, decode or inspect");
}

}  // namespace

int main(int argc, char** argv) try {
  std::signal(SIGXFSZ, SIG_IGN);  // a file over the limit is an error of that write, not the end
  const std::string command = argc > 1 ? argv[1] : "--help";
  if (command == "--help" || command == "-h") {
    std::cout << help;
    return argc > 1 ? 0 : 2;
  }
  return run_command(command, argc - 1, argv + 1);
} catch (const usage_error& e) {
  clear_line();
  std::cerr << "tokenizer: " << e.what() << '\n';
  return 2;
} catch (const std::bad_alloc&) {
  clear_line();
  std::cerr << "tokenizer: there is not enough memory; train on a part of the texts\n";
  return 1;
} catch (const std::exception& e) {
  clear_line();
  std::cout << std::flush;
  std::cerr << "tokenizer: " << e.what() << '\n';
  return 1;
}
