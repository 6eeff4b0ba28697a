#include "support/eval_program.hpp"
#include <zer0/device/cpu.hpp>
#include <zer0/generate/generate.hpp>
#include <zer0/io/model_files.hpp>
#include <zer0/recipe/perplexity.hpp>

#include <sstream>

using namespace support;

namespace {

const words chat_tokenizer{"--tokenizer_path", (source_dir() / "examples" / "tokenizer").string()};

std::string file_of(const eval_program& t, const std::string& name, const std::string& content) {
  write_file(t.program().path(name), content);
  return t.program().path(name).string();
}

/// Refused by one line that names the file and this.
void check_bad(const eval_program& t, const words& more, const std::string& lines, const std::string& part) {
  words command{"--accuracy", file_of(t, "bad.jsonl", lines)};
  command.insert(command.end(), more.begin(), more.end());
  const process_result r = t.eval(command);
  INFO(r.err);
  CHECK(r.exit_code == 1);
  CHECK(r.out.empty());
  CHECK_THAT(r.err, contains("bad.jsonl:" + part));
}

}  // namespace

TEST_CASE("eval: --ppl prints the library's perplexity", "[programs][eval_measures]") {
  const eval_program t;
  const std::string file = file_of(t, "ppl.jsonl", "{\"text\": \"the cat saw the dog\"}\n{\"text\": \"a bird\"}\n");
  const process_result r = t.eval({"--ppl", file});
  require_success(r);

  const zer0::tokenizer tok(t.checkpoint());
  zer0::model<zer0::decoder<>, zer0::cpu> llm(zer0::read_config(t.checkpoint()).sizes);
  zer0::load_weights(llm, t.checkpoint());
  const zer0::pretrain_records texts(file);
  const auto expected = zer0::perplexity(llm, texts, zer0::document_encoder(tok));
  double perplexity = 0, loss = 0;
  long tokens = 0, records = 0;
  REQUIRE(std::sscanf(r.out.c_str(), "perplexity %lf (loss %lf over %ld tokens of %ld texts)", &perplexity, &loss,
                      &tokens, &records) == 4);
  CHECK(perplexity == Catch::Approx(expected.perplexity()).epsilon(1e-5));
  CHECK(loss == Catch::Approx(expected.loss()).epsilon(1e-5));
  CHECK(tokens == expected.tokens);
  CHECK(records == 2);
}

TEST_CASE("eval: --accuracy counts exact answers, greedily, and shows the first others", "[programs][eval_measures]") {
  const eval_program t;
  const zer0::tokenizer tok(t.checkpoint());
  zer0::model<zer0::decoder<>, zer0::cpu> llm(zer0::read_config(t.checkpoint()).sizes);
  zer0::load_weights(llm, t.checkpoint());
  std::ostringstream lines;
  for (int i = 0; i < 40; ++i) {  // more than are answered side by side
    const std::string prompt = "the " + std::string(static_cast<std::size_t>(i % 7), 'x') + "cat";
    const std::string answer = zer0::generate(llm, tok, prompt, {.rules = {.temperature = 0}, .max_new_tokens = 5});
    lines << nlohmann::json{{"prompt", prompt}, {"answer", i == 33 ? "something else" : " " + answer + "\n"}} << '\n';
  }
  const process_result r = t.eval({"--accuracy", file_of(t, "questions.jsonl", lines.str()), "--max_new_tokens", "5",
                                   "--temperature", "3", "--repetition_penalty", "5"});
  require_success(r);
  CHECK(r.out.starts_with("exact match 97.5 % (39 of 40 questions)\nthe first that are not:\n  the xxxxxcat\n"));
  CHECK_THAT(r.out, contains("    expected  something else\n    answered  "));
}

TEST_CASE("eval: --accuracy takes conversations in a chat", "[programs][eval_measures]") {
  const eval_program t(chat_tokenizer);
  const words ask{"--checkpoint", t.checkpoint().string(), "--model_mode", "1", "--max_new_tokens", "5"};
  words one = ask;
  one.insert(one.end(), {"--temperature", "0", "--prompt", "the cat"});
  const std::string out = t.eval(one).out;
  const std::string answer = out.substr(out.find('\n') + 1, out.rfind("\n\n") - out.find('\n') - 1);
  const nlohmann::json question = {{"role", "user"}, {"content", "the cat"}};
  const nlohmann::json right = {{"role", "assistant"}, {"content", answer}};
  const nlohmann::json wrong = {{"role", "assistant"}, {"content", "nothing of the kind"}};
  std::ostringstream lines;
  lines << nlohmann::json{{"conversations", {question, right}}} << '\n'
        << nlohmann::json{{"messages", {question, wrong}}} << '\n';
  lines << nlohmann::json{{"prompt", "the cat"}, {"answer", answer}} << '\n';
  words measure = ask;
  measure.insert(measure.end(), {"--accuracy", file_of(t, "questions.jsonl", lines.str())});
  const process_result r = t.eval(measure);
  require_success(r);
  CHECK_THAT(r.out, contains("exact match 66.7 % (2 of 3 questions)"));
}

TEST_CASE("eval: bad questions are refused, naming file and line", "[programs][eval_measures]") {
  const eval_program t(chat_tokenizer);
  const words chat{"--checkpoint", t.checkpoint().string(), "--model_mode", "1"};
  const std::string good = "{\"prompt\": \"a\", \"answer\": \"b\"}\n";
  check_bad(t, {}, good + "{\"prompt\": \"a\"}\n", "2: it has no \"answer\"");
  check_bad(t, {}, good + "\n{\"prompt\": 1, \"answer\": \"b\"}\n", "3: its \"prompt\" is not a string");
  check_bad(t, chat, "{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}]}\n",
            "1: it has no message of the assistant");
  check_bad(t, chat, "{\"messages\": [{\"role\": \"assistant\", \"content\": \"a\"}]}\n",
            "1: nothing stands before its answer");
  check_bad(
      t, {},
      "{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}, {\"role\": \"assistant\", \"content\": \"a\"}]}\n",
      "1: it is a conversation; add --model_mode 1");
  check_bad(t, {}, good + "{\"prompt\": \"" + std::string(900, 'q') + "\", \"answer\": \"b\"}\n", "2: it has ");
  check_bad(t, {}, good + "nonsense\n", "2: ");
}
