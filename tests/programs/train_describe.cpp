#include "support/train_program.hpp"

using namespace support;

namespace {

/// The number at the end of the line that begins with `what`.
std::string value_of(const std::string& text, const std::string& what) {
  const std::size_t at = text.find("\n" + what);
  REQUIRE(at != std::string::npos);
  std::string line = text.substr(at + 1 + what.size());
  line.resize(line.find('\n'));
  return line.substr(line.find_first_not_of(' '));
}

words describe(const words& more) {
  words all{"--describe", "--data_path", "/nowhere"};  // it needs no data
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace

TEST_CASE("train: --describe prints parts, parameters, operations and memory, and leaves nothing",
          "[programs][train_describe]") {
  const train_program program;
  const process_result r = program.train(describe({"--n_layers", "3", "--flash_attn"}));
  INFO(r.out);
  require_success(r);
  CHECK_THAT(r.out, contains("gqa<rope, flash>"));
  CHECK_THAT(r.out, contains("0 to 2, each"));
  CHECK_THAT(r.out, contains("q_proj"));
  CHECK(value_of(r.out, "trained") == value_of(r.out, "activated by a token"));
  CHECK_THAT(value_of(r.out, "  optimizer"), contains("MiB"));
  CHECK_FALSE(fs::exists(program.path("out")));
}

TEST_CASE("train: --describe describes what no machine could hold", "[programs][train_describe]") {
  const train_program program;
  const process_result r =
      program.train(describe({"--dim", "16384", "--n_heads", "128", "--n_layers", "126",
                              "--max_seq_len", "8192", "--batch_size", "64", "--flash_attn"}));
  INFO(r.out);
  require_success(r);
  CHECK(value_of(r.out, "  in all").size() > std::string("1,000,000.0 MiB").size() - 2);
}

TEST_CASE("train: --describe knows adapters and recomputation", "[programs][train_describe]") {
  const train_program program;
  const auto run = [&](const words& more) {
    const process_result r = program.train(describe(more));
    INFO(r.err);
    require_success(r);
    return r.out;
  };
  const std::string all = run({"--flash_attn", "--n_layers", "8", "--batch_size", "64"});
  const std::string adapters =
      run({"--flash_attn", "--n_layers", "8", "--batch_size", "64", "--lora_rank", "2"});
  const std::string again =
      run({"--flash_attn", "--n_layers", "8", "--batch_size", "64", "--recompute"});
  CHECK(std::stod(value_of(adapters, "  gradients")) < std::stod(value_of(all, "  gradients")));
  CHECK(std::stod(value_of(again, "  activations and scratch")) <
        std::stod(value_of(all, "  activations and scratch")) / 2);
}

TEST_CASE("train: --describe counts the experts that a token meets", "[programs][train_describe]") {
  const train_program program;
  const process_result r =
      program.train(describe({"--flash_attn", "--use_moe", "--n_layers", "2"}));
  INFO(r.err);
  require_success(r);
  CHECK_THAT(r.out, contains("experts"));
  CHECK_THAT(r.out, contains("0 to 7, each"));
  CHECK(value_of(r.out, "activated by a token").size() <= value_of(r.out, "trained").size());
  CHECK(value_of(r.out, "activated by a token") != value_of(r.out, "trained"));
}
