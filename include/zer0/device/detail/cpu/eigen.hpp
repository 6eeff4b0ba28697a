// Eigen, configured. No other header includes it.
#pragma once

// zer0 divides work among threads itself, in an order that does not depend on their number. With
// Eigen's own threads, results would depend on it.
#if defined(EIGEN_CORE_H) && !defined(EIGEN_DONT_PARALLELIZE)
#error "zer0: include zer0 before Eigen, or compile with -DEIGEN_DONT_PARALLELIZE"
#endif
#ifndef EIGEN_DONT_PARALLELIZE
#define EIGEN_DONT_PARALLELIZE
#endif

#include <zer0/core/types.hpp>

#include <Eigen/Core>

#include <span>

namespace zer0::detail {

using row_array = Eigen::Map<Eigen::Array<float, 1, Eigen::Dynamic>>;
using const_row_array = Eigen::Map<const Eigen::Array<float, 1, Eigen::Dynamic>>;

inline row_array as_array(float* x, index_t n) { return {x, n}; }
inline const_row_array as_array(const float* x, index_t n) { return {x, n}; }
inline const_row_array as_array(std::span<const float> x) {
  return {x.data(), static_cast<index_t>(x.size())};
}

}  // namespace zer0::detail
