// Lets a trained model talk, or measures it: `eval --help` lists the options.
#include "eval/setup.hpp"
#include "support/device_table.hpp"
#include <zer0/recipe/hook/stop_on_signals.hpp>

#include <omp.h>

#include <exception>
#include <iostream>
#include <new>

namespace program {
/// eval/evaluation.hpp; cpu/eval.cpp and cuda/eval.cu hold it for each line of the table.
template <class Line>
int eval_on(const eval_setup& s);
}  // namespace program

namespace {

using namespace program;

int eval(const eval_setup& s) {
  zer0::stop_on_signals stop;
  stop.watch();
  if (s.o.n_threads > 0) omp_set_num_threads(static_cast<int>(s.o.n_threads));
  int result = 0;
  with_device(s.place, s.o.dtype, [&]<class Line>(Line) { result = eval_on<Line>(s); });
  return result;
}

}  // namespace

int main(int argc, char** argv) try {
  const auto s = read_options(argc, argv);
  return s ? eval(*s) : 0;
} catch (const usage_error& e) {
  std::cerr << "eval: " << e.what() << '\n';
  return 2;
} catch (const std::bad_alloc&) {
  std::cerr
      << "eval: there is not enough memory for the model and its cache; lower --max_seq_len\n";
  return 1;
} catch (const std::exception& e) {
  std::cout << std::flush;
  std::cerr << "eval: " << e.what() << '\n';
  return 1;
}
