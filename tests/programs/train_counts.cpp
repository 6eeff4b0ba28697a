#include "support/train_program.hpp"

using namespace support;

TEST_CASE("train: what is counted of the data is kept in the folder of the run, and found there",
          "[programs][train_counts]") {
  const train_program p;
  const words options{
      "--packed", "--accumulation_steps=1", "--epochs", "3", "--save_interval_steps",
      "7",        "--keep_checkpoint_max",  "100"};
  require_success(p.train(options));
  require_success(p.train(options, "whole"));
  const auto counts = p.run().counts();
  CHECK(counts.size() == 2);  // of lines, and of the tokens of texts
  CHECK(counts == p.run("whole").counts());

  p.run().rewind(7);
  require_success(p.resume());
  CHECK(p.run().counts() == counts);
  check_same_end(p.run("whole"), p.run());

  for (const auto& [name, bytes] : counts) write_file(p.run().directory / name, "damaged");
  p.run().rewind(7);
  require_success(p.resume());
  CHECK(p.run().counts() == counts);
  check_same_end(p.run("whole"), p.run());
}
