// Chat templates: conversations into the text a model was trained on, byte for byte as Hugging
// Face's transformers do it.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/core/error.hpp>
#include <zer0/core/types.hpp>
#include <zer0/file/json_document.hpp>

#include <nlohmann/json_fwd.hpp>

#include <concepts>
#include <cstddef>
#include <ctime>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace zer0 {

class tokenizer;

/// JSON whose objects keep the order of their keys, because templates write tools and arguments in
/// that order.
using chat_json = nlohmann::ordered_json;

namespace detail {

class parsed_chat_template;

}  // namespace detail

struct chat_message {
  std::string role;  ///< "system", "user", "assistant", "tool"
  std::string content;
};

/// Bounds of one rendering, so that no template hangs or fills the memory.
struct chat_limits {
  /// A step is an expression, a round of a loop, or 64 bytes or one element of a value that is
  /// read.
  std::size_t steps = 20'000'000;
  std::size_t text = std::size_t{16} << 20;     ///< bytes of one string, the rendered text too
  std::size_t memory = std::size_t{256} << 20;  ///< bytes of all values together
};

struct chat_options {
  bool add_generation_prompt = false;  ///< end with what comes before an assistant's answer
  held<chat_json> tools = {};          ///< a list of JSON schemas of functions, or null
  held<chat_json> documents = {};
  /// Further variables of the template, such as {"enable_thinking": false}.
  held<chat_json> variables = held<chat_json>::object();
  /// Which of several templates; empty: "tool_use" if there are tools and such a template, else
  /// "default".
  std::string name = {};
  std::optional<std::time_t> now = {};  ///< the time that strftime_now sees; no value: the clock's
  chat_limits most = {};                ///< bounds of a rendering; reaching one is an error
};

/// Bytes [begin, end) of a rendered text that the assistant produced, the token that ends its turn
/// included.
struct assistant_span {
  std::size_t begin = 0, end = 0;
  int message = -1;  ///< index of the message; -1 if a {% generation %} block belongs to none

  bool operator==(const assistant_span&) const = default;
};

/// Bytes [begin, end) of a rendered text.
struct text_range {
  std::size_t begin = 0, end = 0;

  bool operator==(const text_range&) const = default;
};

struct rendered_chat {
  std::string text;
  std::vector<assistant_span> assistant;  ///< in order, disjoint
  std::string unknown;                    ///< why the spans are unknown; empty if they are known
  std::vector<text_range> data;  ///< what comes from messages, tools, documents; in order, disjoint

  [[nodiscard]] bool spans_known() const { return unknown.empty(); }
};

/// The messages as JSON.
chat_json to_json(const std::vector<chat_message>& messages);

/// A chat template (Jinja), parsed. Immutable: many threads may render at once; a copy shares the
/// tree. Knows the part of Jinja that docs/chat_templates.md lists, in the settings of Hugging Face
/// transformers (trim_blocks, lstrip_blocks, break and continue, tojson without ASCII escapes,
/// raise_exception, strftime_now, {% generation %}).
class chat_template {
 public:
  /// `special_tokens`: an object such as {"bos_token": "<s>", "eos_token": "</s>"}; these become
  /// variables. `name` is what messages call the template. Throws: `error` naming the line of the
  /// template it does not understand.
  explicit chat_template(const std::string& source, chat_json special_tokens,
                         std::string name = "chat template");
  /// Without special tokens.
  explicit chat_template(const std::string& source);

  /// Reads chat_template.jinja, additional_chat_templates/*.jinja and tokenizer_config.json of a
  /// directory. Throws: `error` naming the file if there is no template or it is not understood.
  static chat_template from_directory(const std::filesystem::path& directory);

  /// The text of a conversation: a list of objects with "role" and "content", and whatever else the
  /// template reads. Throws: `error` naming the template's line if the template refuses the
  /// messages, or a limit is reached.
  [[nodiscard]] std::string render(const chat_json& messages,
                                   const chat_options& options = {}) const;
  [[nodiscard]] std::string render(const std::vector<chat_message>& messages,
                                   const chat_options& options = {}) const;

  /// The same text, and which bytes of it the assistant produced: what {% generation %} blocks say,
  /// or else each turn from where its prompt ends to its end token (docs/chat_templates.md says
  /// how); also which bytes are data. Renders up to two times more for each turn.
  [[nodiscard]] rendered_chat render_with_spans(const chat_json& messages,
                                                const chat_options& options = {}) const;
  [[nodiscard]] rendered_chat render_with_spans(const std::vector<chat_message>& messages,
                                                const chat_options& options = {}) const;

  /// A special token's text by its name, such as "eos_token"; empty if there is none.
  [[nodiscard]] std::string token(const std::string& which) const;

  /// The special tokens, then the name and the Jinja of each template, as one text. Templates of
  /// equal text render alike.
  /// template. Templates of equal text render alike.
  [[nodiscard]] const std::string& text() const;

 private:
  explicit chat_template(std::shared_ptr<const detail::parsed_chat_template> parsed)
      : parsed_(std::move(parsed)) {}

  std::shared_ptr<const detail::parsed_chat_template> parsed_;
};

/// The token that ends an answer, where generation of chats stops. It is the last special token in
/// what the template lets an assistant produce, such as <|im_end|>. It is the tokenizer's
/// end-of-text token if there is none, or if the template refuses a conversation of a user and an
/// assistant. (Often it is not the end-of-text token of the base model.) A template, so that this
/// header need not include tokenizer.hpp, which every caller includes.
template <std::same_as<tokenizer> Tokenizer>
[[nodiscard]] std::optional<token_id> chat_end_token(const chat_template& chat,
                                                     const Tokenizer& tok) {
  rendered_chat example;
  try {
    example = chat.render_with_spans(std::vector<chat_message>{{"user", "a"}, {"assistant", "b"}});
  } catch (const error&) {
    return tok.eos();
  }
  if (example.assistant.empty()) return tok.eos();
  const assistant_span span = example.assistant.back();
  const auto ids =
      tok.encode(std::string_view(example.text).substr(span.begin, span.end - span.begin));
  for (auto id = ids.rbegin(); id != ids.rend(); ++id)
    if (tok.is_special(*id)) return *id;
  return tok.eos();
}

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/text/detail/chat_template.ipp>
#endif
