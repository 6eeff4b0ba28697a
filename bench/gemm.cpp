// Products of the shapes that training has: zer0's product seam beside Eigen's own product, both
// against the machine's peak.
#include "support/machine_peak.hpp"
#include "support/report.hpp"
#include <zer0/device/cpu.hpp>
#include <zer0/device/detail/cpu/eigen.hpp>

#include <boost/program_options.hpp>

#include <cmath>
#include <iostream>

namespace po = boost::program_options;

namespace {

using matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

struct product_case {
  const char* name;
  bool ta, tb;  ///< is a, is b transposed?
  zer0::index_t m, n, k;
};

zer0::tensor_view<float> view_of(matrix& m) { return {m.data(), m.rows(), m.cols()}; }

/// Eigen's product, with the rows of c divided among the threads.
void eigen_product(const product_case& s, const matrix& a, const matrix& b, matrix& c) {
  const zer0::index_t rows = 256;
#pragma omp parallel for schedule(dynamic)
  for (zer0::index_t i = 0; i < s.m; i += rows) {
    const zer0::index_t count = std::min(rows, s.m - i);
    auto out = c.middleRows(i, count);
    if (s.ta)
      out.noalias() = a.middleCols(i, count).transpose() * b;
    else if (s.tb)
      out.noalias() = a.middleRows(i, count) * b.transpose();
    else
      out.noalias() = a.middleRows(i, count) * b;
  }
}

template <class F>
double seconds(F f) {
  const auto start = bench::clock::now();
  f();
  return bench::seconds_since(start);
}

void measure(const product_case& s, int runs, bench::report& out) {
  matrix a = matrix::Random(s.ta ? s.k : s.m, s.ta ? s.m : s.k);
  matrix b = matrix::Random(s.tb ? s.n : s.k, s.tb ? s.k : s.n);
  matrix c = matrix::Zero(s.m, s.n);
  matrix theirs = c;
  zer0::cpu device;
  const double flops =
      2.0 * static_cast<double>(s.m) * static_cast<double>(s.n) * static_cast<double>(s.k);
  std::vector<double> ours_rate, eigen_rate, ratio, share;
  for (int i = 0; i <= runs; ++i) {
    const double ours = seconds(
        [&] { zer0::matmul(device, {view_of(a), s.ta}, {view_of(b), s.tb}, 0, view_of(c)); });
    const double eigen = seconds([&] { eigen_product(s, a, b, theirs); });
    const double peak = bench::best_of(2, [] { return bench::float_peak(1'000'000); });
    if (i == 0) continue;  // memory is touched, code is paged in
    ours_rate.push_back(flops / ours / 1e9);
    eigen_rate.push_back(flops / eigen / 1e9);
    ratio.push_back(eigen / ours);
    share.push_back(100 * flops / ours / 1e9 / peak);
  }
  out.add({{"product", s.name},
           {"m", s.m},
           {"n", s.n},
           {"k", s.k},
           {"GFLOP/s", bench::median(ours_rate)},
           {"% of peak", bench::median(share)},
           {"Eigen GFLOP/s", bench::median(eigen_rate)},
           {"times Eigen", bench::median(ratio)},
           {"difference", static_cast<double>((c - theirs).cwiseAbs().maxCoeff()) /
                              std::sqrt(static_cast<double>(s.k))}});
}

}  // namespace

int main(int argc, char** argv) try {
  std::string json;
  int runs = 7;
  po::options_description options(
      "Times the products of a training step (dim 512, hidden 1408, vocabulary 6400, 2048 tokens)");
  options.add_options()("help", "this text")("runs", po::value(&runs)->default_value(runs),
                                             "measured runs of each")(
      "json", po::value(&json), "also write the figures to this file");
  po::variables_map values;
  po::store(po::parse_command_line(argc, argv, options), values);
  po::notify(values);
  if (values.count("help")) {
    std::cout << options;
    return 0;
  }
  bench::report out("gemm: float32");
  for (const product_case& s : {product_case{"q,k,v forward", false, true, 2048, 1536, 512},
                                {"o forward", false, true, 2048, 512, 512},
                                {"gate,up forward", false, true, 2048, 2816, 512},
                                {"down forward", false, true, 2048, 512, 1408},
                                {"head forward", false, true, 640, 6400, 512},
                                {"down input gradient", false, false, 2048, 1408, 512},
                                {"gate,up input gradient", false, false, 2048, 512, 2816},
                                {"down weight gradient", true, false, 512, 1408, 2048},
                                {"gate,up weight gradient", true, false, 2816, 512, 2048},
                                {"head weight gradient", true, false, 6400, 512, 640},
                                {"attention tile", false, true, 64, 128, 64},
                                {"one token", false, true, 1, 1536, 512}})
    measure(s, runs, out);
  out.finish(json);
  return 0;
} catch (const std::exception& e) {
  std::cerr << "gemm: " << e.what() << '\n';
  return 2;
}
