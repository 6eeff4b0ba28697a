// Generation: continues prompts, a token at a time, several prompts at once.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/generate/session.hpp>
#include <zer0/text/tokenizer.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace zer0 {

struct generate_options {
  sampling rules = {};
  index_t max_new_tokens = 128;             ///< of each prompt, the prompt not counted
  std::optional<token_id> stop_token = {};  ///< ends a sequence; not part of the result
  std::function<bool()> goes_on = {};       ///< asked behind each new token; false ends them all
};

namespace detail {

/// Throws zer0::error for an empty prompt or one that leaves no room in the context.
[[nodiscard]] index_t longest_prompt(const std::vector<std::vector<token_id>>& prompts,
                                     index_t max_seq_len);

}  // namespace detail

/// Continues each prompt by at most `max_new_tokens` tokens: until the stop token, the end of the
/// model's context or `on_token(prompt index, token)` returning false, which ends that sequence.
/// Returns the new tokens of each. The prompts run side by side; each one's tokens depend on the
/// seed and its index, not on its neighbours. Throws zer0::error for rules out of range, an empty
/// prompt or one that leaves no room in the context.
template <class Model>
std::vector<std::vector<token_id>> generate_tokens(
    Model& model, const std::vector<std::vector<token_id>>& prompts,
    const generate_options& options = {},
    const std::function<bool(index_t, token_id)>& on_token = {}) {
  options.rules.check();
  const index_t longest = detail::longest_prompt(prompts, model.sizes().max_seq_len);
  std::vector<std::vector<token_id>> results(prompts.size());
  if (prompts.empty() || options.max_new_tokens <= 0) return results;

  const index_t capacity = std::min(model.sizes().max_seq_len, longest + options.max_new_tokens);
  session<Model> s(model, static_cast<index_t>(prompts.size()), capacity);
  std::vector<std::vector<token_id>> pieces = prompts;
  bool goes_on = true;
  for (bool any = true; any && goes_on;) {
    const auto& chosen = s.choose(pieces, options.rules);
    any = false;
    auto next = chosen.begin();
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      if (pieces[i].empty()) continue;
      const auto sequence = static_cast<index_t>(i);
      const token_id token = *next++;
      pieces[i].clear();
      if (token == options.stop_token) continue;
      results[i].push_back(token);
      const bool wanted = !on_token || on_token(sequence, token);
      goes_on = goes_on && (!options.goes_on || options.goes_on());
      const bool room = static_cast<index_t>(results[i].size()) < options.max_new_tokens &&
                        s.length(sequence) < capacity;
      if (!wanted || !room) continue;
      pieces[i].push_back(token);
      any = true;
    }
  }
  return results;
}

namespace detail {

/// The text that follows the tokens of a prompt, up to the stop token or `end` (which decoding
/// skips if it is special); `on_text` gets each piece.
template <class Model>
std::string generate_text(Model& model, const tokenizer& tok, const std::vector<token_id>& prompt,
                          const generate_options& options,
                          const std::function<void(std::string_view)>& on_text,
                          std::optional<token_id> end) {
  stream_decoder decoder(tok);
  std::string text;
  const auto emit = [&](const std::string& piece) {
    text += piece;
    if (on_text && !piece.empty()) on_text(piece);
  };
  (void)generate_tokens(model, {prompt}, options, [&](index_t, token_id token) {
    emit(decoder.push(token));
    return token != end;
  });
  emit(decoder.flush());
  return text;
}

}  // namespace detail

/// Continues a text, which begins with the tokenizer's begin-of-text token as training texts do, up
/// to its end-of-text token. `on_text` gets each whole piece of new text as soon as it is there.
/// Returns the new text.
template <class Model>
std::string generate(Model& model, const tokenizer& tok, std::string_view prompt,
                     generate_options options = {},
                     const std::function<void(std::string_view)>& on_text = {}) {
  std::vector<token_id> ids;
  if (tok.bos()) ids.push_back(*tok.bos());
  tok.encode(prompt, ids);
  if (!options.stop_token) options.stop_token = tok.eos();
  return detail::generate_text(model, tok, ids, options, on_text, std::nullopt);
}

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/generate/detail/generate.ipp>
#endif
