#include "support/catch.hpp"
#include "support/shared_dir.hpp"
#include "support/temp_dir.hpp"
#include <zer0/checkpoint/safetensors.hpp>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

using zer0::dtype;

namespace {

std::string file_of(std::string_view header, std::string_view data = {}) {
  std::string file(8, '\0');
  const std::uint64_t length = header.size();
  std::memcpy(file.data(), &length, 8);
  return file.append(header).append(data);
}

zer0::safetensors_file parse(const std::string& file) {
  return zer0::safetensors_file(std::as_bytes(std::span(file.data(), file.size())),
                                "test.safetensors");
}

/// What is said against that header with that many bytes of data after it; empty if nothing.
std::string fault_of(std::string_view header, std::size_t data_bytes = 0) {
  try {
    (void)parse(file_of(header, std::string(data_bytes, '\0')));
  } catch (const zer0::error& e) {
    return e.what();
  }
  return {};
}

template <class T>
std::span<const std::byte> bytes_of(const std::vector<T>& values) {
  return std::as_bytes(std::span(values));
}

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

const std::string one_float = R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";

}  // namespace

TEST_CASE("safetensors: the smallest files read", "[io][safetensors]") {
  const std::string file = file_of(one_float + "  ", std::string("\0\0\x80\x3f", 4));
  CHECK(file.substr(0, 8) == std::string("\x38\0\0\0\0\0\0\0", 8));  // 56: the format's own example
  const auto tensors = parse(file);
  REQUIRE(tensors.entries().size() == 1);
  float value = 0;
  zer0::to_float(tensors.at("a"), std::span(&value, 1));
  CHECK(value == 1.0f);
  CHECK(tensors.find("b") == nullptr);
  CHECK_THROWS_WITH(tensors.at("b"), "test.safetensors has no tensor 'b'");
  CHECK(parse(file_of("{}")).entries().empty());
}

TEST_CASE("safetensors: scalars, empty tensors, null metadata and unknown fields are legal",
          "[io][safetensors]") {
  const auto tensors = parse(
      file_of(R"({"__metadata__":null,"s":{"dtype":"F32","shape":[],"data_offsets":[0,4]},)"
              R"("e":{"shape":[0,3],"later":[1,{"x":[]}],"dtype":"F32","data_offsets":[4,4]}})",
              "abcd"));
  CHECK(tensors.at("s").shape.empty());
  CHECK(tensors.at("s").elements() == 1);
  CHECK(tensors.at("e").shape == std::vector<zer0::index_t>{0, 3});
  CHECK(tensors.at("e").elements() == 0);
  CHECK(tensors.metadata().empty());
}

TEST_CASE("safetensors: a file that is cut or something else is refused with its name",
          "[io][safetensors]") {
  CHECK_THROWS_WITH(parse("1234567"),
                    support::contains("test.safetensors is not a safetensors file"));
  CHECK_THROWS_WITH(parse(std::string("\x01\xe1\xf5\x05\0\0\0\0", 8)),
                    support::contains("over 100000000"));
  CHECK_THROWS_WITH(parse(std::string(8, '\xff')), support::contains("over 100000000"));
  CHECK_THROWS_WITH(parse(file_of(one_float).substr(0, 40)),
                    support::contains("should have 54 bytes but 32 follow"));
  CHECK_THROWS_WITH(parse(file_of("")), support::contains("does not begin with '{'"));
  CHECK_THROWS_WITH(parse(file_of(" {}")), support::contains("does not begin with '{'"));
}

TEST_CASE("safetensors: every fault of a header has its sentence", "[io][safetensors]") {
  const auto tensor = [](const std::string& rest) { return "{\"a\":{" + rest + "}}"; };
  struct fault {
    std::string header;
    std::size_t bytes;
    std::string message;
  };
  const std::vector<fault> faults{
      {one_float, 3, "tensor 'a' is said to lie at bytes 0 to 4 of 3 bytes of data"},
      {one_float, 5, "the tensors end at byte 4 but 5 bytes of data follow"},
      {one_float + "x", 4, "not valid JSON"},
      {one_float + std::string(2, '\0'), 4, "it holds a NUL byte"},
      {"{", 0, "not valid JSON"},
      {"{\"a\":1}", 0, "tensor 'a' is not an object of dtype, shape and data_offsets"},
      {"{\"a\":[]}", 0, "tensor 'a' is not an object of dtype, shape and data_offsets"},
      {"{\"__metadata__\":[]}", 0, "__metadata__ is not an object of strings"},
      {"{\"__metadata__\":{\"a\":1}}", 0, "__metadata__ is not an object of strings"},
      {"{\"__metadata__\":{\"a\":{}}}", 0, "__metadata__ is not an object of strings"},
      {"{\"__metadata__\":{\"a\":\"x\",\"a\":\"y\"}}", 0, "__metadata__ has the key 'a' twice"},
      {"{\"__metadata__\":{},\"__metadata__\":{}}", 0,
       "the header has the key '__metadata__' twice"},
      {one_float.substr(0, one_float.size() - 1) + "," + one_float.substr(1), 4,
       "the header has the key 'a' twice"},
      {tensor(R"("dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4])"), 4,
       "tensor 'a' has the key 'shape' twice"},
      {tensor(R"("dtype":"F32","shape":[1])"), 4, "tensor 'a' has no data_offsets"},
      {tensor(R"("shape":[1],"data_offsets":[0,4])"), 4, "tensor 'a' has no dtype"},
      {tensor(R"("dtype":"F32","data_offsets":[0,4])"), 4, "tensor 'a' has no shape"},
      {tensor(R"("dtype":"F33","shape":[1],"data_offsets":[0,4])"), 4, "unsupported dtype 'F33'"},
      {tensor(R"("dtype":"F4","shape":[2],"data_offsets":[0,1])"), 1, "unsupported dtype 'F4'"},
      {tensor(R"("dtype":4,"shape":[1],"data_offsets":[0,4])"), 4,
       "has a dtype that is not a string"},
      {tensor(R"("dtype":["F32"],"shape":[1],"data_offsets":[0,4])"), 4,
       "has a dtype that is not a string"},
      {tensor(R"("dtype":"F32","shape":1,"data_offsets":[0,4])"), 4,
       "has a shape that is not a list of sizes"},
      {tensor(R"("dtype":"F32","shape":[-1],"data_offsets":[0,4])"), 4,
       "has a shape that is not a list of sizes"},
      {tensor(R"("dtype":"F32","shape":[1.0],"data_offsets":[0,4])"), 4,
       "has a shape that is not a list of sizes"},
      {tensor(R"("dtype":"F32","shape":[[1]],"data_offsets":[0,4])"), 4,
       "has a shape that is not a list of sizes"},
      {tensor(R"("dtype":"F32","shape":[9223372036854775808],"data_offsets":[0,4])"), 4,
       "is not a list of sizes"},
      {tensor(R"("dtype":"F32","shape":[1],"data_offsets":[0])"), 4,
       "data_offsets that are not two positions"},
      {tensor(R"("dtype":"F32","shape":[1],"data_offsets":[0,4,8])"), 4,
       "data_offsets that are not two positions"},
      {tensor(R"("dtype":"F32","shape":[1],"data_offsets":[4,0])"), 4,
       "is said to lie at bytes 4 to 0"},
      {tensor(R"("dtype":"F32","shape":[2],"data_offsets":[0,4])"), 4,
       "needs 8 bytes for its dtype and shape"},
      {tensor(R"("dtype":"F32","shape":[4611686018427387904,2],"data_offsets":[0,0])"), 0,
       "whose size overflows"},
      {tensor(R"("dtype":"F32","shape":[4294967296,4294967296,4],"data_offsets":[0,0])"), 0,
       "whose size overflows"},
      {tensor(R"("dtype":"U8","shape":[1],"data_offsets":[1,2])"), 2,
       "tensor 'a' begins at byte 1 but the tensor before"},
      {R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})",
       3, "tensor 'b' begins at byte 1 and overlaps"},
      {R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}})",
       3, "tensor 'b' begins at byte 2 but the tensor before it ends at 1, which leaves a hole"},
      {"{\"\xff\":{}}", 0, "ill-formed UTF-8"},
  };
  for (const fault& f : faults) {
    INFO(f.header);
    const std::string message = fault_of(f.header, f.bytes);
    CHECK_THAT(message, support::contains(f.message));
    CHECK(message.starts_with("test.safetensors"));
  }
}

TEST_CASE("safetensors: a name in a message stays on one line and is cut at a whole character",
          "[io][safetensors]") {
  CHECK_THAT(fault_of("{\"a\\nb\":1}"), support::contains("tensor 'a?b' is"));
  std::string name = "x";
  for (int i = 0; i < 50; ++i) name += "\xe4\xbd\xa0";
  CHECK_THAT(fault_of("{\"" + name + "\":1}"),
             support::contains("tensor '" + name.substr(0, 100) + "...' is"));
}

TEST_CASE("safetensors: nesting is bounded where it is accepted and refused elsewhere",
          "[io][safetensors]") {
  const auto nested = [](std::size_t depth) {
    return R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"x":)" + std::string(depth, '[') +
           std::string(depth, ']') + "}}";
  };
  CHECK(fault_of(nested(128)).empty());
  CHECK_THAT(fault_of(nested(129)), support::contains("tensor 'a' is nested more than 128 deep"));
  CHECK_THAT(fault_of(nested(1'000'000)), support::contains("nested more than 128 deep"));
  CHECK_THAT(fault_of("{\"a\":" + std::string(1'000'000, '[')),
             support::contains("tensor 'a' is not an object"));
}

TEST_CASE("safetensors: every dtype has the width and the name of the format",
          "[io][safetensors]") {
  for (int i = 0; i <= static_cast<int>(dtype::u64); ++i) {
    const auto type = static_cast<dtype>(i);
    CHECK(zer0::dtype_named(zer0::name_of(type)) == type);
    const std::string width = std::to_string(3 * zer0::bytes_of(type));
    CHECK(fault_of("{\"a\":{\"dtype\":\"" + std::string(zer0::name_of(type)) +
                       "\",\"shape\":[3],\"data_offsets\":[0," + width + "]}}",
                   static_cast<std::size_t>(3 * zer0::bytes_of(type)))
              .empty());
  }
  CHECK(zer0::name_of(dtype::u64) == "U64");
  CHECK(zer0::bytes_of(dtype::bf16) == 2);
  CHECK(zer0::bytes_of(dtype::c64) == 8);
}

TEST_CASE("safetensors: numbers come out of each type that holds them", "[io][safetensors]") {
  const std::vector<double> f64{1.5, -2.25};
  const std::vector<std::uint16_t> f16{0x3e00, 0xc080};
  const std::vector<std::uint16_t> bf16{0x3fc0, 0xc010};
  const std::vector<std::int32_t> i32{7, -9};
  const std::vector<std::int64_t> i64{7, std::numeric_limits<std::int64_t>::max()};
  const auto floats = [](dtype type, std::span<const std::byte> bytes) {
    std::vector<float> out(2);
    zer0::to_float({.name = "a", .dtype = type, .shape = {2}, .bytes = bytes}, out);
    return out;
  };
  const std::vector<float> expected{1.5f, -2.25f};
  CHECK(floats(dtype::f64, bytes_of(f64)) == expected);
  CHECK(floats(dtype::f16, bytes_of(f16)) == expected);
  CHECK(floats(dtype::bf16, bytes_of(bf16)) == expected);
  CHECK(floats(dtype::f32, bytes_of(expected)) == expected);
  CHECK(floats(dtype::i32, bytes_of(i32)) == std::vector<float>{7, -9});
  CHECK_THROWS_WITH(floats(dtype::u32, bytes_of(i32)), support::contains("tensor 'a' is U32"));

  const zer0::tensor_entry small{
      .name = "a", .dtype = dtype::i32, .shape = {2}, .bytes = bytes_of(i32)};
  const zer0::tensor_entry large{
      .name = "a", .dtype = dtype::i64, .shape = {2}, .bytes = bytes_of(i64)};
  std::vector<std::int64_t> wide(2);
  zer0::to_int(small, std::span(wide));
  CHECK(wide == std::vector<std::int64_t>{7, -9});
  zer0::to_int(large, std::span(wide));
  CHECK(wide == i64);
  std::vector<std::int32_t> narrow(2);
  CHECK_THROWS_WITH(zer0::to_int(large, std::span(narrow)),
                    support::contains("9223372036854775807, too large"));
  std::vector<float> three(3);
  CHECK_THROWS_WITH(zer0::to_float(small, three),
                    support::contains("has 2 elements but 3 were asked for"));
}

TEST_CASE("safetensors: what is written reads back, and lies as the reference writer lays it",
          "[io][safetensors]") {
  const support::temp_dir dir;
  const std::vector<float> f32{1, 2, 3, 4, 5, 6};
  const std::vector<std::uint16_t> bf16{1, 2, 3};
  const std::vector<std::int64_t> i64{-1};
  const std::vector<std::uint8_t> u8{9, 8, 7};
  const std::vector<zer0::tensor_entry> tensors{
      {"z", dtype::u8, {3}, bytes_of(u8)},
      {"m.\"quoted\" \n \xe4\xbd\xa0", dtype::f32, {2, 3}, bytes_of(f32)},
      {"b", dtype::bf16, {3, 1}, bytes_of(bf16)},
      {"scalar", dtype::i64, {}, bytes_of(i64)},
      {"empty", dtype::f32, {4, 0}, {}},
  };
  zer0::write_safetensors(dir / "file.safetensors", tensors, {{"made by", "a test"}});

  const zer0::safetensors_file file(dir / "file.safetensors");
  std::vector<std::string> order;
  for (const zer0::tensor_entry& entry : file.entries()) order.push_back(entry.name);
  CHECK(order ==
        std::vector<std::string>{"scalar", "empty", "m.\"quoted\" \n \xe4\xbd\xa0", "b", "z"});
  for (const zer0::tensor_entry& written : tensors) {
    const zer0::tensor_entry& read = file.at(written.name);
    CHECK(read.dtype == written.dtype);
    CHECK(read.shape == written.shape);
    CHECK(std::ranges::equal(read.bytes, written.bytes));
    CHECK(reinterpret_cast<std::uintptr_t>(read.bytes.data()) %
              static_cast<std::uintptr_t>(zer0::bytes_of(read.dtype)) ==
          0);
  }
  CHECK(file.metadata() == zer0::string_map{{"format", "pt"}, {"made by", "a test"}});
  std::uint64_t length = 0;
  std::memcpy(&length, content(dir / "file.safetensors").data(), 8);
  CHECK(length % 8 == 0);
}

TEST_CASE("safetensors: a file without tensors is written and read", "[io][safetensors]") {
  const support::temp_dir dir;
  zer0::write_safetensors(dir / "file", {}, {{"format", "np"}});
  CHECK(zer0::safetensors_file(dir / "file").metadata() == zer0::string_map{{"format", "np"}});
}

TEST_CASE("safetensors: what cannot be written is refused before anything is",
          "[io][safetensors]") {
  const support::temp_dir dir;
  const std::vector<float> f32{1, 2};
  const auto write = [&](std::vector<zer0::tensor_entry> tensors) {
    zer0::write_safetensors(dir / "file", tensors);
  };
  const zer0::tensor_entry good{"a", dtype::f32, {2}, bytes_of(f32)};
  CHECK_THROWS_WITH(write({good, good}), support::contains("file: tensor 'a' was given twice"));
  CHECK_THROWS_WITH(write({{"a", dtype::f32, {3}, bytes_of(f32)}}),
                    support::contains("needs 12 bytes"));
  CHECK_THROWS_WITH(write({{"a", dtype::f32, {-2}, bytes_of(f32)}}),
                    support::contains("has the size -2"));
  CHECK_THROWS_WITH(write({{"__metadata__", dtype::f32, {2}, bytes_of(f32)}}),
                    support::contains("cannot be named"));
  CHECK_THROWS_WITH(write({{"\xff", dtype::f32, {2}, bytes_of(f32)}}),
                    support::contains("not valid UTF-8"));
  CHECK(std::filesystem::is_empty(dir.path()));
}

TEST_CASE("safetensors: files of other writers read (goldens)", "[io][safetensors]") {
  const auto shared = support::shared_dir();
  if (!shared) {
    WARN("skipped: no shared folder");
    return;
  }
  std::size_t tensors = 0;
  for (const auto& file : std::filesystem::directory_iterator(*shared / "golden"))
    if (file.path().extension() == ".safetensors")
      tensors += zer0::safetensors_file(file.path()).entries().size();
  CHECK(tensors > 0);
}
