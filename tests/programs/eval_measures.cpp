#include "support/eval_program.hpp"
#include <zer0/checkpoint/model_files.hpp>
#include <zer0/data/encoders.hpp>
#include <zer0/device/cpu.hpp>
#include <zer0/generate/generate.hpp>
#include <zer0/recipe/perplexity.hpp>

#include <nlohmann/json.hpp>

#include <cmath>
#include <sstream>

using namespace support;

namespace {

const words chat_tokenizer{"--tokenizer_path", (source_dir() / "examples" / "tokenizer").string()};

std::string file_of(const eval_program& t, const std::string& name, const std::string& content) {
  write_file(t.program().path(name), content);
  return t.program().path(name).string();
}

/// Refused by one line that names the file and this.
void check_bad(const eval_program& t, const words& more, const std::string& lines,
               const std::string& part) {
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
  const std::string file =
      file_of(t, "ppl.jsonl", "{\"text\": \"the cat saw the dog\"}\n{\"text\": \"a bird\"}\n");
  const process_result r = t.eval({"--ppl", file});
  require_success(r);

  const zer0::tokenizer tok(t.checkpoint());
  zer0::model<zer0::decoder<>, zer0::cpu> llm(zer0::read_config(t.checkpoint()).sizes);
  zer0::load_weights(llm, t.checkpoint());
  const zer0::pretrain_records texts(file);
  const auto expected = zer0::perplexity(llm, texts, zer0::document_encoder(tok));
  double perplexity = 0, loss = 0;
  long tokens = 0, records = 0;
  REQUIRE(std::sscanf(r.out.c_str(), "perplexity %lf (loss %lf over %ld tokens of %ld texts)",
                      &perplexity, &loss, &tokens, &records) == 4);
  CHECK(perplexity == Catch::Approx(expected.perplexity()).epsilon(1e-5));
  CHECK(loss == Catch::Approx(expected.loss()).epsilon(1e-5));
  CHECK(tokens == expected.tokens);
  CHECK(records == 2);
}

TEST_CASE("eval: --accuracy counts exact answers, greedily, and shows the first others",
          "[programs][eval_measures]") {
  const eval_program t;
  const zer0::tokenizer tok(t.checkpoint());
  zer0::model<zer0::decoder<>, zer0::cpu> llm(zer0::read_config(t.checkpoint()).sizes);
  zer0::load_weights(llm, t.checkpoint());
  std::ostringstream lines;
  for (int i = 0; i < 40; ++i) {  // more than are answered side by side
    const std::string prompt = "the " + std::string(static_cast<std::size_t>(i % 7), 'x') + "cat";
    const std::string answer =
        zer0::generate(llm, tok, prompt, {.rules = {.temperature = 0}, .max_new_tokens = 5});
    lines << nlohmann::json{{"prompt", prompt},
                            {"answer", i == 33 ? "something else" : " " + answer + "\n"}}
          << '\n';
  }
  const process_result r =
      t.eval({"--accuracy", file_of(t, "questions.jsonl", lines.str()), "--max_new_tokens", "5",
              "--temperature", "3", "--repetition_penalty", "5"});
  require_success(r);
  CHECK(r.out.starts_with(
      "exact match 97.5 % (39 of 40 questions)\nthe first that are not:\n  the xxxxxcat\n"));
  CHECK_THAT(r.out, contains("    expected  something else\n    answered  "));
}

TEST_CASE("eval: --accuracy takes conversations in a chat", "[programs][eval_measures]") {
  const eval_program t(chat_tokenizer);
  const words ask{
      "--checkpoint", t.checkpoint().string(), "--model_mode", "1", "--max_new_tokens", "5"};
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
  measure.insert(measure.end(), {"--system", "Be brief."});  // before each of the conversations
  require_success(t.eval(measure));
}

TEST_CASE("eval: --preferences compares the log-probabilities of answers",
          "[programs][eval_measures]") {
  const eval_program t(chat_tokenizer);
  const zer0::tokenizer tok(t.checkpoint());
  zer0::model<zer0::decoder<>, zer0::cpu> llm(zer0::read_config(t.checkpoint()).sizes);
  zer0::load_weights(llm, t.checkpoint());
  const zer0::conversation_encoder encoder(tok,
                                           zer0::chat_template::from_directory(t.checkpoint()));
  // log p of an answer and its end token, fed one at a time behind the prompt
  const auto score = [&](const zer0::chat_json& prompt, const std::string& answer) {
    std::vector<zer0::token_id> ids = tok.encode(answer);
    ids.push_back(tok.id_of("<|im_end|>").value());
    zer0::session<decltype(llm)> s(llm, 1, llm.sizes().max_seq_len);
    std::vector<std::vector<zer0::token_id>> piece{encoder.prompt(prompt)};
    double sum = 0;
    for (const zer0::token_id id : ids) {
      const std::vector<float> logits = s.feed(piece).front();
      double all = 0;
      for (const float logit : logits) all += std::exp(static_cast<double>(logit));
      sum += static_cast<double>(logits[static_cast<std::size_t>(id)]) - std::log(all);
      piece = {{id}};
    }
    return sum;
  };
  const auto message = [](const char* role, const std::string& content) {
    return zer0::chat_json{{"role", role}, {"content", content}};
  };
  std::ostringstream lines;
  double margins = 0;
  int right = 0;
  const words answers{"the dog", "a red fox", "the", "the cat saw the bird, the tree", "no"};
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const std::string& other = answers[(i + 1) % answers.size()];
    const zer0::chat_json prompt{message("user", "the cat"), message("assistant", "saw"),
                                 message("user", "what?")};
    zer0::chat_json chosen = prompt, rejected = prompt;
    chosen.push_back(message("assistant", answers[i]));
    rejected.push_back(message("assistant", other));
    lines << zer0::chat_json{{"chosen", chosen}, {"rejected", rejected}} << '\n';
    const double margin = score(prompt, answers[i]) - score(prompt, other);
    margins += margin / static_cast<double>(answers.size());
    right += margin > 0 ? 1 : 0;
  }
  const zer0::chat_json long_answer{message("user", "x"),
                                    message("assistant", std::string(900, 'q'))};
  const zer0::chat_json short_answer{message("user", "x"), message("assistant", "y")};
  lines << zer0::chat_json{{"chosen", long_answer}, {"rejected", short_answer}} << '\n';
  const process_result r = t.eval({"--checkpoint", t.checkpoint().string(), "--model_mode", "1",
                                   "--preferences", file_of(t, "pairs.jsonl", lines.str())});
  require_success(r);
  CHECK_THAT(r.err, contains("note: 1 of "));
  const std::string part = std::to_string(right) + " of 5 pairs)";
  CHECK_THAT(r.out, contains(part));
  const std::size_t at = r.out.find("mean margin ");
  REQUIRE(at != std::string::npos);
  CHECK(std::stod(r.out.substr(at + 12)) == Catch::Approx(margins).margin(0.006));
  CHECK(right > 0);
  CHECK(right < 5);

  const auto refused = [&](const zer0::chat_json& line, const std::string& what) {
    const process_result bad =
        t.eval({"--checkpoint", t.checkpoint().string(), "--model_mode", "1", "--preferences",
                file_of(t, "bad.jsonl", line.dump() + "\n")});
    CHECK(bad.exit_code == 1);
    CHECK_THAT(bad.err, contains("bad.jsonl:1: " + what));
  };
  refused({{"chosen", short_answer}}, "it has no \"rejected\"");
  refused({{"chosen", short_answer}, {"rejected", short_answer}},
          "\"chosen\" and \"rejected\" are the same");
  refused({{"chosen", short_answer}, {"rejected", zer0::chat_json::array({message("user", "x")})}},
          "its \"rejected\" has no answer of the assistant");
}

TEST_CASE("eval: bad questions are refused, naming file and line", "[programs][eval_measures]") {
  const eval_program t(chat_tokenizer);
  const words chat{"--checkpoint", t.checkpoint().string(), "--model_mode", "1"};
  const std::string good = "{\"prompt\": \"a\", \"answer\": \"b\"}\n";
  check_bad(t, {}, good + "{\"prompt\": \"a\"}\n", "2: it has no \"answer\"");
  check_bad(t, {}, good + "\n{\"prompt\": 1, \"answer\": \"b\"}\n",
            "3: its \"prompt\" is not a string");
  check_bad(t, chat, "{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}]}\n",
            "1: it has no message of the assistant");
  check_bad(t, chat, "{\"messages\": [{\"role\": \"assistant\", \"content\": \"a\"}]}\n",
            "1: nothing stands before its answer");
  check_bad(t, {},
            "{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}, {\"role\": \"assistant\", "
            "\"content\": \"a\"}]}\n",
            "1: it is a conversation; add --model_mode 1");
  check_bad(t, {}, good + "{\"prompt\": \"" + std::string(900, 'q') + "\", \"answer\": \"b\"}\n",
            "2: it has ");
  check_bad(t, {}, good + "nonsense\n", "2: ");
}
