#include "support/device_table.hpp"

#include "support/catch.hpp"

#include <string>
#include <utility>

namespace {

int cards = 0;  // of the machine

using names = std::pair<std::string, std::string>;

/// The line of the table that --device and --dtype choose.
names chosen(const std::string& device, const std::string& dtype) {
  names line{"none", "none"};
  int calls = 0;
  program::with_device(program::parse_device(device), dtype, [&](auto l) {
    line = names(l.device, l.dtype);
    ++calls;
  });
  CHECK(calls == 1);
  return line;
}

std::string refusal(const std::string& device) {
  try {
    (void)program::parse_device(device);
  } catch (const program::usage_error& e) {
    return e.what();
  }
  return "accepted";
}

}  // namespace

int program::cuda_kind::count() { return cards; }

TEST_CASE(
    "device_table: --device and --dtype choose a line; a device without the format takes its first",
    "[examples][device_table]") {
  for (const char* dtype : {"bfloat16", "float16", "float32"}) {
    CHECK(chosen("cpu", dtype) == names("cpu", "float32"));
    CHECK(chosen("cuda:0", dtype) == names("cuda", dtype));
    CHECK(program::computed_dtype({"cuda", 1}, dtype) == dtype);
    CHECK(program::computed_dtype({"cpu", 0}, dtype) == "float32");
  }
}

TEST_CASE("device_table: the number after cuda: is the index", "[examples][device_table]") {
  CHECK(program::parse_device("cuda").index == 0);
  CHECK(program::parse_device("cuda:0").index == 0);
  CHECK(program::parse_device("cuda:12").index == 12);
  CHECK(program::parse_device("cuda:12").kind == "cuda");
  for (const char* wrong : {"", "gpu", "cuda0", "cuda:", "cuda:x", "cuda:-1", "cuda:1 ", "cuda:1:2",
                            "cuda:99999999999", "cpu:0", "cpu:"})
    CHECK(refusal(wrong) ==
          "--device is \"" + std::string(wrong) + "\"; it must be cpu or cuda:N, such as cuda:0");
}

TEST_CASE("device_table: the default is the first GPU if there is one",
          "[examples][device_table]") {
  CHECK(program::default_device() == "cpu");
  cards = 2;
  CHECK(program::default_device() == "cuda:0");
  cards = 0;
}

TEST_CASE(
    "device_table: a program says what it runs on, and what was asked for if that is another "
    "format",
    "[examples][device_table]") {
  CHECK(program::device_line<program::cpu_float32>("cpu", "2 threads", "float32") ==
        "cpu, 2 threads, float32");
  CHECK(
      program::device_line<program::cpu_float32>("cpu", "2 threads", "bfloat16") ==
      "cpu, 2 threads, float32 (bfloat16 asked for: in this version the cpu computes in float32)");
}
