#include "support/catch.hpp"
#include <zer0/recipe/hook/progress.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <regex>
#include <string>
#include <thread>
#include <vector>

using namespace zer0;

namespace {

/// What a hook looks at of a run.
struct position {
  index_t total = 10;
  bool stop = false;
  std::optional<evaluation> validation = {};
  double best_validation = 3;
  [[nodiscard]] index_t total_steps() const { return total; }
};

step_report step(index_t number, double loss = 2.5) {
  return {
      .step = number, .loss = loss, .gradient_norm = 0.75, .learning_rate = 1.5e-3, .tokens = 1000};
}

/// A file, which is no terminal, and what stands in it.
class page {
 public:
  [[nodiscard]] std::FILE* file() const { return file_.get(); }
  [[nodiscard]] std::string text() const {
    std::string all;
    std::rewind(file());
    for (int c = 0; (c = std::fgetc(file())) != EOF;) all += static_cast<char>(c);
    return all;
  }
  [[nodiscard]] std::vector<std::string> lines() const {
    std::vector<std::string> out;
    std::string rest = text();
    for (std::size_t end = 0; (end = rest.find('\n')) != std::string::npos; rest.erase(0, end + 1))
      out.push_back(rest.substr(0, end));
    CHECK(rest.empty());
    return out;
  }

 private:
  struct closer {
    void operator()(std::FILE* f) const { std::fclose(f); }
  };
  std::unique_ptr<std::FILE, closer> file_{std::tmpfile()};
};

/// "step 3/10" of each line.
std::vector<std::string> steps_of(const page& p) {
  std::vector<std::string> out;
  for (const std::string& line : p.lines()) out.push_back(line.substr(0, line.find("  ")));
  return out;
}

using words = std::vector<std::string>;

}  // namespace

TEST_CASE("progress: a file gets a line every interval and one at the end", "[recipe][progress]") {
  const page p;
  progress hook(4, p.file());
  for (index_t i = 1; i <= 10; ++i) hook(position{}, step(i));
  CHECK(steps_of(p) == words{"step 4/10", "step 8/10", "step 10/10"});
}

TEST_CASE("progress: an interval of less than 1 is one of 1", "[recipe][progress]") {
  for (const index_t interval : {1, 0, -5}) {
    const page p;
    progress hook(interval, p.file());
    for (index_t i = 1; i <= 3; ++i) hook(position{.total = 3}, step(i));
    CHECK(steps_of(p) == words{"step 1/3", "step 2/3", "step 3/3"});
  }
}

TEST_CASE("progress: a run that is stopped gets its last line", "[recipe][progress]") {
  const page p;
  progress hook(100, p.file());
  hook(position{}, step(1));
  hook(position{.stop = true}, step(2));
  CHECK(steps_of(p) == words{"step 2/10"});
}

TEST_CASE(
    "progress: a line says step, loss, learning rate, norm, speed and time, without a terminal's "
    "codes",
    "[recipe][progress]") {
  const page p;
  progress hook(1, p.file());
  hook(position{}, step(1));
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  hook(position{}, step(2));
  const auto lines = p.lines();
  REQUIRE(lines.size() == 2);
  CHECK(lines[0] == "step 1/10  loss 2.5000  lr 1.50e-03  norm 0.75  0 tokens/s  0:00 left");
  std::smatch match;
  const std::regex form(
      "step 2/10  loss 2\\.5000  lr 1\\.50e-03  norm 0\\.75  ([0-9]+) tokens/s  0:[0-9]{2} left");
  REQUIRE(std::regex_match(lines[1], match, form));
  const double speed = std::stod(match[1]);
  CHECK((speed > 0 && speed <= 1000 / 0.002));  // the first step's tokens came before the clock
  CHECK(p.text().find_first_of("\r\x1b[#") == std::string::npos);
}

TEST_CASE("progress: the loss is smoothed, from the first step of this run on",
          "[recipe][progress]") {
  const page p;
  progress hook(1, p.file());
  hook(position{}, step(6, 4));  // a resumed run
  hook(position{}, step(7, 2));
  hook(position{}, step(8, 1));
  const auto lines = p.lines();
  REQUIRE(lines.size() == 3);
  CHECK_THAT(lines[0], support::contains("step 6/10  loss 4.0000 "));
  CHECK_THAT(lines[1], support::contains("loss 3.9000 "));
  CHECK_THAT(lines[2], support::contains("loss 3.7550 "));
}

TEST_CASE(
    "progress: time left is that of the steps left at the speed so far, in hours if it is long",
    "[recipe][progress]") {
  const page p;
  progress hook(1, p.file());
  hook(position{.total = 10'000'000}, step(1));
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  hook(position{.total = 10'000'000}, step(2));
  const auto lines = p.lines();
  REQUIRE(lines.size() == 2);
  std::smatch match;
  REQUIRE(std::regex_search(lines[1], match, std::regex("  ([0-9]+):[0-5][0-9]:[0-5][0-9] left$")));
  CHECK(std::stol(match[1]) >= 5);  // 10^7 steps of at least 2 ms: 5.6 hours

  const page end;  // of a run resumed before its last steps
  progress resumed(1, end.file());
  resumed(position{.total = 10'000'000}, step(9'999'999));
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  resumed(position{.total = 10'000'000}, step(10'000'000));
  CHECK_THAT(end.text(), Catch::Matchers::EndsWith("  0:00 left\n"));
}

TEST_CASE("progress: each validation is a line, which says if it is the best so far",
          "[recipe][progress]") {
  const page p;
  progress hook(100, p.file());
  evaluation result{250, 100};
  result.sums.push_back({"accuracy", 75});
  hook(position{.validation = result}, step(1));
  hook(position{.validation = evaluation{300, 100}}, step(2));
  CHECK(p.lines() == words{"step 1: validation loss 2.5, accuracy 0.75, the best so far",
                           "step 2: validation loss 3"});
}

TEST_CASE("show_percent: whole percents in one line of a terminal, nothing elsewhere",
          "[recipe][progress]") {
  const page file;
  CHECK_FALSE(show_percent("reading", file.file()));

  const int keyboard = posix_openpt(O_RDWR | O_NOCTTY);
  REQUIRE((keyboard >= 0 && grantpt(keyboard) == 0 && unlockpt(keyboard) == 0));
  std::FILE* const terminal = std::fopen(ptsname(keyboard), "w");
  REQUIRE(terminal != nullptr);
  const auto show = show_percent("reading", terminal);
  REQUIRE(show);
  for (const double fraction : {0.0, 0.431, 0.4321, 1.0}) show(fraction);
  std::fclose(terminal);
  std::string text;  // it comes in pieces, until the terminal has been closed
  char piece[256];
  for (ssize_t n = 0; (n = ::read(keyboard, piece, sizeof piece)) > 0;)
    text.append(piece, static_cast<std::size_t>(n));
  CHECK(text == "\rreading 0 %\x1b[K\rreading 43 %\x1b[K\r\x1b[K");
  ::close(keyboard);
}
