// Generated pairs of answers, and the encoder for them.
#pragma once

#include "text/tokenizer_data.hpp"
#include <zer0/data/batches.hpp>

#include <nlohmann/json.hpp>

#include <string>

namespace support {

inline const zer0::tokenizer& pairs_tokenizer() {
  static const zer0::tokenizer t(small_tokenizer_file());
  return t;
}

/// Refuses conversations that begin with a word of the system.
inline zer0::conversation_encoder pairs_encoder() {
  return {pairs_tokenizer(),
          zer0::chat_template("{% if messages[0].role == 'system' %}{{ raise_exception('no system "
                              "turn') }}{% endif %}{% for m in messages %}{{ '<|im_start|>' + "
                              "m.role + '\\n' + m.content + '<|im_end|>\\n' }}{% endfor %}{% if "
                              "add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}",
                              {{"eos_token", "<|im_end|>"}})};
}

inline std::string pair_line(const std::string& question, const std::string& chosen,
                             const std::string& rejected, const std::string& role = "user") {
  const auto side = [&](const std::string& answer) {
    return zer0::chat_json{{{"role", role}, {"content", question}},
                           {{"role", "assistant"}, {"content", answer}}};
  };
  return zer0::chat_json{{"chosen", side(chosen)}, {"rejected", side(rejected)}}.dump() + "\n";
}

/// Question i: ships are preferred to "no", in answers of different lengths.
inline std::string many_pairs(int n) {
  std::string text;
  for (int i = 0; i < n; ++i) {
    std::string ships = "ship";
    for (int k = i % 5; k > 0; --k) ships += " ship";
    text += pair_line("question " + std::to_string(i), ships, "no " + std::to_string(i));
  }
  return text;
}

}  // namespace support
