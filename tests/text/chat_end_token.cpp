#include "support/catch.hpp"
#include "support/shared_dir.hpp"
#include <zer0/text/chat_end_token.hpp>

#include <string>

namespace {

std::string end_of(const std::filesystem::path& folder) {
  const zer0::tokenizer tok(folder);
  const auto end = zer0::chat_end_token(zer0::chat_template::from_directory(folder), tok);
  return end ? tok.token_bytes(*end) : "none";
}

}  // namespace

TEST_CASE("chat_end_token: what the template ends an answer with, not the end of a text", "[text][chat_end_token]") {
  CHECK(end_of(support::source_dir() / "examples" / "tokenizer") == "<|im_end|>");  // its eos is </s>
}

TEST_CASE("chat_end_token: without an end in the template it is the tokenizer's eos", "[text][chat_end_token]") {
  const zer0::tokenizer tok(support::source_dir() / "examples" / "tokenizer");
  const zer0::chat_template plain("{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}");
  CHECK(zer0::chat_end_token(plain, tok) == tok.eos());
  const zer0::chat_template refuses("{{ raise_exception('no') }}");
  CHECK(zer0::chat_end_token(refuses, tok) == tok.eos());
}

TEST_CASE("chat_end_token: of published templates", "[text][chat_end_token]") {
  const auto shared = support::shared_dir();
  if (!shared) {
    WARN("skipped: no shared folder");
    return;
  }
  const auto folder = *shared / "tokenizers";
  CHECK(end_of(folder / "zer02llm") == "</s>");
  CHECK(end_of(folder / "minimind") == "<|im_end|>");
}
