#include "support/train_program.hpp"
#include <zer0/checkpoint/model_files.hpp>

using namespace support;

namespace {

words with(words options, const words& more) {
  options.insert(options.end(), more.begin(), more.end());
  return options;
}

/// A pretrained model in out/, and runs that adapt it.
struct adapted_runs {
  adapted_runs() { require_success(p.train({"--max_steps", "4"})); }

  [[nodiscard]] fs::path base() const { return p.run().last(); }
  [[nodiscard]] words options(const words& more = {}) const {
    return with({"--init_from", base().string(), "--lora_rank", "3", "--lora_alpha", "6",
                 "--save_interval_steps", "5", "--max_steps", "12", "--learning_rate", "0.01",
                 "--keep_checkpoint_max", "100"},
                more);
  }

  train_program p;
};

std::string perplexity(const adapted_runs& runs, const words& options) {
  words command = with({ZER0_EVAL, "--ppl", runs.p.data().string()}, options);
  const process_result r = train_program::execute(command);
  require_success(r);
  return r.out.substr(0, r.out.find('('));
}

}  // namespace

TEST_CASE(
    "train: --lora_rank trains an adapter, which eval adds to its base, and which checkpoints have "
    "in their weights",
    "[programs][train_lora]") {
  const adapted_runs runs;
  const process_result r = runs.p.train(runs.options(), "new");
  require_success(r);
  CHECK_THAT(r.out,
             contains("lora      192 of them are trained: rank 3, alpha 6, on q_proj v_proj"));
  const fs::path last = runs.p.run("new").last();
  CHECK(zer0::read_adapter_config(last / "adapter") ==
        zer0::lora_sizes{.rank = 3, .alpha = 6, .dropout = 0, .projections = "q_proj v_proj"});
  CHECK(nlohmann::json::parse(
            file_content(last / "adapter" / "adapter_config.json"))["base_model_name_or_path"] ==
        fs::canonical(runs.base()).string());
  const std::string merged = perplexity(runs, {"--checkpoint", last.string()});
  const std::string added = perplexity(
      runs, {"--checkpoint", runs.base().string(), "--lora_path", (last / "adapter").string()});
  CHECK(merged == added);
  CHECK(merged != perplexity(runs, {"--checkpoint", runs.base().string()}));
}

TEST_CASE(
    "train: an adapter's run resumed ends in the same bits, with its dropout and its projections",
    "[programs][train_lora]") {
  const adapted_runs runs;
  for (const words& more : {words{"--lora_dropout", "0.2", "--lora_target", "all"},
                            words{"--flash_attn", "--recompute"}}) {
    fs::remove_all(runs.p.path("new"));
    fs::remove_all(runs.p.path("copy"));
    require_success(runs.p.train(runs.options(more), "new"));
    fs::copy(runs.p.path("new"), runs.p.path("copy"),
             fs::copy_options::recursive | fs::copy_options::copy_symlinks);
    runs.p.run("copy").rewind(5);
    require_success(runs.p.resume({}, "copy"));
    check_same_end(runs.p.run("new"), runs.p.run("copy"));
    const auto adapter = [&](const std::string& out) {
      return file_content(runs.p.run(out).last() / "adapter" / "adapter_model.safetensors");
    };
    CHECK((adapter("new") == adapter("copy")));
  }
}

TEST_CASE("train: --lora_path goes on from an adapter", "[programs][train_lora]") {
  const adapted_runs runs;
  require_success(runs.p.train(runs.options({"--lora_target", "attention"}), "new"));
  const std::string adapter = (runs.p.run("new").last() / "adapter").string();
  const words no_change{
      "--init_from", runs.base().string(), "--lora_path", adapter,          "--max_steps",
      "1",           "--learning_rate",    "1e-30",       "--weight_decay", "0"};
  require_success(runs.p.train(no_change, "more"));
  const auto file = [](const fs::path& folder) {
    return file_content(folder / "adapter_model.safetensors");
  };
  CHECK((file(adapter) == file(runs.p.run("more").last() / "adapter")));
  check_error(runs.p.train(with(no_change, {"--lora_rank", "2"}), "other"), 2,
              {"--lora_rank is 2", adapter + " has 3", "leave the option out"});
}

TEST_CASE("train: LoRA without a model to adapt, or whose base is gone or another one, is refused",
          "[programs][train_lora]") {
  const adapted_runs runs;
  check_error(runs.p.train({"--lora_rank", "3"}, "new"), 2,
              {"LoRA adapts a trained model", "--init_from"});
  check_error(runs.p.train({"--lora_rank", "3", "--mode", "test"}, "new"), 2,
              {"--mode test", "leave --lora_rank"});
  check_error(runs.p.train({"--lora_alpha", "0"}, "new"), 2, {"--lora_alpha is 0"});
  require_success(runs.p.train(runs.options(), "new"));
  runs.p.run("new").rewind(5);
  const fs::path base = fs::canonical(runs.base());
  const std::string weights = file_content(base / "model.safetensors");
  std::string changed = weights;
  changed.back() = static_cast<char>(changed.back() + 1);
  write_file(base / "model.safetensors", changed);
  check_error(runs.p.resume({}, "new"), 2,
              {"base model " + base.string() + " is not what the run"});
  fs::remove_all(base);
  check_error(runs.p.resume({}, "new"), 1, {base.string()});
}
