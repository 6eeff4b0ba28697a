// The one list of all sizes (in detail/visit_sizes.ipp): their names, what depends on them and what
// they may be.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/core/dims.hpp>

#include <concepts>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

namespace zer0 {

/// What depends on a size.
enum class size_use {
  result,    ///< what given weights compute
  limit,     ///< only how long sequences may be
  training,  ///< only what training does
  adapter    ///< only adapters, which have files of their own (adapter_config.json)
};

/// What a number among the sizes may be, and what an error tells those who gave another one.
/// No size is infinite, and none is NaN.
struct size_range {
  std::string_view words = "it must be a number";
  double least = std::numeric_limits<double>::lowest();
  double above = -std::numeric_limits<double>::infinity();
  double below = std::numeric_limits<double>::infinity();

  [[nodiscard]] constexpr bool holds(double x) const {
    return x >= least && x > above && x < below;
  }
};

/// One size: what it is called, what depends on it, what it may be.
struct size_info {
  std::string_view name;  ///< as a member of dims: "experts.n_routed"
  std::string_view key;   ///< in config.json of zer0's own, and as an option: "n_routed_experts"
  size_use use;
  size_range range = {};

  /// Whether a size may have this value; texts and switches may have any.
  template <class T>
  [[nodiscard]] constexpr bool allows(const T& value) const {
    if constexpr (std::is_arithmetic_v<T>) return range.holds(static_cast<double>(value));
    return true;
  }
};

namespace detail {

/// A size of some dims, and where its value is.
struct listed_size {
  size_info size;
  std::variant<index_t*, double*, bool*, std::string*> value;
};

[[nodiscard]] std::vector<listed_size> list_sizes(dims& d);

}  // namespace detail

/// Calls `visit(const size_info&, value)` for every size of `d`, those of nested structs included.
/// A value is an index_t, a double, a bool or a std::string, by reference, constant if `d` is.
/// Whatever handles all sizes is made of this: `dims::check`, config.json of variants of your own,
/// comparisons, the fingerprint of a reference model, and options of programs.
template <class Dims, class Visitor>
requires std::same_as<std::remove_const_t<Dims>, dims>
void visit_sizes(Dims& d, Visitor visit) {
  // The list itself is no template: it is compiled once, for dims that may be changed.
  for (const auto& [size, value] : detail::list_sizes(const_cast<dims&>(d)))
    std::visit(
        [&]<class T>(T* x) {
          using seen = std::conditional_t<std::is_const_v<Dims>, const T, T>;
          visit(size, static_cast<seen&>(*x));
        },
        value);
}

/// A size and its value: "0.1", "true", the shortest text that reads back as the same number.
struct size_text {
  size_info size;
  std::string value;
};

/// All sizes as text, in the order of `visit_sizes`.
[[nodiscard]] std::vector<size_text> size_texts(const dims& sizes);

/// All sizes, a line "KEY VALUE" each.
[[nodiscard]] std::string text_of(const dims& sizes);

/// A size that two models do not have in common, and its values.
struct size_difference {
  size_info size;
  std::string first, second;
};

/// The first size in which two models differ, of those with one of these uses; nothing if there is
/// none. A 0 that stands for a rule equals what the rule gives. Both must have passed `check`.
[[nodiscard]] std::optional<size_difference> first_difference(
    const dims& first, const dims& second,
    std::initializer_list<size_use> uses = {size_use::result, size_use::limit, size_use::training,
                                            size_use::adapter});

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/core/detail/visit_sizes.ipp>
#endif
