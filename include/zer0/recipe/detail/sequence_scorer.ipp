// Bodies of zer0/recipe/sequence_scorer.hpp.
#pragma once

#include <zer0/checkpoint/safetensors.hpp>
#include <zer0/recipe/sequence_scorer.hpp>

#include <cstdio>

namespace zer0 {

ZER0_INLINE reference_file::reference_file(const std::filesystem::path& folder,
                                           const std::string& name, std::uint64_t weights,
                                           std::uint64_t data)
    : path_(folder /
            (name + ".reference-" + hex(weights ^ (data * 0x9e3779b97f4a7c15)) + ".safetensors")),
      weights_(hex(weights)),
      data_(hex(data)) {}

ZER0_INLINE std::optional<std::vector<double>> reference_file::read(index_t pairs) const {
  if (!std::filesystem::is_regular_file(path_)) return std::nullopt;
  try {
    const safetensors_file file(path_);
    const tensor_entry* const entry = file.find("log_probabilities");
    const auto says = [&](const char* key, const std::string& value) {
      const auto found = file.metadata().find(key);
      return found != file.metadata().end() && found->second == value;
    };
    if (!says("weights", weights_) || !says("data", data_) || entry == nullptr ||
        entry->elements() != 2 * pairs)
      return std::nullopt;
    std::vector<double> scores(static_cast<std::size_t>(2 * pairs));
    to_float(*entry, std::span(scores));
    return scores;
  } catch (const error&) {
    return std::nullopt;  // the file is damaged: the scores are computed again
  }
}

ZER0_INLINE void reference_file::write(std::span<const double> scores) const {
  const tensor_entry entry{.name = "log_probabilities",
                           .dtype = dtype::f64,
                           .shape = {static_cast<index_t>(scores.size()) / 2, 2},
                           .bytes = std::as_bytes(scores)};
  write_safetensors(path_, std::span(&entry, 1), {{"weights", weights_}, {"data", data_}});
}

ZER0_INLINE std::string reference_file::hex(std::uint64_t x) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(x));
  return text;
}

namespace detail {

ZER0_INLINE std::optional<kept_scores> read_scores(std::span<const reference_file> files,
                                                   index_t pairs) {
  for (const reference_file& file : files)
    if (std::optional<std::vector<double>> scores = file.read(pairs))
      return kept_scores{*std::move(scores), file.path()};
  return std::nullopt;
}

ZER0_INLINE kept_scores keep_scores(std::span<const reference_file> files,
                                    std::vector<double> scores) {
  kept_scores kept{std::move(scores), {}, true};
  for (const reference_file& file : files) try {
      file.write(kept.scores);
      kept.file = file.path();
      return kept;
    } catch (const error& e) {
      if (&file == &files.back()) throw;
      if (&file == &files.front()) kept.not_in_first = e.what();
    }
  return kept;
}

}  // namespace detail

}  // namespace zer0
