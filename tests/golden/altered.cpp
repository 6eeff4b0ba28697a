// Whether the golden checks would notice: every tensor of the small goldens is altered, one at a
// time.
#include "support/golden_check.hpp"
#include "support/golden_folders.hpp"
#include "support/temp_dir.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

using namespace support;
using golden::file_report;

namespace {

/// Moves the largest number of a float tensor by two percent, or the first id of another.
std::vector<std::byte> altered(const zer0::tensor_entry& entry) {
  std::vector<std::byte> bytes(entry.bytes.begin(), entry.bytes.end());
  if (entry.dtype == zer0::dtype::i64) {
    bytes[0] = bytes[0] == std::byte{0} ? std::byte{1} : std::byte{0};  // ids are small
    return bytes;
  }
  std::vector<float> values(static_cast<std::size_t>(entry.elements()));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  *std::ranges::max_element(values, {}, [](float x) { return std::abs(x); }) *= 1.02f;
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

/// The sampler may give the same probabilities from other logits, or after other tokens.
bool may_change_nothing(const std::string& tensor) {
  return tensor.starts_with("case.") &&
         (tensor.ends_with(".logits") || tensor.ends_with(".prompt"));
}

file_report check(const std::filesystem::path& path) {
  golden::file f(path);
  return golden::check(f);
}

}  // namespace

TEST_CASE("golden_check: fails when any tensor of a file is wrong by two percent",
          "[golden][altered]") {
  const temp_dir dir;
  int seen = 0;
  for (const auto& path : golden::files_in(data_dir() / "golden")) {
    REQUIRE(check(path).passed());
    const zer0::safetensors_file original(path);
    for (std::size_t i = 0; i < original.entries().size(); ++i) {
      if (may_change_nothing(original.entries()[i].name)) continue;
      std::vector<zer0::tensor_entry> entries = original.entries();
      const std::vector<std::byte> wrong = altered(entries[i]);
      entries[i].bytes = wrong;
      zer0::write_safetensors(dir / "altered.safetensors", entries, original.metadata());
      INFO(path.filename().string() << ", " << entries[i].name);
      CHECK_FALSE(check(dir / "altered.safetensors").passed());
      ++seen;
    }
  }
  CHECK(seen > 150);
}

TEST_CASE("golden_check: fails a tensor that nothing was compared with", "[golden][altered]") {
  const temp_dir dir;
  const zer0::safetensors_file original(data_dir() / "golden" / "adamw.safetensors");
  std::vector<zer0::tensor_entry> entries = original.entries();
  entries.push_back(entries.front());
  entries.back().name = "something_new";
  zer0::write_safetensors(dir / "more.safetensors", entries, original.metadata());
  const file_report report = check(dir / "more.safetensors");
  CHECK_FALSE(report.passed());
  CHECK_THAT(report.result.text(), contains("something_new was not compared"));
}

TEST_CASE("golden_check: says what a file lacks", "[golden][altered]") {
  const temp_dir dir;
  const zer0::safetensors_file original(data_dir() / "golden" / "dense.safetensors");
  zer0::string_map metadata = original.metadata();
  metadata.erase("config.n_heads");
  zer0::write_safetensors(dir / "dense.safetensors", original.entries(), metadata);
  CHECK_THROWS_WITH(check(dir / "dense.safetensors"),
                    contains("dense.safetensors: the metadata has no config.n_heads"));
  metadata["config.n_heads"] = "three";
  zer0::write_safetensors(dir / "dense.safetensors", original.entries(), metadata);
  CHECK_THROWS_WITH(check(dir / "dense.safetensors"),
                    contains("config.n_heads is \"three\", not a number"));
  metadata["config.n_heads"] = "2";
  zer0::write_safetensors(dir / "dense.safetensors", original.entries(), metadata);
  CHECK_THROWS_WITH(check(dir / "dense.safetensors"),
                    contains("attn.wq.weight does not have the shape"));
}
