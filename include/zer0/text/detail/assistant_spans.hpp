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

/// Finds the spans of a template without {% generation %} blocks. A message's turn is what the
/// template writes while its loop stands at the message; marks say which bytes of the turn come
/// from the message's own text, even if it was trimmed or cut. A span begins where the prompt for
/// this answer ends, so that it holds all that a model would have to write itself. It ends behind
/// the end token; if there is none, where the turn ends, without white space there. `messages`:
/// indices of the assistant's messages. `result` receives the spans, or why they are unknown.
void find_assistant_spans(const jinja::marked_text& text, const std::vector<int>& messages,
                          const std::string& eos, const prompt_function& prompt,
                          rendered_chat& result);

/// Finds the spans of {% generation %} blocks.
void find_generation_spans(const jinja::marked_text& text, rendered_chat& result);

/// Finds the bytes that come from messages, tools or documents, not from the template.
void find_data(const jinja::marked_text& text, rendered_chat& result);

}  // namespace detail

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/text/detail/assistant_spans.ipp>
#endif
