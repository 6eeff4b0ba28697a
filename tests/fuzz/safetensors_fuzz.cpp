// Any bytes as a safetensors file: they are read or refused by zer0::error, and what was read
// survives being written.
#include <zer0/checkpoint/safetensors.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

namespace {

void read_numbers(const zer0::tensor_entry& entry) try {
  std::vector<double> numbers(static_cast<std::size_t>(entry.elements()));
  zer0::to_float(entry, std::span(numbers));
} catch (const zer0::error&) {  // a dtype that holds no numbers
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) try {
  const zer0::safetensors_file file(std::as_bytes(std::span(data, size)), "input");
  std::size_t bytes = 0;
  for (const zer0::tensor_entry& entry : file.entries()) {
    if (file.find(entry.name) != &entry) std::abort();
    read_numbers(entry);
    bytes += entry.bytes.size();
  }
  // The header that the writer would make must read back as the same tensors.
  const auto sorted = zer0::detail::sorted_tensors("input", file.entries());
  const std::string header = zer0::detail::safetensors_header_text(sorted, file.metadata());
  std::vector<std::byte> again(8 + header.size() + bytes);
  const std::uint64_t length = header.size();
  std::memcpy(again.data(), &length, 8);
  std::memcpy(again.data() + 8, header.data(), header.size());
  const zer0::safetensors_file copy(again, "copy");
  if (copy.entries().size() != file.entries().size() || copy.metadata() != file.metadata())
    std::abort();
  for (const zer0::tensor_entry& entry : file.entries())
    if (copy.at(entry.name).shape != entry.shape || copy.at(entry.name).dtype != entry.dtype)
      std::abort();
  return 0;
} catch (const zer0::error&) {
  return 0;
}
