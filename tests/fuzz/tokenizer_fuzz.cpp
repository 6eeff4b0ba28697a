// Any bytes as a tokenizer.json: it is refused with zer0::error, or it encodes and decodes without
// a fault.
#include <zer0/text/tokenizer.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

void expect(bool condition) {
  if (!condition) std::abort();
}

void use(const zer0::tokenizer& tok, std::string_view text) {
  for (const bool special : {false, true}) {
    const auto ids = tok.encode(text, {.add_special_tokens = special, .parse_special = !special});
    expect(ids == tok.encode(text, {.add_special_tokens = special,
                                    .parse_special = !special}));  // now from the cache
    for (const bool skip : {false, true}) {
      zer0::stream_decoder decoder(tok, skip);
      std::string streamed;
      for (const zer0::token_id id : ids) {
        expect(id >= 0 && id < tok.size());
        streamed += decoder.push(id);
      }
      expect(streamed + decoder.flush() == tok.decode(ids, skip));
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  try {
    const zer0::tokenizer tok = zer0::tokenizer::from_json(input, "fuzz.json");
    use(tok, "It's 12 ships <s>, e\u0301 \u4e2d\u6587\r\n  end ");
    use(tok, input.substr(0, 500));  // may not be UTF-8
    use(tok, std::string(300, 'a'));
  } catch (const zer0::error&) {
  }
  return 0;
}
