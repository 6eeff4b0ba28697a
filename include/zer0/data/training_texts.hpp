// The texts of a record of any kind that zer0 trains on, for training a tokenizer.
#pragma once

#include <zer0/core/compiled.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace zer0 {

/// Puts the texts of a line of JSON Lines into `texts`: its "text", and the "content" of each message of its
/// "conversations", "messages", "chosen" and "rejected". Returns what is wrong with the line, or nothing.
[[nodiscard]] std::string read_training_texts(std::string_view line, std::vector<std::string>& texts);

/// Whether a file of texts is JSON Lines, by its name: .jsonl, .ndjson or .json. Any other is plain text.
[[nodiscard]] bool is_json_lines(const std::filesystem::path& path);

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/data/detail/training_texts.ipp>
#endif
