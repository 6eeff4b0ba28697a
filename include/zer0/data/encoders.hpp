// From records to tokens: of texts, and of conversations, with marks that say which are learned.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/core/error.hpp>
#include <zer0/core/types.hpp>
#include <zer0/text/chat_template.hpp>
#include <zer0/text/tokenizer.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace zer0 {

/// Turns a text into bos + text + eos, where the tokenizer has those. Text that looks like a
/// special token ("<|im_end|>") is encoded as the text it is: data cannot end a document or start a
/// chat turn. Thread-safe as the tokenizer's `encode` is.
class document_encoder {
 public:
  /// `Tokenizer` is zer0::tokenizer or any type with its `encode`, `bos`, `eos` and `pad`. If it
  /// also has a `fingerprint()`, a number that tells it from other tokenizers, counts made with it
  /// can be kept. The tokenizer must outlive this object.
  template <class Tokenizer>
  explicit document_encoder(const Tokenizer& tokenizer)
      : bos_(tokenizer.bos()),
        eos_(tokenizer.eos()),
        pad_(tokenizer.pad().value_or(tokenizer.eos().value_or(0))),
        encode_([&tokenizer](std::string_view text, std::vector<token_id>& tokens) {
          tokenizer.encode(text, tokens, {.parse_special = false});
        }) {
    if constexpr (requires { std::uint64_t{tokenizer.fingerprint()}; })
      fingerprint_ = tokenizer.fingerprint();
  }

  /// Replaces `tokens` by those of the text. Throws what the tokenizer throws, and zer0::error for
  /// more than 2^31 - 1 tokens.
  void operator()(std::string_view text, std::vector<token_id>& tokens) const;

  /// The token that fills up rows: the tokenizer's pad token, else its eos, else 0. It is never
  /// learned.
  [[nodiscard]] token_id pad() const { return pad_; }

  /// A number that tells this encoder from others, almost surely; no value if the tokenizer has no
  /// `fingerprint()`.
  [[nodiscard]] std::optional<std::uint64_t> fingerprint() const;

 private:
  std::optional<token_id> bos_;
  std::optional<token_id> eos_;
  token_id pad_;
  std::function<void(std::string_view, std::vector<token_id>&)> encode_;
  std::optional<std::uint64_t> fingerprint_;  // of the tokenizer
};

struct encoded_conversation {
  std::vector<token_id> tokens;
  std::vector<std::uint8_t> supervised;  ///< (tokens) 1: the model is to produce this token

  void clear() {
    tokens.clear();
    supervised.clear();
  }
};

/// The text of a conversation, for people to look at: what the model learns to produce stands
/// between `begin` and `end`. The first token is never among it, as no token predicts it.
[[nodiscard]] std::string marked_text(const encoded_conversation& c, const tokenizer& tok,
                                      std::string_view begin = "[[", std::string_view end = "]]");

/// Renders conversations by a chat template and encodes them. The tokens that the assistant
/// produced are supervised, the one that ends its turn included; the template tells which they are
/// (chat_template::render_with_spans).
///
/// A text is cut where an answer begins and ends, and the parts are encoded one by one: no token
/// stands across such a place, and the tokens are those of inference, where a prompt is encoded and
/// then an answer begins. An answer goes on from its prompt, so tokenizers that begin a text with a
/// space put none there.
///
/// What messages hold is data: special tokens that are spelled out in it are encoded as the text
/// they are, and cannot end or begin a turn. Thread-safe, as tokenizer and template are; copies
/// share both.
class conversation_encoder {
 public:
  /// `options`: further variables, the name of a template, the time that it sees;
  /// `add_generation_prompt` is ignored.
  conversation_encoder(tokenizer tok, chat_template chat, chat_options options = {});

  /// Replaces `out` by the tokens of the conversation up to the last supervised one. Only answers
  /// in messages numbered `from_message` (from 0) or later are supervised. `out` is empty if
  /// nothing is. Throws: zer0::error if the template refuses the messages, or does not tell which
  /// text is the assistant's, saying why.
  void encode(const chat_json& messages, const chat_json& tools, encoded_conversation& out,
              std::size_t from_message = 0) const;

  /// The tokens of all that comes before the assistant's next answer, encoded as for training.
  [[nodiscard]] std::vector<token_id> prompt(const chat_json& messages) const;
  [[nodiscard]] std::vector<token_id> prompt(const chat_json& messages,
                                             const chat_json& tools) const;

  /// The token that fills up rows: the tokenizer's pad token, else its eos, else 0. It is never
  /// learned.
  [[nodiscard]] token_id pad() const;

  /// A number that tells this encoder from others, almost surely: of tokenizer, template and
  /// options. No value if the template asks for the time and the options give none, because its
  /// text then changes from day to day.
  [[nodiscard]] std::optional<std::uint64_t> fingerprint() const;

 private:
  [[nodiscard]] rendered_chat render(const chat_json& messages, const chat_json& tools,
                                     bool prompt) const;
  void encode_parts(const rendered_chat& chat, std::size_t from_message,
                    encoded_conversation& out) const;

  /// Appends the tokens of a part of a text to `tokens`, which has the parts before it.
  void encode_part(std::string_view part, bool answer, bool plain,
                   std::vector<token_id>& tokens) const;

  tokenizer tokenizer_;
  chat_template chat_;
  chat_options options_;
};

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/data/detail/encoders.ipp>
#endif
