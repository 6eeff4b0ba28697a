#include "support/train_program.hpp"

using namespace support;

namespace {

words with(words options, const words& more) {
  options.insert(options.end(), more.begin(), more.end());
  return options;
}

const words experts{"--use_moe", "--n_routed_experts", "4", "--n_shared_experts", "1"};
const words biased = with(experts, {"--scoring_func", "sigmoid", "--flash_attn"});

/// A run of train with experts lies in a folder of its own.
run_files run_in(const train_program& p, const std::string& out_dir = "out") {
  return {p.path(out_dir) / "pretrain_16_moe"};
}

std::string perplexity(const train_program& p, const words& options) {
  const process_result r =
      train_program::execute(with({ZER0_EVAL, "--ppl", p.data().string()}, options));
  require_success(r);
  return r.out;
}

}  // namespace

TEST_CASE("train: --use_moe trains experts, logs their balance, and resumes in the same bits",
          "[programs][train_experts]") {
  const words checkpoints{"--epochs",
                          "2",
                          "--save_interval",
                          "4",
                          "--save_interval_steps",
                          "7",
                          "--keep_checkpoint_max",
                          "100"};
  for (const words& options :
       {experts, with(experts, {"--flash_attn", "--recompute", "--dropout", "0.2"}), biased,
        with(experts, {"--seq_aux", "false", "--norm_topk_prob", "false"})}) {
    const train_program p;
    const process_result r = p.train(with(options, checkpoints));
    require_success(r);
    CHECK_THAT(r.out, contains("moe<"));
    const bool by_bias = options == biased;
    for (const nlohmann::json& line : run_in(p).log()) {
      if (!line.contains("gradient_norm")) continue;
      CHECK(line.contains("balance_loss") == !by_bias);
      CHECK(line["expert_load"].get<double>() >= 1);
      CHECK(line["expert_load"].get<double>() <= 2);  // of four experts a token has two
    }
    fs::copy(p.path("out"), p.path("copy"),
             fs::copy_options::recursive | fs::copy_options::copy_symlinks);
    run_in(p, "copy").rewind(7);
    require_success(p.resume({"--use_moe"}, "copy"));
    check_same_end(run_in(p), run_in(p, "copy"));
  }
}

TEST_CASE("train: a model with experts is evaluated, and gone on with by what its files say",
          "[programs][train_experts]") {
  const train_program p;
  require_success(p.train(with(experts, {"--max_steps", "3"})));
  const std::string last = run_in(p).last().string();
  const std::string before = perplexity(p, {"--checkpoint", last});
  CHECK(before == perplexity(p, {"--out_dir", p.path("out").string(), "--dim", "16"}));
  const words no_change{"--init_from",     last,    "--max_steps",    "1",
                        "--learning_rate", "1e-30", "--weight_decay", "0"};
  require_success(p.train(no_change, "more"));
  CHECK(perplexity(p, {"--checkpoint", run_in(p, "more").last().string()}) == before);

  check_error(p.train(with(no_change, {"--n_routed_experts", "8"}), "new"), 2,
              {"--n_routed_experts is 8", "has 4"});
  check_error(p.train(with(no_change, {"--use_moe", "false"}), "new"), 2, {"--use_moe is 0", last});
}

TEST_CASE("train: --mode test passes with experts", "[programs][train_experts]") {
  const train_program p;
  const process_result r =
      p.train(with(experts, {"--mode", "test", "--dim", "32", "--flash_attn"}));
  require_success(r);
  CHECK_THAT(r.out, contains("self-check: pass"));
  CHECK_THAT(r.out, contains("which experts are chosen"));
}

TEST_CASE("train: experts that do not go together are refused", "[programs][train_experts]") {
  const train_program p;
  check_error(p.train(with(experts, {"--num_experts_per_tok", "5"})), 2,
              {"--num_experts_per_tok is 5", "n_routed_experts (4)"});
  check_error(p.train(with(experts, {"--scoring_func", "sigmoid"})), 2,
              {"--scoring_func sigmoid", "--flash_attn"});
  check_error(p.train(with(experts, {"--scoring_func", "tanh"})), 2, {"tanh", "softmax"});
  check_error(p.train(with(biased, {"--recompute"})), 2,
              {"not compiled for", "scored by sigmoid", "variants.hpp"});
}
