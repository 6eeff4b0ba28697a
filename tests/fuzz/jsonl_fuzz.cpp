// Any bytes as a JSON Lines file: they are records or refused by zer0::error. With bad lines
// skipped, what is left must open without a complaint, and every text must be valid UTF-8 that JSON
// can write. The same of any bytes as one line that a tokenizer is trained on.
#include <zer0/data/count_words.hpp>
#include <zer0/data/records.hpp>
#include <zer0/text/utf8.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) try {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::vector<std::string> texts;
  if (zer0::read_training_texts(bytes, texts).empty())
    for (const std::string& one : texts)
      if (zer0::find_invalid_utf8(one) != std::string::npos) std::abort();
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
