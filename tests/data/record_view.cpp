#include "support/catch.hpp"
#include "support/temp_dir.hpp"
#include <zer0/data/record_view.hpp>

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

using zer0::index_t;

namespace {

static_assert(!std::is_constructible_v<zer0::record_view<std::string>,
                                       std::string>);  // a view of a temporary

struct numbered_records {
  index_t n;
  [[nodiscard]] index_t size() const { return n; }
  [[nodiscard]] std::string name() const { return "file"; }
};

std::vector<index_t> listed(const zer0::record_view<numbered_records>& view) {
  std::vector<index_t> all;
  for (index_t i = 0; i < view.size(); ++i) all.push_back(view[i]);
  return all;
}

}  // namespace

TEST_CASE("record_view: all records, or the chosen ones", "[data][records]") {
  const numbered_records records{5};
  CHECK(listed(records) == std::vector<index_t>{0, 1, 2, 3, 4});
  CHECK(listed({records, {1, 4}}) == std::vector<index_t>{1, 4});
  CHECK(listed({records, {}}).empty());
}

TEST_CASE("split: the two parts are all records, once each, in the file's order",
          "[data][records]") {
  for (const index_t n : {2, 3, 10, 1001})
    for (const double fraction : {1e-9, 0.05, 0.5, 0.999999}) {
      const numbered_records records{n};
      const auto parts = zer0::split(records, fraction, 1);
      auto train = listed(parts.train);
      const auto val = listed(parts.val);
      CHECK(std::ranges::is_sorted(train));
      CHECK(std::ranges::is_sorted(val));
      CHECK_FALSE(train.empty());
      CHECK_FALSE(val.empty());
      train.insert(train.end(), val.begin(), val.end());
      std::ranges::sort(train);
      CHECK(train == listed(records));
    }
  const numbered_records thousand{1000};
  CHECK(zer0::split(thousand, 0.05, 1).val.size() == 50);
}

TEST_CASE("split: the seed decides, and decides alone", "[data][records]") {
  const numbered_records records{1000};
  CHECK(listed(zer0::split(records, 0.1, 1).val) == listed(zer0::split(records, 0.1, 1).val));
  CHECK(listed(zer0::split(records, 0.1, 1).val) != listed(zer0::split(records, 0.1, 2).val));
}

TEST_CASE("split: what cannot be split is refused", "[data][records]") {
  const numbered_records records{10};
  for (const double fraction : {0.0, 1.0, -0.1, 1.5, std::numeric_limits<double>::quiet_NaN()})
    CHECK_THROWS_WITH(zer0::split(records, fraction, 1),
                      support::contains("must lie between 0 and 1"));
  const numbered_records one{1};
  CHECK_THROWS_WITH(zer0::split(one, 0.5, 1), support::contains("file has 1 record"));
}

TEST_CASE("record_files: validates with another file, with a part of the one, or not at all",
          "[data][record_view]") {
  const support::temp_dir dir;
  std::ofstream train(dir / "train.jsonl");
  for (int i = 0; i < 10; ++i) train << "{\"text\": \"" << i << "\"}\n";
  train.close();
  std::ofstream(dir / "val.jsonl") << "{\"text\": \"v\"}\n";
  using files = zer0::record_files<zer0::pretrain_records>;
  const auto names = [](const files& f) {
    std::vector<std::string> all;
    f.each_file([&](const zer0::pretrain_records& r) {
      all.push_back(std::filesystem::path(r.name()).filename().string());
    });
    return all;
  };
  const files alone(dir / "train.jsonl");
  CHECK(alone.train().size() == 10);
  CHECK_FALSE(alone.val());
  CHECK(names(alone) == std::vector<std::string>{"train.jsonl"});

  const files two(dir / "train.jsonl", dir / "val.jsonl", 0.5);
  CHECK(two.train().size() == 10);
  REQUIRE(two.val());
  std::string text;
  two.val()->read(0, text);
  CHECK(text == "v");
  CHECK(names(two) == std::vector<std::string>{"train.jsonl", "val.jsonl"});

  const files parts(dir / "train.jsonl", {}, 0.3, 7);
  const auto same = zer0::split(parts.train().records(), 0.3, 7);
  REQUIRE(parts.val());
  CHECK(parts.train().size() == 7);
  CHECK(parts.val()->size() == 3);
  for (index_t i = 0; i < 3; ++i) CHECK((*parts.val())[i] == same.val[i]);
  CHECK(names(parts) == std::vector<std::string>{"train.jsonl"});
  CHECK_THROWS_AS(files(dir / "train.jsonl", {}, -0.1), zer0::error);
}
