// The JSON header of a safetensors file, as it is written there.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/core/types.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace zer0::detail {

/// One tensor as the header names it; offsets count from the end of the header.
struct tensor_header {
  std::string name;
  std::string dtype;
  std::vector<index_t> shape;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// Collects the tensors and the metadata of a header. Returns why it is refused; empty if it is
/// accepted. Refuses duplicate keys and wrong types. Unknown fields of a tensor are ignored, as the
/// reference reader does, but may be nested at most 128 deep.
[[nodiscard]] std::string read_safetensors_header(std::string_view header,
                                                  std::vector<tensor_header>& tensors,
                                                  std::map<std::string, std::string>& metadata);

/// A name for a message: quoted, on one line, and cut where it would fill the screen.
[[nodiscard]] std::string in_quotes(std::string_view name);

}  // namespace zer0::detail

#ifndef ZER0_COMPILED
#include <zer0/checkpoint/detail/safetensors_header.ipp>
#endif
