// A product on tensor cores, right and with one index wrong: fragments must lie where the PTX ISA
// says.
#include "cuda_on_cpu/tests/support/kernel_run.hpp"
#include "support/catch.hpp"

#include <vector>

using namespace zer0;
using namespace support;

namespace {

enum class mistake { none, a_registers, b_registers, d_rows, b_not_transposed, lanes };

/// a (16, 16) and b (16, 8), rows first.
template <class T>
struct operands {
  alignas(16) T a[16][16], b[16][8];
};

/// d (16, 8) = a b by one warp, both operands by way of ldmatrix.
template <class T, mistake M>
__global__ void small_product(const T* a, const T* b, float* d) {
  auto& shared = gpu::shared_memory<operands<T>>();
  const unsigned lane = threadIdx.x % 32, g = lane / 4, t = lane % 4;
  for (unsigned i = lane; i < 16 * 16; i += 32) shared.a[i / 16][i % 16] = a[i];
  for (unsigned i = lane; i < 16 * 8; i += 32) shared.b[i / 8][i % 8] = b[i];
  __syncwarp();
  // Matrices of a in the order of its registers: rows 0 and 8 of column 0, then of column 8.
  const unsigned matrix = lane / 8, row = lane % 8;
  std::uint32_t left[4], right[4];
  gpu::load_matrices(left, &shared.a[matrix % 2 * 8 + row][matrix / 2 * 8]);
  // b is read rows first and wanted columns first; matrices 2 and 3 repeat 0 and 1.
  const T* const of_b = shared.b[matrix % 2 * 8 + row];
  M == mistake::b_not_transposed ? gpu::load_matrices(right, of_b)
                                 : gpu::load_matrices_transposed(right, of_b);
  if (M == mistake::a_registers) std::swap(left[1], left[2]);
  if (M == mistake::b_registers) std::swap(right[0], right[1]);
  float sum[4]{};
  gpu::multiply_add<T>(sum, left, right[0], right[1]);
  const unsigned other = M == mistake::d_rows ? g ^ 1u : g,
                 col = M == mistake::lanes ? 2 * t ^ 2u : 2 * t;
  for (unsigned i = 0; i < 4; ++i) d[(other + i / 2 * 8) * 8 + col + i % 2] = sum[i];
}

/// The same without ldmatrix: each lane picks its elements as the table of the PTX ISA
/// (mma.m16n8k16) lists them.
template <class T>
__global__ void product_by_table(const T* a, const T* b, float* d) {
  const unsigned lane = threadIdx.x % 32, g = lane / 4, t = lane % 4;
  T left[8], right[4];
  for (unsigned i = 0; i < 8; ++i)
    left[i] = a[((i % 4) / 2 == 0 ? g : g + 8) * 16 + 2 * t + (i & 1u) + (i >= 4 ? 8 : 0)];
  for (unsigned i = 0; i < 4; ++i) right[i] = b[(2 * t + (i & 1u) + (i >= 2 ? 8 : 0)) * 8 + g];
  std::uint32_t l[4], r[2];
  std::memcpy(l, left, sizeof left);
  std::memcpy(r, right, sizeof right);
  float sum[4]{};
  gpu::multiply_add<T>(sum, l, r[0], r[1]);
  for (unsigned i = 0; i < 4; ++i) d[(i < 2 ? g : g + 8) * 8 + 2 * t + (i & 1u)] = sum[i];
}

/// Small whole numbers, different ones everywhere: products are exact in any order.
template <class T>
std::vector<T> whole_numbers(std::size_t n, unsigned factor) {
  std::vector<T> x(n);
  for (std::size_t i = 0; i < n; ++i)
    x[i] = static_cast<T>(static_cast<float>(i * factor % 23) - 11.0f);
  return x;
}

template <class T>
std::vector<float> run_product(void (*kernel)(const T*, const T*, float*), const std::vector<T>& a,
                               const std::vector<T>& b) {
  cuda d;
  const auto in_device = [&](const std::vector<T>& x) {
    buffer<T, cuda> copy(d, x.size());
    d.upload(copy.data(), x.data(), x.size() * sizeof(T));
    return copy;
  };
  const auto left = in_device(a), right = in_device(b);
  const buffer<float, cuda> product(d, 16 * 8);
  gpu::launch(d, "test", kernel, dim3(1), dim3(32), sizeof(operands<T>), left.data(), right.data(),
              product.data());
  std::vector<float> out(16 * 8);
  download(d, std::span<const float>(product.span()), out.data());
  return out;
}

}  // namespace

TEMPLATE_TEST_CASE(
    "cuda_on_cpu: a product on tensor cores is right, and wrong with any one index of a fragment "
    "wrong",
    "[cuda_on_cpu][fragments]", __nv_bfloat16, __half) {
  using T = TestType;
  const auto a = whole_numbers<T>(16 * 16, 7), b = whole_numbers<T>(16 * 8, 5);
  std::vector<float> expected(16 * 8);
  for (std::size_t i = 0; i < 16; ++i)
    for (std::size_t j = 0; j < 8; ++j)
      for (std::size_t k = 0; k < 16; ++k)
        expected[i * 8 + j] += static_cast<float>(a[i * 16 + k]) * static_cast<float>(b[k * 8 + j]);
  CHECK(run_product(&small_product<T, mistake::none>, a, b) == expected);
  CHECK(run_product(&product_by_table<T>, a, b) == expected);
  CHECK(run_product(&small_product<T, mistake::a_registers>, a, b) != expected);
  CHECK(run_product(&small_product<T, mistake::b_registers>, a, b) != expected);
  CHECK(run_product(&small_product<T, mistake::d_rows>, a, b) != expected);
  CHECK(run_product(&small_product<T, mistake::lanes>, a, b) != expected);
  CHECK(run_product(&small_product<T, mistake::b_not_transposed>, a, b) != expected);
}
