// Chat templates: conversations into the text a model was trained on, byte for byte as Hugging Face's transformers do
// it.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/text/chat_message.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace zer0 {

namespace detail {

class parsed_chat_template;

}  // namespace detail

/// A chat template (Jinja), parsed. Immutable: many threads may render at once; a copy shares the tree.
/// Knows the part of Jinja that docs/chat_templates.md lists, in the settings of Hugging Face transformers
/// (trim_blocks, lstrip_blocks, break and continue, tojson without ASCII escapes, raise_exception, strftime_now, {%
/// generation %}).
class chat_template {
 public:
  /// `special_tokens`: an object such as {"bos_token": "<s>", "eos_token": "</s>"}; these become variables.
  /// `name` is what messages call the template. Throws: `error` naming the line of the template it does not understand.
  explicit chat_template(const std::string& source, chat_json special_tokens, std::string name = "chat template");
  /// Without special tokens.
  explicit chat_template(const std::string& source);

  /// Reads chat_template.jinja, additional_chat_templates/*.jinja and tokenizer_config.json of a directory.
  /// Throws: `error` naming the file if there is no template or it is not understood.
  static chat_template from_directory(const std::filesystem::path& directory);

  /// The text of a conversation: a list of objects with "role" and "content", and whatever else the template reads.
  /// Throws: `error` naming the template's line if the template refuses the messages, or a limit is reached.
  [[nodiscard]] std::string render(const chat_json& messages, const chat_options& options = {}) const;
  [[nodiscard]] std::string render(const std::vector<chat_message>& messages, const chat_options& options = {}) const;

  /// The same text, and which bytes of it the assistant produced: what {% generation %} blocks say, or else each turn
  /// from where its prompt ends to its end token (detail::assistant_spans); also which bytes are data. Renders up to
  /// two times more for each turn.
  [[nodiscard]] rendered_chat render_with_spans(const chat_json& messages, const chat_options& options = {}) const;
  [[nodiscard]] rendered_chat render_with_spans(const std::vector<chat_message>& messages,
                                                const chat_options& options = {}) const;

  /// A special token's text by its name, such as "eos_token"; empty if there is none.
  [[nodiscard]] std::string token(const std::string& which) const;

 private:
  explicit chat_template(std::shared_ptr<const detail::parsed_chat_template> parsed) : parsed_(std::move(parsed)) {}

  std::shared_ptr<const detail::parsed_chat_template> parsed_;
};

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/text/detail/chat_template.ipp>
#endif
