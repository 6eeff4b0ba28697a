// `train --mode test`.
#pragma once

#include "train/setup.hpp"
#include <zer0/recipe/hook/stop_on_signals.hpp>
#include <zer0/testing/self_check.hpp>

#include <iostream>
#include <string>

namespace program {

/// Prints what each part found; the exit code of the program. Nothing is left in the folder.
template <class Model>
int self_check(Model& model, const train_options& o, const fs::path& folder) {
  std::string failed;
  zer0::self_check<Model> check(
      model, {folder, o.seed, [] { return zer0::stop_on_signals::received() != 0; }});
  (void)check([&](const zer0::self_check_finding& f) {
    if (!f.good) failed += (failed.empty() ? "" : ", ") + f.part;
    std::cout << f.part << std::string(10 - f.part.size(), ' ') << (f.good ? "pass" : "failed")
              << ": " << f.text << std::endl;
  });
  std::error_code none;
  fs::remove(folder, none);  // if it is empty
  fs::remove(folder.parent_path(), none);
  if (zer0::stop_on_signals::received() != 0) return 128 + zer0::stop_on_signals::received();
  std::cout << "self-check: " << (failed.empty() ? "pass" : "failed: " + failed) << std::endl;
  return failed.empty() ? 0 : 1;
}

}  // namespace program
