#include "support/train_program.hpp"

#include <regex>

using namespace support;
using std::chrono::microseconds;

namespace {

/// A pretrained model of a few steps, whose tokenizer has a chat template, and conversations to
/// fine-tune it on.
class sft_program : public train_program {
 public:
  sft_program() {
    fs::create_directories(tokenizer());
    fs::copy(data_dir() / "tokenizer" / "tokenizer.json", tokenizer() / "tokenizer.json");
    write_template("");
    write_chats(chats(), 30);
  }

  [[nodiscard]] fs::path tokenizer() const { return path("tokenizer"); }
  [[nodiscard]] fs::path chats() const { return path("chats.jsonl"); }
  [[nodiscard]] run_files sft_run(const std::string& out_dir = "out") const {
    return {path(out_dir) / "sft_16"};
  }

  /// ChatML, and what stands before it; refuses conversations that begin with a tool.
  void write_template(const std::string& before) const {
    const nlohmann::json config{
        {"eos_token", "<|im_end|>"},
        {"chat_template",
         before + "{% if messages[0].role == 'tool' %}{{ raise_exception('no tool first') }}{% "
                  "endif %}{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + "
                  "'<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ "
                  "'<|im_start|>assistant\n' }}{% endif %}"}};
    write_file(tokenizer() / "tokenizer_config.json", config.dump());
  }

  static nlohmann::json message(const std::string& role, const std::string& content) {
    return {{"role", role}, {"content", content}};
  }
  static std::string line(const std::vector<nlohmann::json>& messages) {
    return nlohmann::json{{"conversations", messages}}.dump() + "\n";
  }
  static void write_chats(const fs::path& file, int n) {
    std::string text;
    for (int i = 0; i < n; ++i) {
      std::string answer = "ship";
      for (int k = i % 4; k > 0; --k) answer += " ship";
      text += line({message("user", std::to_string(i % 4)), message("assistant", answer)});
    }
    write_file(file, text);
  }

  void pretrain(const std::string& out_dir = "out") const {
    require_success(
        train({"--max_steps", "3", "--tokenizer_path", tokenizer().string(), "--max_seq_len", "64"},
              out_dir));
  }

  /// Sizes, row and tokenizer are those of the pretrained model.
  [[nodiscard]] words sft_command(const words& more, const std::string& out_dir = "out") const {
    words all{ZER0_TRAIN,
              "--mode",
              "sft",
              "--out_dir",
              path(out_dir).string(),
              "--data_path",
              chats().string(),
              "--log_interval",
              "1"};
    const auto given = [&](const std::string& name) {
      return std::ranges::find(more, name) != more.end();
    };
    for (const char* name : {"--batch_size", "--accumulation_steps"})
      if (!given(name)) all.insert(all.end(), {name, "2"});
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  [[nodiscard]] process_result sft(const words& more, const std::string& out_dir = "out") const {
    return execute(sft_command(more, out_dir));
  }
};

}  // namespace

TEST_CASE("train: sft goes on from the pretraining in OUT_DIR, with its sizes, rows and tokenizer",
          "[programs][train_sft]") {
  const sft_program p;
  p.pretrain();
  const fs::path val = p.path("val.jsonl");
  sft_program::write_chats(val, 8);
  const process_result r = p.sft({"--epochs", "6", "--learning_rate", "1e-2", "--val_path",
                                  val.string(), "--save_interval", "8"});
  require_success(r);
  CHECK_THAT(r.err, !contains("left out"));
  const run_files run = p.sft_run();
  for (const std::string& part :
       {"start     " + (p.run().directory / "step_00000003").string(),
        std::string("30 conversations, "),
        std::string(" of them learned; validation: 8 conversations"),
        std::string("2 x 2 rows of 64 tokens"), "run       " + run.directory.string(),
        std::string("eval --model_mode 1 --out_dir ") + p.path("out").string() + " --dim 16"})
    CHECK_THAT(r.out, contains(part));
  CHECK(file_content(run.last() / "tokenizer_config.json") ==
        file_content(p.tokenizer() / "tokenizer_config.json"));
  std::vector<double> val_losses;
  for (const auto& line : run.log())
    if (line.contains("val_loss")) val_losses.push_back(line["val_loss"].get<double>());
  REQUIRE(val_losses.size() >= 3);
  CHECK(val_losses.back() < 0.5 * val_losses.front());
  CHECK(p.run().last_step() == 3);

  check_error(p.sft({}), 2, {run.directory.string(), "holds the checkpoints of an earlier run"});
  require_success(p.sft({"--max_steps", "1", "--init_from", run.last().string()}, "again"));
}

TEST_CASE("train: sft without a pretrained model, or without a chat template, says what to do",
          "[programs][train_sft]") {
  const sft_program p;
  check_error(p.sft({}), 2,
              {"--mode sft begins with a trained model", (p.path("out") / "pretrain_512").string(),
               "--mode pretrain", "--init_from"});
  check_error(p.train({"--dump_samples", "1"}), 2, {"--dump_samples goes with --mode sft"});
  require_success(p.train({"--max_steps", "1", "--max_seq_len", "64"}));
  check_error(p.sft({}), 1, {"has no chat template", "--tokenizer_path"});
  require_success(p.sft({"--tokenizer_path", p.tokenizer().string(), "--max_steps", "1"}));
}

TEST_CASE("train: sft resumed in the middle of an epoch ends in the same bits; killed, too",
          "[programs][train_sft]") {
  for (const words& kind :
       {words{"--packed", "--dropout", "0.2", "--batch_size", "1"}, words{"--dropout", "0"}}) {
    const sft_program p;
    p.pretrain();
    words options{"--epochs",
                  "3",
                  "--save_interval",
                  "4",
                  "--save_interval_steps",
                  "3",
                  "--keep_checkpoint_max",
                  "100",
                  "--accumulation_steps",
                  "1",
                  "--max_steps",
                  "20"};
    options.insert(options.end(), kind.begin(), kind.end());
    require_success(p.sft(options));
    fs::copy(p.path("out"), p.path("copy"),
             fs::copy_options::recursive | fs::copy_options::copy_symlinks);
    p.sft_run("copy").rewind(3);
    const words resume{ZER0_TRAIN, "--resume",  "--mode",
                       "sft",      "--out_dir", p.path("copy").string()};
    const process_result r = train_program::execute(resume);
    require_success(r);
    CHECK_THAT(r.out, contains("resumed at step 3"));
    check_same_end(p.sft_run(), p.sft_run("copy"));
    const auto time_of = [&](const run_files& run) {
      return nlohmann::json::parse(file_content(run.last() / "training_state.json"))["run"]["time"];
    };
    CHECK(time_of(p.sft_run()) == time_of(p.sft_run("copy")));

    fs::remove_all(p.sft_run("copy").directory);
    options.insert(options.end(), {"--resume", "auto"});
    {
      process run(p.sft_command(options, "copy"), train_program::environment());
      run.wait_until([&] { return fs::exists(p.sft_run("copy").directory / "last"); });
      run.send(SIGKILL);
      (void)run.wait();
    }
    require_success(p.sft(options, "copy"));
    check_same_end(p.sft_run(), p.sft_run("copy"));
  }
}

TEST_CASE("train: an sft run is not resumed with another chat template", "[programs][train_sft]") {
  const sft_program p;
  p.pretrain();
  require_success(p.sft({"--max_steps", "2", "--tokenizer_path", p.tokenizer().string()}));
  const words resume{ZER0_TRAIN,         "--resume",
                     "--mode",           "sft",
                     "--out_dir",        p.path("out").string(),
                     "--tokenizer_path", p.tokenizer().string()};
  require_success(train_program::execute(resume));
  p.write_template("Hello.");
  check_error(train_program::execute(resume), 2,
              {"chat template", p.tokenizer().string(), "its content differs"});
}

TEST_CASE("train: --dump_samples prints what is learned, between markers, and trains nothing",
          "[programs][train_sft]") {
  const sft_program p;
  write_file(p.chats(), sft_program::line({sft_program::message("user", "<|im_end|> 1"),
                                           sft_program::message("assistant", "one"),
                                           sft_program::message("user", "2"),
                                           sft_program::message("assistant", "two")}) +
                            sft_program::line({sft_program::message("user", "3"),
                                               sft_program::message("assistant", "first")}));
  const process_result r =
      p.sft({"--dump_samples", "3", "--tokenizer_path", p.tokenizer().string()});
  require_success(r);
  const std::string text = std::regex_replace(
      r.out, std::regex(": \\d+ tokens, \\d+ of them learned, in \\[\\[ \\]\\]"), "");
  CHECK(text ==
        "--- sample 1 of 2\n<|im_start|>user\n<|im_end|> "
        "1<|im_end|>\n<|im_start|>assistant\n[[one<|im_end|>]]\n"
        "<|im_start|>user\n2<|im_end|>\n<|im_start|>assistant\n[[two<|im_end|>]]\n"
        "--- sample 2 of "
        "2\n<|im_start|>user\n3<|im_end|>\n<|im_start|>assistant\n[[first<|im_end|>]]\n");
  CHECK_FALSE(fs::exists(p.path("out")));
}

TEST_CASE("train: what sft cannot learn from is named, or left out and counted",
          "[programs][train_sft]") {
  const sft_program p;
  p.pretrain();
  const auto user = sft_program::message("user", "q");
  const auto answer = sft_program::message("assistant", "ship");
  std::string long_question;
  for (int i = 0; i < 100; ++i) long_question += " ship";
  const std::string good = sft_program::line({user, answer});
  write_file(p.chats(),
             good + sft_program::line({user}) +
                 sft_program::line({sft_program::message("tool", "t"), answer}) +
                 sft_program::line({sft_program::message("user", long_question), answer}) +
                 sft_program::line({user, sft_program::message("assistant", long_question)}));
  check_error(
      p.sft({}), 1,
      {p.chats().string() + ":2: it has no message of the assistant", "set skip_bad_lines"});
  CHECK_FALSE(fs::exists(p.sft_run().directory));
  const process_result r = p.sft({"--skip_bad_lines", "--max_steps", "1"});
  require_success(r);
  for (const std::string& part :
       {p.chats().string() + ": 1 bad line is left out; the first: " + p.chats().string() + ":2: ",
        std::string("1 conversation is left out, as the chat template refuses them; the first: ") +
            p.chats().string() + ":3: ",
        std::string("no tool first"),
        std::string("1 conversation is left out, as no answer begins within the first 65 tokens"),
        std::string("1 conversation is cut, as answers end beyond the first 65 tokens")})
    CHECK_THAT(r.err, contains(part));
  CHECK_THAT(r.out, contains("2 conversations, "));

  write_file(p.chats(), good + sft_program::line({sft_program::message("tool", "t"), answer}));
  check_error(p.sft({"--overwrite"}), 1,
              {p.chats().string() + ":2: ", "no tool first", "set skip_bad_lines"});
}
