// config.json of a model's directory: read, written, compared with a model.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/core/visit_sizes.hpp>
#include <zer0/family/family.hpp>
#include <zer0/family/model_families.hpp>

#include <filesystem>
#include <initializer_list>
#include <optional>

namespace zer0 {

/// Sizes and family in `directory/config.json`; besides those of `model_families`, `family` is
/// known. Throws zer0::error naming the file and the key that is missing, wrong or not supported.
model_config read_config(const std::filesystem::path& directory,
                         const model_family& family = family::own);

/// The same for files of `Variant`, whose family may be one of your own.
template <class Variant>
model_config read_config(const std::filesystem::path& directory) {
  return read_config(directory, family_of<Variant>());
}

/// Writes `directory/config.json` as models of the config's family have it.
void write_config(const std::filesystem::path& directory, const model_config& config);

/// The first size of `model`, of those with one of these uses, that differs from what config.json
/// in `directory` says, with the model's value first; nothing if there is none. Sizes that files of
/// the model's family do not hold are not compared, nor are those of adapters.
std::optional<size_difference> config_difference(
    const model_config& model, const std::filesystem::path& directory,
    std::initializer_list<size_use> uses = {size_use::result, size_use::limit, size_use::training});

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/family/detail/model_config.ipp>
#endif
