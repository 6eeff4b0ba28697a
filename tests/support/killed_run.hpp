// A run of the test's own program, killed at random moments and started again.
#pragma once

#include "support/catch.hpp"
#include "support/process.hpp"

#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace support {

/// The command that runs the hidden test case with this tag in a process of its own; it finds the
/// folder in the environment variable ZER0_TEST_RUN. (Catch2 runs a hidden case also where all
/// cases of its file are asked for: without the variable it must do nothing.)
inline std::vector<std::string> run_of_case(const std::string& tag,
                                            const std::filesystem::path& folder) {
  return {"/usr/bin/env", "ZER0_TEST_RUN=" + folder.string(), "OMP_NUM_THREADS=1",
          std::filesystem::read_symlink("/proc/self/exe").string(), tag};
}

/// Runs that case in `whole` to its end, then in `killed`, killed `kills` times at random moments
/// and started again. `check_same` is asked whenever the latter has come to its end.
inline void check_killed_run(const std::string& tag, const std::filesystem::path& whole,
                             const std::filesystem::path& killed, int kills,
                             const std::function<void()>& check_same) {
  const process_result r = run_process(run_of_case(tag, whole));
  INFO(r.out << r.err);
  REQUIRE(r.exit_code == 0);
  std::mt19937 random(1);
  while (kills > 0) {
    process run(run_of_case(tag, killed));
    const double moment = std::uniform_real_distribution<double>(0, r.seconds)(random);
    if (run.run_for(std::chrono::microseconds(static_cast<long>(moment * 1e6)))) {
      run.send(SIGKILL);
      kills -= run.wait().signal == SIGKILL ? 1 : 0;
      continue;
    }
    REQUIRE(run.wait().exit_code == 0);
    check_same();
    std::filesystem::remove_all(killed);
  }
  REQUIRE(run_process(run_of_case(tag, killed)).exit_code == 0);
  check_same();
}

}  // namespace support
