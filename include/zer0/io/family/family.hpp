// What differs between families of models in files: the keys of config.json and the names of tensors.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/core/dims.hpp>

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>

namespace zer0 {

class config_file;

/// What config.json says of a model.
struct model_config {
  dims sizes;
  bool tied = false;                  ///< the output head is the embedding's table
  std::string family = "llama";       ///< model_type: names an entry of `model_families`
  std::string rope_type = "default";  ///< how rotary positions are scaled, by the names of Hugging Face
};

/// Where the rows of a parameter lie in a file.
struct tensor_place {
  std::string name;
  bool transposed = false;  ///< the file has (in, out)
  int part = 0;             ///< the tensor holds `parts` of them, of equal size, one below the other: this is which
  int parts = 1;
};

namespace detail {

tensor_place own_place(const std::string& name);
bool is_rotary_table(std::string_view name);

/// The name with `from` replaced where it first occurs.
std::string renamed(std::string name, std::string_view from, std::string_view to);

}  // namespace detail

/// One family. Tensors that it does not rename have zer0's own names, which are those of Llama's files.
/// `read` and `write` leave alone what every config.json has (model_type, architectures, vocab_size, torch_dtype).
struct model_family {
  std::string_view type;          ///< model_type in config.json
  std::string_view architecture;  ///< "architectures" there
  void (*read)(const config_file&, model_config&);
  void (*write)(const model_config&, nlohmann::json&);
  tensor_place (*place)(const std::string& name) = detail::own_place;     ///< of the parameter `name` of zer0
  bool (*is_of_no_use)(std::string_view name) = detail::is_rotary_table;  ///< tensors that hold nothing learned
  std::string_view prefix = "";                                           ///< of names, which some files leave out
  bool interleaved = false;                                               ///< order of rotary rows in files
};

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/io/family/detail/family.ipp>
#endif
