#include "support/catch.hpp"
#include "support/temp_dir.hpp"
#include <zer0/file/detail/json.hpp>

#include <fstream>

using support::contains;

TEST_CASE("json: what is written is read back", "[io][json]") {
  const support::temp_dir dir;
  const nlohmann::json value = {{"a", 1}, {"b", {1.5, "two", nullptr}}};
  zer0::detail::write_json_file(dir / "x.json", value);
  CHECK(zer0::detail::read_json_file(dir / "x.json") == value);
}

TEST_CASE("json: a malformed file is named, with the place", "[io][json]") {
  const support::temp_dir dir;
  std::ofstream(dir / "bad.json") << "{\"a\": [1, 2";
  CHECK_THROWS_WITH(zer0::detail::read_json_file(dir / "bad.json"),
                    contains("bad.json is not valid JSON") && contains("column"));
  CHECK_THROWS_WITH(zer0::detail::read_json_file(dir / "none.json"), contains("none.json"));
}

TEST_CASE("json: nesting of any depth is no danger", "[io][json]") {
  const support::temp_dir dir;
  std::ofstream(dir / "deep.json") << std::string(200000, '[') << std::string(200000, ']');
  CHECK_NOTHROW(zer0::detail::read_json_file(dir / "deep.json"));
}

TEST_CASE("json: a key that is missing or of another type is named with its file", "[io][json]") {
  const nlohmann::json j = {
      {"size", 3}, {"name", "x"}, {"half", 0.5}, {"yes", true}, {"none", nullptr}};
  CHECK(zer0::detail::json_member<int>(j, "size", "f") == 3);
  CHECK(zer0::detail::json_member<double>(j, "size", "f") == 3);
  CHECK(zer0::detail::json_member<std::string>(j, "name", "f") == "x");
  CHECK(zer0::detail::json_member<bool>(j, "yes", "f"));
  CHECK(zer0::detail::json_or<int>(j, "absent", 7, "f") == 7);
  CHECK(zer0::detail::json_or<int>(j, "none", 7, "f") == 7);
  CHECK_THROWS_WITH(zer0::detail::json_member<int>(j, "absent", "f.json"),
                    contains("f.json has no key \"absent\""));
  CHECK_THROWS_WITH(zer0::detail::json_member<int>(j, "half", "f.json"),
                    contains("\"half\" is 0.5"));
  CHECK_THROWS_WITH(zer0::detail::json_member<int>(j, "name", "f.json"), contains("another type"));
  CHECK_THROWS_WITH(zer0::detail::json_member<bool>(j, "size", "f.json"), contains("another type"));
  CHECK_THROWS_WITH(zer0::detail::json_or<std::string>(j, "yes", "", "f.json"),
                    contains("another type"));
}
