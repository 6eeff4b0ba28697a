#include "support/eval_program.hpp"
#include <zer0/checkpoint/model_files.hpp>
#include <zer0/device/cpu.hpp>
#include <zer0/generate/generate.hpp>

using namespace support;

TEST_CASE("eval: greedy text is the library's, streamed or all at once", "[programs][eval_run]") {
  const eval_program t;
  const words greedy{"--temperature", "0",       "--max_new_tokens", "12",
                     "--prompt",      "the cat", "--prompt",         "the"};
  const process_result streamed = t.eval(greedy);
  require_success(streamed);

  const zer0::tokenizer tok(t.checkpoint());
  zer0::model<zer0::decoder<>, zer0::cpu> llm(zer0::read_config(t.checkpoint()).sizes);
  zer0::load_weights(llm, t.checkpoint());
  std::string expected;
  for (const char* prompt : {"the cat", "the"})
    expected +=
        prompt +
        zer0::generate(llm, tok, prompt, {.rules = {.temperature = 0}, .max_new_tokens = 12}) +
        "\n\n";
  CHECK(streamed.out == expected);
  CHECK(expected.size() > 30);
  CHECK_THAT(streamed.err, contains("tokens/s"));

  words at_once = greedy;
  at_once.insert(at_once.end(), {"--stream", "false"});
  CHECK(t.eval(at_once).out == expected);
}

TEST_CASE("eval: a seed gives the same text again, another seed another text",
          "[programs][eval_run]") {
  const eval_program t;
  const words warm{"--temperature", "2",   "--top_p",          "1",
                   "--prompt",      "the", "--max_new_tokens", "30"};
  const auto with_seed = [&](const char* seed) {
    words all = warm;
    all.insert(all.end(), {"--seed", seed});
    const process_result r = t.eval(all);
    require_success(r);
    return r.out;
  };
  CHECK(with_seed("1") == with_seed("1"));
  CHECK(with_seed("1") != with_seed("2"));
}

TEST_CASE("eval: max_new_tokens counts new tokens, and --max_seq_len ends the context",
          "[programs][eval_run]") {
  const eval_program t({"--max_steps", "1"});  // knows nothing, so it hardly ends by itself
  const words many{"--temperature",      "0", "--repetition_penalty", "5", "--prompt",
                   "the cat saw the dog"};
  const auto tokens = [&](const words& more) {
    words all = many;
    all.insert(all.end(), more.begin(), more.end());
    const process_result r = t.eval(all);
    require_success(r);
    const std::size_t line = r.err.find("\n\n") + 2;
    return std::stoi(r.err.substr(line));
  };
  CHECK(tokens({"--max_new_tokens", "1"}) == 1);
  CHECK(tokens({"--max_new_tokens", "9"}) == 9);
  const int prompt =
      static_cast<int>(zer0::tokenizer(t.checkpoint()).encode("the cat saw the dog").size());
  const bool has_bos = zer0::tokenizer(t.checkpoint()).bos().has_value();
  CHECK(tokens({"--max_seq_len", "20"}) ==
        20 - prompt - (has_bos ? 1 : 0) + 1);  // the last one is not read
}

TEST_CASE(
    "eval: without prompts it has its own, interactive it reads a line each until an empty one",
    "[programs][eval_run]") {
  const eval_program t;
  const process_result own = t.eval({"--max_new_tokens", "3"});
  require_success(own);
  CHECK(own.out.starts_with("Once upon a time"));
  CHECK(std::count(own.out.begin(), own.out.end(), '\n') >=
        12);  // six texts, each with an empty line

  const words interactive{"--interactive", "--temperature", "0", "--max_new_tokens", "5"};
  const process_result two = t.eval_with_input("the cat\nthe dog\n\nnever read\n", interactive);
  require_success(two);
  CHECK(two.out.starts_with("the cat"));
  CHECK_THAT(two.out, contains("\n\nthe dog"));
  CHECK_FALSE(two.out.find("never") != std::string::npos);
  const process_result cut =
      t.eval_with_input("the cat", interactive);  // no line end, then no more input
  require_success(cut);
  CHECK(cut.out.starts_with("the cat"));
  const std::string long_line(400, 'x');
  const process_result went_on = t.eval_with_input(long_line + "\nthe dog\n", interactive);
  require_success(went_on);
  CHECK_THAT(went_on.err, contains("leaves no room"));
  CHECK_THAT(went_on.out, contains("the dog"));
}

TEST_CASE("eval: Ctrl-C ends the text cleanly and says how fast it was", "[programs][eval_run]") {
  const eval_program t;
  words many;
  for (int i = 0; i < 3000; ++i) many.insert(many.end(), {"--prompt", "the"});
  const fs::path out = t.checkpoint().parent_path() / "out.txt";
  process p({"/bin/sh", "-c", "exec " + t.line(many) + "> '" + out.string() + "'"},
            train_program::environment());
  REQUIRE(p.wait_until([&] { return fs::exists(out) && fs::file_size(out) > 0; }));
  p.send(SIGINT);
  const process_result r = p.wait();
  CHECK(r.signal == 0);
  CHECK(r.exit_code == 130);
  CHECK(file_content(out).ends_with("\n"));
  CHECK_THAT(r.err, contains("tokens/s"));
}

TEST_CASE("eval: impossible values are refused in one line", "[programs][eval_run]") {
  const eval_program t;
  check_refused(t.eval({"--temperature", "-1"}), 2, "temperature is -1");
  check_refused(t.eval({"--top_p", "0"}), 2, "top_p is 0");
  check_refused(t.eval({"--max_new_tokens", "0"}), 2, "--max_new_tokens is 0");
  check_refused(t.eval({"--model_mode", "2"}), 2, "--model_mode is 2");
  check_refused(t.eval({"--system", "x"}), 2, "add --model_mode 1");
  check_refused(t.eval({"--history_cnt", "1"}), 2, "add --model_mode 1");
  check_refused(t.eval({"--ppl", "/nowhere"}), 2, "--ppl /nowhere does not exist");
  check_refused(t.eval({"--n_layers", "3"}), 2, "--n_layers is 3, but the model in");
  check_refused(t.eval({"--max_seq_len", "65"}), 2, "accepts 64");
  check_refused(t.eval({"--dim", "32"}), 2, "holds no checkpoint");
  check_refused(t.eval({"--checkpoint", "/nowhere"}), 2,
                "--checkpoint /nowhere holds no config.json");
  check_refused(t.eval({"--interactive", "--prompt", "x"}), 2, "choose one");
  check_refused(t.eval({"--device", "cuda:0"}), 2, "no CUDA; configure with -DZER0_CUDA=ON");
  check_refused(t.eval({"--prompts", "x"}), 2, "did you mean --prompt?");
}
