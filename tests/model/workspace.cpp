#include "support/catch.hpp"
#include "support/devices.hpp"
#include "support/small_model.hpp"
#include <zer0/model/workspace.hpp>

using namespace zer0;
using support::contains;
using support::small_batch;
using support::small_dims;

namespace {

/// What `start` says of a batch, or nothing.
std::string refusal(const token_batch& batch, const dims& sizes = small_dims) {
  reference device;
  workspace<reference> memory(device);
  try {
    memory.start(batch, sizes);
  } catch (const error& e) {
    return e.what();
  }
  return "";
}

template <class F>
token_batch broken(F how) {
  token_batch batch = small_batch();
  how(batch);
  return batch;
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("workspace: a batch arrives on the device with the positions of its tokens",
                        "[model][workspace]", support::all_devices) {
  TestType device;
  workspace<TestType> memory(device);
  const token_batch batch = small_batch();
  const context<TestType>& c = memory.start(batch, small_dims);
  const auto same = [](auto on_device, const auto& host) {
    return std::equal(on_device.begin(), on_device.end(), host.begin(), host.end());
  };
  CHECK(same(memory.batch().ids, batch.ids));
  CHECK(same(memory.batch().targets, batch.targets));
  CHECK(same(memory.batch().weights, batch.weights));
  CHECK(same(c.layout.starts, batch.starts));
  CHECK(same(c.layout.positions, std::vector<std::int32_t>{0, 1, 2, 3, 4, 0, 0, 1, 2, 3, 4, 5}));
  CHECK(c.layout.longest == 6);
  CHECK(c.layout.sequences() == 3);
  CHECK_FALSE(c.training);
}

TEST_CASE("workspace: a good batch is accepted, also with targets of -1 where the weight is 0",
          "[model][workspace]") {
  CHECK(refusal(small_batch()) == "");
}

TEST_CASE("workspace: a batch without tokens is refused", "[model][workspace]") {
  CHECK(refusal({}) == "batch: it has no tokens");
}

TEST_CASE("workspace: unequal numbers of ids, targets and weights are refused, naming all three",
          "[model][workspace]") {
  CHECK(refusal(broken([](token_batch& b) { b.targets.pop_back(); })) ==
        "batch: 12 ids, 11 targets and 12 weights; there must be one of each for every token");
  CHECK(refusal(broken([](token_batch& b) { b.weights.push_back(1); })) ==
        "batch: 12 ids, 12 targets and 13 weights; there must be one of each for every token");
}

TEST_CASE("workspace: starts that do not cover the tokens are refused", "[model][workspace]") {
  const std::string said = "batch: starts must begin with 0 and end with the number of tokens (12)";
  CHECK(refusal(broken([](token_batch& b) { b.starts = {}; })) == said);
  CHECK(refusal(broken([](token_batch& b) { b.starts = {0}; })) == said);
  CHECK(refusal(broken([](token_batch& b) { b.starts = {1, 12}; })) == said);
  CHECK(refusal(broken([](token_batch& b) { b.starts = {0, 11}; })) == said);
  CHECK(refusal(broken([](token_batch& b) { b.starts = {0, 13}; })) == said);
}

TEST_CASE("workspace: empty sequences and starts that go back are refused", "[model][workspace]") {
  CHECK(refusal(broken([](token_batch& b) { b.starts = {0, 5, 5, 12}; })) ==
        "batch: sequence 1 is empty or its start lies behind the next one's");
  CHECK(refusal(broken([](token_batch& b) { b.starts = {0, 7, 5, 12}; })) ==
        "batch: sequence 1 is empty or its start lies behind the next one's");
}

TEST_CASE("workspace: a sequence that is too long is refused with the limit",
          "[model][workspace]") {
  dims sizes = small_dims;
  sizes.max_seq_len = 5;
  CHECK(refusal(small_batch(), sizes) ==
        "batch: sequence 2 has 6 tokens; the model accepts max_seq_len = 5");
  sizes.max_seq_len = 6;
  CHECK(refusal(small_batch(), sizes) == "");
}

TEST_CASE("workspace: tokens outside the vocabulary are refused, naming token and position",
          "[model][workspace]") {
  const std::string rest =
      " is outside the vocabulary of 13; use the tokenizer that the model was made for";
  CHECK(refusal(broken([](token_batch& b) { b.ids[7] = 13; })) ==
        "batch: id 13 at position 7" + rest);
  CHECK(refusal(broken([](token_batch& b) { b.ids[0] = -1; })) ==
        "batch: id -1 at position 0" + rest);
  CHECK(refusal(broken([](token_batch& b) { b.targets[11] = 99; })) ==
        "batch: target 99 at position 11" + rest);
  CHECK(refusal(broken([](token_batch& b) { b.targets[3] = 99; })) == "");  // its weight is 0
}

TEST_CASE("workspace: it can be used again after a refusal", "[model][workspace]") {
  cpu device;
  workspace<cpu> memory(device);
  CHECK_THROWS_AS(memory.start({}, small_dims), error);
  CHECK(memory.start(small_batch(), small_dims).layout.longest == 6);
}

TEST_CASE("workspace: a pass of the same size takes no more memory", "[model][workspace]") {
  cpu device;
  workspace<cpu> memory(device);
  const auto pass = [&](index_t rows) {
    context<cpu>& c = memory.reset();
    for (int i = 0; i < 5; ++i) (void)c.keep.matrix(rows, 1000);
    const arena_scope<cpu> scope(c.scratch);
    (void)c.scratch.matrix(rows, 500);
    return memory.peak_bytes();
  };
  const std::size_t first = pass(700);  // in several blocks
  CHECK(first >= 700 * 5500 * sizeof(float));
  CHECK(pass(700) == first);
  CHECK(pass(100) == first);
  CHECK(pass(700) == first);
  CHECK(pass(900) > first);
}
