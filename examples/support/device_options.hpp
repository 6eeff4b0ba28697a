// The options that choose a device, and what programs that are given a model ask of their options.
#pragma once

#include "support/options.hpp"

#include <string>
#include <string_view>

namespace program {

inline void add_device(option_set& options, std::string& device, std::string& dtype) {
  options.add("device", device, "cpu, or cuda:N in a build with -DZER0_CUDA=ON");
  options.add("dtype", dtype, {"bfloat16", "float16", "float32"},
              "number format of the computation (a CPU: float32 whatever is asked for)");
}

/// Refuses a given option whose value is not that of the model in `source`.
template <class T>
void demand_same(const option_set& options, const std::string& name, T value, T in_file,
                 const std::string& source) {
  demand(!options.given(name) || value == in_file, "--", name, " is ", value, ", but the model in ",
         source, " has ", in_file, "; leave the option out");
}

/// A zer0::error about sizes as a usage error, without the name of the function that found it.
template <class F>
void refuse_errors_of(F check) {
  try {
    check();
  } catch (const zer0::error& e) {
    const std::string_view text = e.what();
    refuse(text.starts_with("dims: ") ? text.substr(6) : text);
  }
}

}  // namespace program
