// The known families of models, which of them a variant belongs to, and config.json: reading it,
// writing it, comparing it with a model.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/core/dims.hpp>
#include <zer0/family/deepseek_v2.hpp>
#include <zer0/family/family.hpp>
#include <zer0/family/gpt2.hpp>
#include <zer0/family/llama.hpp>
#include <zer0/family/mixtral.hpp>
#include <zer0/family/qwen2.hpp>
#include <zer0/family/qwen3.hpp>
#include <zer0/layer/lora.hpp>
#include <zer0/model/block.hpp>
#include <zer0/model/decoder.hpp>

#include <array>
#include <concepts>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace zer0::family {

namespace detail {

void read_own(const config_file& file, model_config& config);
void write_own(const model_config& config, nlohmann::json& j);

}  // namespace detail

/// The family of variants that no other library has. Tensors have zer0's own names, and config.json
/// holds `dims`, member by member.
inline constexpr model_family own{
    .type = "zer0",
    .architecture = "Zer0ForCausalLM",
    .read = detail::read_own,
    .write = detail::write_own,
};

}  // namespace zer0::family

namespace zer0 {

inline constexpr std::array model_families{&family::llama,   &family::qwen2,       &family::qwen3,
                                           &family::mixtral, &family::deepseek_v2, &family::gpt2,
                                           &family::own};

namespace detail {

/// The family of that model_type: `own` or one of `model_families`. Throws zer0::error, naming
/// `path`, if there is none.
const model_family& family_named(std::string_view type, const std::filesystem::path& path,
                                 const model_family& own = family::own);

/// The name in files of a scaling of positions, or "other".
template <class Scaling>
inline constexpr std::string_view rope_type = "other";
template <class Scaling>
requires requires { std::string_view(Scaling::rope_type); }
inline constexpr std::string_view rope_type<Scaling> = Scaling::rope_type;

template <class P>
inline constexpr bool plain_position = std::same_as<P, rope> || std::same_as<P, rope_half_split>;
template <class Rope, class Scaling>
inline constexpr bool plain_position<scaled_rope<Rope, Scaling>> =
    family::detail::names_scaling(rope_type<Scaling>);

template <class P>
inline constexpr bool plain_linear = std::same_as<P, linear>;
template <class Set>
inline constexpr bool plain_linear<lora<Set, linear>> = true;

/// Whether an attention has nothing that Llama's lacks.
template <class Attention>
inline constexpr bool plain_attention = false;
template <class... Policies>
inline constexpr bool plain_attention<gqa<Policies...>> =
    ((plain_position<Policies> || policy_for<Policies, attention_kernel_role> ||
      plain_linear<Policies>) &&
     ...);

template <class Block>
inline constexpr bool plain_block = std::same_as<Block, decoder_block>;
template <class Block>
inline constexpr bool plain_block<recompute<Block>> = plain_block<Block>;

template <class FeedForward>
inline constexpr bool plain_feed_forward = false;
template <class Linear>
inline constexpr bool plain_feed_forward<gated<silu, Linear>> = plain_linear<Linear>;

}  // namespace detail

/// The family that files of `Variant` belong to: the one that it names by a member `files`, Llama's
/// if it has nothing that Llama lacks, or zer0's own.
template <class Variant>
consteval const model_family& family_of() {
  if constexpr (requires { Variant::files; })
    return Variant::files;
  else if constexpr (detail::plain_attention<typename Variant::attention> &&
                     detail::plain_feed_forward<typename Variant::feed_forward> &&
                     std::same_as<typename Variant::norm, rms_norm> &&
                     std::same_as<placement_of<Variant>, pre_norm> &&
                     detail::plain_block<block_of<Variant>> &&
                     std::same_as<input_position_of<Variant>, no_input_position>)
    return family::llama;
  else
    return family::own;
}

namespace detail {

/// Hugging Face's name for the scaling of a variant's rotary positions.
template <class Variant>
consteval std::string_view rope_type_of() {
  if constexpr (requires { typename Variant::attention::position::scaling; })
    return rope_type<typename Variant::attention::position::scaling>;
  else
    return "default";
}

/// Throws zer0::error if the family's files have interleaved rotary rows and the variant's pairs
/// are half-split.
template <class Variant>
void require_pairing(const model_family& family) {
  if constexpr (requires { Variant::attention::position::pairing; })
    require(
        !family.interleaved || Variant::attention::position::pairing == rope_pairing::interleaved,
        "files of ", family.type,
        " have interleaved rotary pairs, the variant's are half-split; give its attention `rope`");
}

}  // namespace detail

/// What config.json of a model of `Variant` says.
template <class Variant>
model_config config_of(const dims& sizes) {
  return {sizes, Variant::head::tied, &family_of<Variant>(),
          std::string(detail::rope_type_of<Variant>())};
}

/// Reads sizes and family from `directory/config.json`. Known are the families of `model_families`
/// and `family`. Throws zer0::error naming the file and the key that is missing, wrong or not
/// supported.
model_config read_config(const std::filesystem::path& directory,
                         const model_family& family = family::own);

/// The same for files of `Variant`, whose family may be one of your own.
template <class Variant>
model_config read_config(const std::filesystem::path& directory) {
  return read_config(directory, family_of<Variant>());
}

/// Writes `directory/config.json` as the config's family has it.
void write_config(const std::filesystem::path& directory, const model_config& config);

/// The first size with one of these uses that differs between `model` and config.json in
/// `directory`, with the model's value first; nothing if there is none. Sizes that files of the
/// model's family do not hold are not compared, nor are those of adapters.
std::optional<size_difference> config_difference(
    const model_config& model, const std::filesystem::path& directory,
    std::initializer_list<size_use> uses = {size_use::result, size_use::limit, size_use::training});

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/family/detail/model_families.ipp>
#include <zer0/family/detail/own.ipp>
#endif
