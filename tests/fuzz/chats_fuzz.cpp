// Any bytes as a file of conversations: they are records or refused by zer0::error. With bad lines
// skipped, what is left must open again without a complaint and be the same, and whatever messages
// hold, a conversation's tokens begin as many turns as it has messages.
#include <zer0/data/encoders.hpp>
#include <zer0/data/records.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

const zer0::tokenizer& tok() {
  static const zer0::tokenizer t(ZER0_SOURCE_DIR "/tests/data/tokenizer/tokenizer.json");
  return t;
}

const zer0::conversation_encoder& encoder() {
  static const zer0::conversation_encoder e(
      tok(), zer0::chat_template(
                 "{{ tools | tojson }}{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' "
                 "}}{{ m.content or m.tool_calls | tojson }}{{ '<|im_end|>\\n' }}{% endfor %}",
                 {{"eos_token", "<|im_end|>"}}));
  return e;
}

void check_turns(const zer0::chat_record& record) {
  const auto tokens = encoder().prompt(*record.messages, *record.tools);
  const auto turns = std::ranges::count(tokens, *tok().id_of("<|im_start|>"));
  if (turns != static_cast<std::ptrdiff_t>(record.messages->size())) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) try {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const zer0::chat_records records(bytes, "input", {.skip_bad_lines = true});
  std::string again;
  zer0::chat_record record;
  for (zer0::index_t i = 0; i < records.size(); ++i) {
    records.read(i, record);
    again +=
        zer0::chat_json{{"messages", *record.messages}, {"tools", *record.tools}}.dump() + "\n";
  }
  const zer0::chat_records copy(again, "copy");
  if (copy.size() != records.size()) std::abort();
  zer0::chat_record copied;
  for (zer0::index_t i = 0; i < records.size(); ++i) {
    records.read(i, record);
    copy.read(i, copied);
    if (*record.messages != *copied.messages || *record.tools != *copied.tools) std::abort();
    check_turns(record);
  }
  return 0;
} catch (const zer0::error&) {
  return 0;
}
