#include "support/catch.hpp"
#include "text/tokenizer_data.hpp"
#include <zer0/data/record_view.hpp>

#include <filesystem>
#include <string>
#include <string_view>

namespace {

/// A kind of record that the library does not know: a line of digits.
struct number {
  int value = 0;
};

std::string read_number(std::string_view line, number& out) {
  if (line.find_first_not_of("0123456789") != std::string_view::npos) return "it is no number";
  out.value = std::stoi(std::string(line));
  return {};
}

using number_records = zer0::jsonl_records<number, &read_number>;

}  // namespace

TEST_CASE("jsonl_records: a function that reads a line makes records of one's own",
          "[data][records]") {
  const std::string text = "1\n\n22\nx\n333\n";
  CHECK_THROWS_WITH(number_records(text, "numbers"),
                    "numbers:4: it is no number; set skip_bad_lines to leave such lines out");
  const number_records records(text, "numbers", {.skip_bad_lines = true, .num_workers = 2});
  REQUIRE(records.size() == 3);
  CHECK(records.bad_lines() == 1);
  const auto parts = zer0::split(records, 0.4, 1);
  CHECK(parts.val.size() == 1);
  number n;
  records.read(2, n);
  CHECK(n.value == 333);
  CHECK(records.where(2) == "numbers:5");
}

TEST_CASE("jsonl_records: of one's own kinds nothing is kept, as what is bad is not known",
          "[data][records]") {
  const support::temp_dir dir;
  support::write_file(dir / "numbers.jsonl", "1\n2\n");
  CHECK(number_records(dir / "numbers.jsonl", {.counts_in = dir / "run"}).size() == 2);
  CHECK_FALSE(std::filesystem::exists(dir / "run"));
}
