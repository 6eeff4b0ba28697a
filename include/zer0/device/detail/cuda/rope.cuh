// Rotary positions of the cuda device.
#pragma once

#include <zer0/device/detail/cuda/parallel.cuh>

namespace zer0 {
namespace gpu {

inline constexpr index_t heads_at_once = 4;  ///< heads that share the cosines and sines of a thread

/// at(i, p) turns W pairs of row i, from pair p % half on, in the heads_at_once heads from head p /
/// half * heads_at_once on.
template <class T>
struct turn_pairs {
  tensor_view<T> x;
  const std::int32_t* positions;
  const float* frequencies;
  index_t half;
  bool interleaved;
  float magnitude, direction;
  template <int W>
  __device__ void at(index_t i, index_t p) const {
    const index_t heads = x.cols / (2 * half), j = p % half;
    float c[W], s[W];
    for (int w = 0; w < W; ++w) {
      // The angle is computed in double and reduced to one turn, as a float of thousands of radians
      // would be off. It is given in half turns, as sincosf has a path for large angles that needs
      // local memory.
      const double angle =
          static_cast<double>(positions[i]) * static_cast<double>(frequencies[j + w]);
      const double turns = angle / 6.283185307179586476925;
      sincospif(static_cast<float>(2 * (turns - rint(turns))), &s[w], &c[w]);
      c[w] *= magnitude;
      s[w] *= magnitude * direction;
    }
    const index_t first = p / half * heads_at_once;
    for (index_t head = first; head < first + heads_at_once && head < heads; ++head) {
      T* const at = x.row(i) + head * 2 * half + (interleaved ? 2 * j : j);
      T* const then = at + (interleaved ? W : half);
      auto one = load<W>(at), two = load<W>(then);
      for (int w = 0; w < W; ++w) {
        T& a = interleaved ? element(one, two, 2 * w) : one.e[w];
        T& b = interleaved ? element(one, two, 2 * w + 1) : two.e[w];
        const float old_a = number(a), old_b = number(b);
        a = static_cast<T>(old_a * c[w] - old_b * s[w]);
        b = static_cast<T>(old_a * s[w] + old_b * c[w]);
      }
      store(at, one);
      store(then, two);
    }
  }

 private:
  template <int W>
  __device__ static T& element(pack<T, W>& one, pack<T, W>& two, int i) {
    return i < W ? one.e[i] : two.e[i - W];
  }
};

}  // namespace gpu

template <class Real>
void rotate(basic_cuda<Real>& d, const rotate_operands<basic_cuda<Real>>& of) {
  using namespace gpu;
  constexpr int w = elements_at_once<Real>;
  const index_t half = of.head_dim / 2, heads = of.x.cols / of.head_dim;
  const index_t groups = (heads + heads_at_once - 1) / heads_at_once;
  const view<basic_cuda<Real>> work(of.x.data, of.x.rows, groups * half);
  each_element<w>(
      d, "rotate", work, packs<w>(of.x) && half % w == 0,
      turn_pairs<Real>{of.x, of.positions.data(), of.frequencies.data(), half,
                       of.pairing == rope_pairing::interleaved, static_cast<float>(of.magnitude),
                       of.direction == rope_direction::forward ? 1.0f : -1.0f});
}

}  // namespace zer0
