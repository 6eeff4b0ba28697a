// The program eval on a model that train made in less than a second.
#pragma once

#include "support/train_program.hpp"

#include <algorithm>
#include <string>

#ifndef ZER0_EVAL
#error "compile with -DZER0_EVAL=\"/path/to/eval\", as tests/programs/area.cmake does"
#endif

namespace support {

/// A trained model, and eval on it.
class eval_program {
 public:
  explicit eval_program(const words& more = {}) {
    words options{"--epochs", "4", "--learning_rate", "1e-2", "--max_seq_len", "64"};
    options.insert(options.end(), more.begin(), more.end());
    require_success(program_.train(options));
  }

  [[nodiscard]] words command(const words& more) const {
    words all{ZER0_EVAL, "--out_dir", program_.path("out").string()};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  /// The command for a shell.
  [[nodiscard]] std::string line(const words& more) const {
    std::string text;
    for (const std::string& word : command(more)) text += "'" + word + "' ";
    return text;
  }
  [[nodiscard]] process_result eval(const words& more) const {
    return train_program::execute(command(more));
  }
  /// eval with this on its standard input.
  [[nodiscard]] process_result eval_with_input(const std::string& input, const words& more) const {
    write_file(program_.path("input"), input);
    return train_program::execute(
        {"/bin/sh", "-c", line(more) + "< '" + program_.path("input").string() + "'"});
  }
  [[nodiscard]] fs::path checkpoint() const { return program_.run().best(); }
  [[nodiscard]] const train_program& program() const { return program_; }

 private:
  train_program program_;
};

/// An error as users should see it: this exit code, nothing on stdout and one line "eval: ..." on
/// stderr with this part.
inline void check_refused(const process_result& r, int exit_code, const std::string& part) {
  INFO(r.err);
  CHECK(r.exit_code == exit_code);
  CHECK(r.out.empty());
  CHECK(std::count(r.err.begin(), r.err.end(), '\n') == 1);
  CHECK(r.err.starts_with("eval: "));
  CHECK_THAT(r.err, contains(part));
}

}  // namespace support
