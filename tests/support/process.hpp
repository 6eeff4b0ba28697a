// Another program, run as a user runs it: arguments in; exit status and what it printed out.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace support {

struct process_result {
  int exit_code = -1;  ///< -1 if a signal ended it
  int signal = 0;      ///< that ended it
  std::string out, err;
  double seconds = 0;
};

struct process_options {
  std::map<std::string, std::string> environment;  ///< added to the test's own
  std::optional<rlim_t> largest_file;  ///< bytes; a longer write fails, as if the disk were full
};

/// A program that runs. What it prints goes to files without a name, so that it never waits for a
/// reader. It is killed at the end of the scope, and two minutes after its start whatever it does.
class process {
 public:
  explicit process(const std::vector<std::string>& command, const process_options& options = {})
      : out_(std::tmpfile()), err_(std::tmpfile()) {
    if (out_ == nullptr || err_ == nullptr) throw std::runtime_error("no temporary file");
    const auto environment = environment_with(options.environment);
    const std::vector<char*> argv = pointers(command);
    const std::vector<char*> envp = pointers(environment);
    id_ = ::fork();
    if (id_ < 0) throw std::runtime_error(std::string("fork: ") + std::strerror(errno));
    if (id_ == 0) become(argv, envp, options);
  }
  process(const process&) = delete;
  process& operator=(const process&) = delete;
  ~process() {
    if (!ended_) {
      ::kill(id_, SIGKILL);
      ::waitpid(id_, nullptr, 0);
    }
    std::fclose(out_);
    std::fclose(err_);
  }

  void send(int signal) const {
    if (!ended_) ::kill(id_, signal);
  }

  /// Waits until `condition` holds; false if the program ended before.
  bool wait_until(const std::function<bool()>& condition) {
    while (!condition())
      if (!wait_a_little()) return false;
    return true;
  }

  /// Lets it run for so long; false if it ended before.
  bool run_for(std::chrono::microseconds time) {
    const auto end = clock::now() + time;
    return wait_until([&] { return clock::now() >= end; });
  }

  process_result wait() {
    while (wait_a_little()) {
    }
    return {WIFEXITED(status_) ? WEXITSTATUS(status_) : -1,
            WIFSIGNALED(status_) ? WTERMSIG(status_) : 0, content(out_), content(err_),
            std::chrono::duration<double>(clock::now() - started_).count()};
  }

 private:
  using clock = std::chrono::steady_clock;

  static std::vector<std::string> environment_with(
      const std::map<std::string, std::string>& added) {
    std::vector<std::string> result;
    for (char** variable = environ; *variable != nullptr; ++variable) {
      const std::string text = *variable;
      if (!added.contains(text.substr(0, text.find('=')))) result.push_back(text);
    }
    for (const auto& [name, value] : added) result.push_back(name + "=" + value);
    return result;
  }

  static std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (const std::string& text : texts) result.push_back(const_cast<char*>(text.c_str()));
    result.push_back(nullptr);
    return result;
  }

  /// In the child: nothing that a fork of a program with threads must not do.
  [[noreturn]] void become(const std::vector<char*>& argv, const std::vector<char*>& envp,
                           const process_options& options) const {
    const int nothing = ::open("/dev/null", O_RDONLY);
    ::dup2(nothing, STDIN_FILENO);
    ::dup2(::fileno(out_), STDOUT_FILENO);
    ::dup2(::fileno(err_), STDERR_FILENO);
    if (options.largest_file) {
      const rlimit limit{*options.largest_file, *options.largest_file};
      ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ::execve(argv.front(), argv.data(), envp.data());
    ::_exit(127);
  }

  /// False once it has ended.
  bool wait_a_little() {
    if (!ended_) ended_ = ::waitpid(id_, &status_, WNOHANG) == id_;
    if (ended_) return false;
    if (clock::now() - started_ > std::chrono::minutes(2)) ::kill(id_, SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return true;
  }

  static std::string content(std::FILE* file) {
    std::string text;
    std::rewind(file);
    for (int c; (c = std::fgetc(file)) != EOF;) text += static_cast<char>(c);
    return text;
  }

  std::FILE* out_;
  std::FILE* err_;
  pid_t id_ = -1;
  bool ended_ = false;
  int status_ = 0;
  clock::time_point started_ = clock::now();
};

inline process_result run_process(const std::vector<std::string>& command,
                                  const process_options& options = {}) {
  return process(command, options).wait();
}

}  // namespace support
