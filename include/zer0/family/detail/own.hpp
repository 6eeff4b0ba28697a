// Files of variants that no other library has: zer0's own names for everything.
#pragma once

#include <zer0/family/family.hpp>

namespace zer0::family {

namespace detail {

void read_own(const config_file& file, model_config& config);
void write_own(const model_config& config, nlohmann::json& j);

}  // namespace detail

/// config.json holds `dims`, member by member.
inline constexpr model_family own{
    .type = "zer0",
    .architecture = "Zer0ForCausalLM",
    .read = detail::read_own,
    .write = detail::write_own,
};

}  // namespace zer0::family

#ifndef ZER0_COMPILED
#include <zer0/family/detail/own.ipp>
#endif
