// Biases and sums of columns on every device.
#include "support/devices.hpp"
#include "support/twin.hpp"

using namespace zer0;
using support::placement;

TEMPLATE_LIST_TEST_CASE("bias: is added to each row; sums of columns are its gradient",
                        "[device][bias]", support::judged_devices) {
  struct matrix_shape {
    index_t rows, cols;
  };
  std::uint32_t seed = 0;
  // 32 and 64: columns and rows that the cpu device sums together.
  for (const matrix_shape& s :
       {matrix_shape{1, 1}, {1, 16}, {3, 31}, {65, 32}, {64, 33}, {257, 512}, {1000, 8}, {0, 8}})
    for (const placement where : {placement::contiguous, placement::columns}) {
      INFO(s.rows << " x " << s.cols << ", columns " << (where == placement::columns));
      support::twin<TestType> t(++seed, where);
      auto& bias = t.weight_vector(s.cols);
      auto& wide_bias = t.normal_vector(s.cols);
      auto& y = t.normal(s.rows, s.cols);
      auto& wide_y = t.wide_normal(s.rows, s.cols);
      auto& x = t.normal(s.rows, s.cols);
      auto& wide_x = t.wide_normal(s.rows, s.cols);
      auto& sums = t.normal_vector(s.cols);
      auto& wide_sums = t.normal_vector(s.cols);
      t.run([&](auto& d, auto at) {
        add_bias(d, at.span(bias), at(y));
        add_bias(d, at.span(wide_bias), at(wide_y));
        add_column_sums(d, at(x), at.span(sums));
        add_column_sums(d, at(wide_x), at.span(wide_sums));
      });
      t.expect_close(y);
      t.expect_close(wide_y);
      t.expect_close(sums, s.rows + 1);
      t.expect_close(wide_sums, s.rows + 1);
      std::vector<double> added = y.initial, columns = sums.initial;
      for (std::size_t i = 0; i < added.size(); ++i) {
        added[i] += bias.initial[i % static_cast<std::size_t>(s.cols)];
        columns[i % static_cast<std::size_t>(s.cols)] += x.initial[i];
      }
      CHECK(y.expected.values() == added);
      CHECK(sums.expected.values() == columns);
    }
}
