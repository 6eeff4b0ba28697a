// Any bytes as a JSON Lines file: they are records or refused by zer0::error. With bad lines skipped, what is left must
// open without a complaint, and every text must be valid UTF-8 that JSON can write.
#include <zer0/data/pretrain_records.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) try {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const zer0::pretrain_records records(bytes, "input", {.skip_bad_lines = true});
  std::string again;
  std::string text;
  for (zer0::index_t i = 0; i < records.size(); ++i) {
    records.read(i, text);
    again += "{\"text\":" + nlohmann::json(text).dump() + "}\n";  // throws for invalid UTF-8
  }
  const zer0::pretrain_records copy(again, "copy");
  if (copy.size() != records.size()) std::abort();
  std::string copied;
  for (zer0::index_t i = 0; i < records.size(); ++i) {
    records.read(i, text);
    copy.read(i, copied);
    if (text != copied) std::abort();
  }
  return 0;
} catch (const zer0::error&) {
  return 0;
}
