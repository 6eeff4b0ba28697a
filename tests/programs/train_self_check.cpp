#include "support/train_program.hpp"

using namespace support;

namespace {

words check(const words& more) {
  words all{"--mode", "test", "--data_path", "/nowhere"};  // it needs no data
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace

TEST_CASE("train: --mode test passes a configuration that works, and leaves nothing",
          "[programs][train_self_check]") {
  const train_program program;
  for (const words& more :
       {words{},
        {"--flash_attn", "--dropout", "0.5", "--n_kv_heads", "1", "--n_layers", "2"},
        {"--max_seq_len", "4", "--normalization", "mean_of_means"}}) {
    const process_result r = program.train(check(more));
    INFO(r.out);
    require_success(r);
    for (const char* line :
         {"gradients pass: ", "learns    pass: ", "resumes   pass: ", "generates pass: "})
      CHECK_THAT(r.out, contains(line));
    CHECK(r.out.ends_with("self-check: pass\n"));
    CHECK_FALSE(fs::exists(program.path("out")));
  }
}

TEST_CASE("train: --mode test leaves runs beside it as they are", "[programs][train_self_check]") {
  const train_program program;
  require_success(program.train({"--max_steps", "1"}));
  const auto before = program.run().names();
  require_success(program.train(check({})));
  CHECK(program.run().names() == before);
  require_success(program.train(check({"--init_from", program.run().last().string()})));
}

TEST_CASE("train: --mode test says what fails, and exits with 1", "[programs][train_self_check]") {
  const train_program program;
  process_options options = train_program::environment();
  options.largest_file = 1000;
  const process_result disk = run_process(program.command(check({})), options);
  INFO(disk.out);
  CHECK(disk.exit_code == 1);
  CHECK_THAT(disk.out, contains("resumes   failed: "));
  CHECK(disk.out.ends_with("self-check: failed: resumes\n"));
}

TEST_CASE("train: --mode test refuses what it does not do", "[programs][train_self_check]") {
  const train_program program;
  check_error(program.train(check({"--resume", "auto"})), 2, {"--mode test goes on with no run"});
}
