// Any bytes as a chat template: it is refused with zer0::error, or it renders within its limits and
// says spans that fit.
#include <zer0/text/chat_template.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

void expect(bool condition) {
  if (!condition) std::abort();
}

const zer0::chat_json& conversation() {
  static const zer0::chat_json messages = zer0::chat_json::parse(R"([
    {"role": "system", "content": " be kind "}, {"role": "user", "content": "é世🚢\n"},
    {"role": "assistant", "content": "<think>\nhm\n</think>\n\nhello ",
     "tool_calls": [{"function": {"name": "f", "arguments": {"a": [1, 2.5, null]}}}]},
    {"role": "tool", "content": "3"}, {"role": "assistant", "content": null},
    {"role": "assistant", "content": ""}])");
  return messages;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string source(reinterpret_cast<const char*>(data), size);
  zer0::chat_options options;
  options.tools = {
      {{"type", "function"}, {"function", {{"name", "f"}, {"parameters", {{"type", "object"}}}}}}};
  options.now = 1'700'000'000;
  options.most = {.steps = 20'000, .text = 1 << 16, .memory = 1 << 20};
  try {
    const zer0::chat_template made(source, {{"bos_token", "<s>"}, {"eos_token", "</s>"}});
    const zer0::rendered_chat chat = made.render_with_spans(conversation(), options);
    expect(chat.text == made.render(conversation(), options));
    expect(chat.spans_known() || chat.assistant.empty());
    for (const zer0::assistant_span& span : chat.assistant) {
      expect(span.begin <= span.end && span.end <= chat.text.size());
      expect(span.message < static_cast<int>(conversation().size()));
    }
  } catch (const zer0::error&) {
  }
  return 0;
}
