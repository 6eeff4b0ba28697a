#include "support/train_program.hpp"

#include <cmath>

using namespace support;

namespace {

/// Bytes of what the optimizer keeps.
std::uintmax_t kept(const run_files& run) {
  return fs::file_size(run.last() / "optimizer.safetensors");
}

}  // namespace

TEST_CASE("train: Muon learns, and keeps one number a weight of a matrix, where AdamW keeps two",
          "[programs][train_optimizer]") {
  const train_program p;
  const process_result r =
      p.train({"--optimizer", "muon", "--learning_rate", "1e-2", "--epochs", "4"}, "muon");
  require_success(r);
  CHECK_THAT(r.out, contains("muon, learning rate 0.01 cosine"));
  const auto log = p.run("muon").log();
  CHECK(log.back()["loss"].get<double>() < 0.6 * log.front()["loss"].get<double>());

  require_success(p.train({"--max_steps", "1"}, "adamw"));
  // Of 10,912 parameters 4 x 16 x 16 + 3 x 16 x 64 are in matrices.
  const auto saved = static_cast<std::intmax_t>(kept(p.run("adamw")) - kept(p.run("muon")));
  CHECK(std::abs(saved - 4 * 4096) < 200);  // the headers' texts differ
  CHECK_THAT(file_content(p.run("muon").last() / "optimizer.safetensors"),
             contains("momentum_buffer"));
}

TEST_CASE("train: momentum, scaling and the rate of the others change what Muon does",
          "[programs][train_optimizer]") {
  const train_program p;
  std::set<std::string> ends;
  for (const words& more : {words{},
                            {"--muon_momentum", "0.9"},
                            {"--muon_scaling", "original"},
                            {"--muon_others_rate", "0.5"},
                            {"--weight_decay", "0.5"},
                            {"--decay", "matrices"}}) {
    words options{"--optimizer", "muon", "--max_steps", "3"};
    options.insert(options.end(), more.begin(), more.end());
    const std::string out = "out" + std::to_string(ends.size());
    require_success(p.train(options, out));
    CHECK(ends.insert(file_content(p.run(out).last() / "model.safetensors")).second);
  }
}

TEST_CASE("train: warmup_stable_decay warms up, is constant, and falls over the last steps",
          "[programs][train_optimizer]") {
  const train_program p;
  const auto rates = [&](const words& more, const std::string& out) {
    words options{"--max_steps",     "10",   "--warmup_iters", "2",
                  "--learning_rate", "1e-3", "--lr_schedule",  "warmup_stable_decay"};
    options.insert(options.end(), more.begin(), more.end());
    require_success(p.train(options, out));
    std::vector<double> all;
    for (const auto& line : p.run(out).log())
      all.push_back(1e3 * line["learning_rate"].get<double>());
    return all;
  };
  const auto check = [](const std::vector<double>& actual, const std::vector<double>& expected) {
    REQUIRE(actual.size() == expected.size());
    for (std::size_t i = 0; i < actual.size(); ++i)
      CHECK(actual[i] == Approx(expected[i]).epsilon(1e-6));
  };
  check(rates({}, "a"), {0.5, 1, 1, 1, 1, 1, 1, 1, 1, 0.5});
  check(rates({"--lr_decay_fraction", "0.4", "--lr_floor", "0.2"}, "b"),
        {0.5, 1, 1, 1, 1, 1, 1, 0.8, 0.6, 0.4});
  check(rates({"--lr_decay_fraction", "0.4", "--lr_decay_shape", "one_minus_sqrt"}, "c"),
        {0.5, 1, 1, 1, 1, 1, 1, 0.5, 1 - std::sqrt(0.5), 1 - std::sqrt(0.75)});
}
