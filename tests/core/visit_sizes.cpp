#include "support/catch.hpp"
#include <zer0/core/dims.hpp>

#include <algorithm>
#include <limits>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using zer0::dims;
using zer0::size_info;
using zer0::size_use;

namespace {

/// Stands for any member where an aggregate is initialized.
struct anything {
  template <class T>
  operator T() const;  // NOLINT(google-explicit-constructor)
};

template <class T, std::size_t... I>
constexpr bool takes(std::index_sequence<I...>) {
  return requires { T{(static_cast<void>(I), anything())...}; };
}

/// How many members an aggregate has.
template <class T, std::size_t N = 64>
constexpr std::size_t member_count() {
  if constexpr (takes<T>(std::make_index_sequence<N>()))
    return N;
  else
    return member_count<T, N - 1>();
}

/// Another value that `size` may have.
zer0::index_t another(zer0::index_t v) { return v + 1; }
double another(double v) { return v == 0 ? 0.25 : v / 2; }
bool another(bool v) { return !v; }
std::string another(const std::string& v) { return v + "x"; }

/// d with another value in the size of that name.
dims changed(dims d, std::string_view name) {
  visit_sizes(d, [&](const size_info& size, auto& value) {
    if (size.name == name) value = another(value);
  });
  return d;
}

std::vector<size_info> all_sizes() {
  std::vector<size_info> all;
  const dims d;
  visit_sizes(d, [&](const size_info& size, const auto&) { all.push_back(size); });
  return all;
}

std::string refusal(const dims& sizes) {
  try {
    sizes.check();
  } catch (const zer0::error& e) {
    return e.what();
  }
  return "";
}

}  // namespace

TEST_CASE("visit_sizes: every member of dims is visited, once", "[core][visit_sizes]") {
  constexpr std::size_t nested = 3;  // lora, experts, rope_scaling
  constexpr std::size_t members = member_count<dims>() - nested + member_count<zer0::lora_sizes>() +
                                  member_count<zer0::expert_sizes>() +
                                  member_count<zer0::rope_scaling_sizes>();
  STATIC_REQUIRE(member_count<zer0::lora_sizes>() == 4);  // the count itself is right
  std::set<const void*> places;
  dims d;
  visit_sizes(d, [&](const size_info&, auto& value) {
    const auto* place = reinterpret_cast<const char*>(&value);
    CHECK(place >= reinterpret_cast<const char*>(&d));
    CHECK(place < reinterpret_cast<const char*>(&d + 1));
    places.insert(place);
  });
  CHECK(all_sizes().size() == members);
  CHECK(places.size() == members);
}

TEST_CASE("visit_sizes: no two sizes have one name or one key", "[core][visit_sizes]") {
  std::set<std::string_view> names, keys;
  for (const size_info& size : all_sizes()) {
    names.insert(size.name);
    keys.insert(size.key);
    CHECK(size.key.find('.') == std::string_view::npos);
  }
  CHECK(names.size() == all_sizes().size());
  CHECK(keys.size() == all_sizes().size());
}

TEST_CASE(
    "visit_sizes: dims::check refuses every number that is not finite, and what is below its "
    "range, by name",
    "[core][visit_sizes]") {
  int numbers = 0;
  for (const size_info& wanted : all_sizes())
    for (const double wrong : {std::numeric_limits<double>::quiet_NaN(),
                               std::numeric_limits<double>::infinity(), -1.0}) {
      dims d;
      bool real = false, is_number = false;
      visit_sizes(d, [&](const size_info& size, auto& value) {
        using T = std::remove_reference_t<decltype(value)>;
        if (size.name != wanted.name) return;
        real = std::is_same_v<T, double>;
        is_number = real || std::is_same_v<T, zer0::index_t>;
        if constexpr (std::is_same_v<T, double>) value = wrong;
        if constexpr (std::is_same_v<T, zer0::index_t>) value = -1;
      });
      if (!is_number || (wanted.name == "experts.scaling" && wrong == -1)) continue;
      INFO(wanted.name << " " << wrong);
      CHECK(refusal(d).starts_with("dims: " + std::string(wanted.name) + " is "));
      CHECK(refusal(d).ends_with("; " + std::string(wanted.range.words)));
      ++numbers;
    }
  CHECK(numbers > 100);
}

TEST_CASE("first_difference: each size that differs is named, with both values",
          "[core][visit_sizes]") {
  const dims d{.dim = 64,
               .n_heads = 4,
               .n_kv_heads = 2,
               .head_dim = 16,
               .hidden_dim = 128,
               .rope_scaling = {.factor = 2, .original_max_seq_len = 100},
               .experts = {.hidden_dim = 32}};
  CHECK_FALSE(first_difference(d, d));
  for (const size_info& size : all_sizes()) {
    if (size.name == "multiple_of") continue;  // decides nothing beside a hidden_dim
    INFO(size.name);
    const dims other = changed(d, size.name);
    const auto found = first_difference(d, other);
    REQUIRE(found);
    CHECK(found->size.name == size.name);
    CHECK(found->size.key == size.key);
    CHECK(found->first != found->second);
    CHECK(first_difference(d, other, {size.use}));
    for (const size_use use :
         {size_use::result, size_use::limit, size_use::training, size_use::adapter})
      if (use != size.use) CHECK_FALSE(first_difference(d, other, {use}));
  }
  const auto theta = first_difference(dims{.rope_theta = 10000}, dims{.rope_theta = 0.1});
  REQUIRE(theta);
  CHECK(theta->first == "10000");
  CHECK(theta->second == "0.1");
}

TEST_CASE("first_difference: a 0 that stands for a rule equals what the rule gives",
          "[core][visit_sizes]") {
  const dims short_form{.dim = 512, .n_heads = 8};
  dims long_form = short_form;
  long_form.n_kv_heads = 8;
  long_form.head_dim = 64;
  long_form.hidden_dim = 1408;
  long_form.multiple_of = 32;
  long_form.experts.hidden_dim = 1408;
  CHECK_FALSE(first_difference(short_form, long_form));
  long_form.hidden_dim = 1409;
  CHECK(first_difference(short_form, long_form)->size.name == "hidden_dim");
}

TEST_CASE("dims: resolved names where a scaling of positions begins, unless it scales by 1",
          "[core][visit_sizes]") {
  CHECK(dims{.max_seq_len = 77}.resolved().rope_scaling.original_max_seq_len == 0);
  CHECK(dims{.max_seq_len = 77, .rope_scaling = {.factor = 2}}
            .resolved()
            .rope_scaling.original_max_seq_len == 77);
}

TEST_CASE("text_of: a line a size, by its key, with digits that read back as the number",
          "[core][visit_sizes]") {
  dims d{.rope_theta = 1.0 / 3, .norm_eps = 1e-8};
  d.experts.n_routed = 6;
  d.experts.seq_aux = false;
  std::istringstream lines(text_of(d));
  std::vector<std::string> all;
  for (std::string line; std::getline(lines, line);) all.push_back(line);
  CHECK(all.size() == all_sizes().size());
  CHECK(all.front() == "dim 512");
  const auto has = [&](const char* line) {
    return std::find(all.begin(), all.end(), line) != all.end();
  };
  CHECK(has("rope_theta 0.3333333333333333"));
  CHECK(has("norm_eps 1e-08"));
  CHECK(has("n_routed_experts 6"));
  CHECK(has("seq_aux false"));
  CHECK(has("lora_projections q_proj v_proj"));
}
