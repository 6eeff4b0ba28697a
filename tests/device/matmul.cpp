#include "support/devices.hpp"
#include "support/twin.hpp"

using namespace zer0;
using support::placement;

namespace {

struct product_shape {
  index_t rows, cols, depth;
};

// Alone, prime, below and above the tiles (12 or 6 rows, 32 or 16 columns) and blocks (192 rows,
// 256 deep, 512 columns, 1024 rows a thread) of the cpu device; and nothing at all, as when no
// token goes to an expert.
const product_shape shapes[] = {
    {1, 1, 1},      {1, 7, 300},   {2, 5, 3},     {4, 33, 257},  {5, 31, 64},
    {12, 32, 16},   {13, 33, 12},  {37, 41, 43},  {97, 101, 7},  {193, 257, 129},
    {200, 515, 70}, {1030, 40, 9}, {3, 600, 520}, {24, 64, 256}, {25, 65, 513},
    {0, 5, 3},      {5, 0, 3},     {4, 3, 0},     {30, 40, 0},   {0, 0, 0},
};

}  // namespace

TEMPLATE_LIST_TEST_CASE("matmul: all transposes, both betas, any shape agree with the reference",
                        "[device][matmul]", support::judged_devices) {
  std::uint32_t seed = 0;
  for (const product_shape& s : shapes)
    for (const placement where : {placement::contiguous, placement::columns})
      for (const bool a_is_transposed : {false, true})
        for (const bool b_is_transposed : {false, true})
          for (const double beta : {0.0, 1.0}) {
            INFO(s.rows << " x " << s.cols << ", depth " << s.depth << ", transposed "
                        << a_is_transposed << b_is_transposed << ", beta " << beta << ", columns "
                        << (where == placement::columns));
            support::twin<TestType> t(++seed, where);
            auto& a = a_is_transposed ? t.normal(s.depth, s.rows) : t.normal(s.rows, s.depth);
            auto& b = b_is_transposed ? t.normal(s.cols, s.depth) : t.normal(s.depth, s.cols);
            auto& c = beta == 0 ? t.output(s.rows, s.cols) : t.normal(s.rows, s.cols);
            // the gradient of a weight
            auto& sums = beta == 0 ? t.wide_output(s.rows, s.cols) : t.wide_normal(s.rows, s.cols);
            t.run([&]<class D>(D& d, auto at) {
              const matrix_of<D> left(at(a), a_is_transposed);
              const matrix_of<D> right(at(b), b_is_transposed);
              matmul(d, left, right, beta, at(c));
              matmul(d, left, right, beta, at(sums));
            });
            t.expect_close(c, s.depth);
            t.expect_close(sums, s.depth);
          }
}
