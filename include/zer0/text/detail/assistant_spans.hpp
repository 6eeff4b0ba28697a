// Which bytes of a rendered conversation the assistant produced, and which are data.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/text/detail/jinja/marked_text.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace zer0 {

struct rendered_chat;

namespace detail {

/// The text of the first n messages with or without generation prompt; nothing if the template
/// refuses them.
using prompt_function =
    std::function<std::optional<std::string>(std::size_t n, bool generation_prompt)>;

/// The spans of a template without {% generation %} blocks. A message's turn is what the template
/// writes while its loop stands at the message; marks say which bytes of it the message's own text
/// became, trimmed or cut as it may be. The span begins where the prompt for this answer ends, so
/// that whatever a model would have to write itself is in it; it ends behind the end token, or
/// where the turn ends but for white space if there is none. `messages`: indices of the assistant's
/// messages. `result` receives the spans, or why they are unknown.
void find_assistant_spans(const jinja::marked_text& text, const std::vector<int>& messages,
                          const std::string& eos, const prompt_function& prompt,
                          rendered_chat& result);

/// The spans of {% generation %} blocks.
void find_generation_spans(const jinja::marked_text& text, rendered_chat& result);

/// The bytes that messages, tools or documents became, as against those of the template.
void find_data(const jinja::marked_text& text, rendered_chat& result);

}  // namespace detail

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/text/detail/assistant_spans.ipp>
#endif
