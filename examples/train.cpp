// Trains a model: `train --help` lists the options, docs/data.md says what the data looks like.
#include "support/device_table.hpp"
#include "support/freed_memory.hpp"
#include "support/terminal.hpp"
#include "train/setup.hpp"
#include "train/training_data.hpp"
#include <zer0/recipe/hook/stop_on_signals.hpp>

#include <omp.h>

#include <csignal>
#include <exception>
#include <iostream>
#include <new>

namespace program {
/// train/training.hpp; cpu/train.cpp and cuda/train_*.cu hold it for each line of the table.
template <class Line>
int train_on(train_setup& s, zer0::stop_on_signals& stop, const char* program);
/// train/describe.cpp
int describe_model(train_setup& s);
}  // namespace program

namespace {

using namespace program;

int train(train_setup& s, const char* program) {
  std::signal(SIGXFSZ, SIG_IGN);  // a file over the limit is an error of that write, not the end
  zer0::stop_on_signals stop;
  stop.watch();  // from now on: loading takes a while
  if (s.o.n_threads > 0) omp_set_num_threads(static_cast<int>(s.o.n_threads));
  int result = 0;
  with_device(s.place, s.o.dtype,
              [&]<class Line>(Line) { result = train_on<Line>(s, stop, program); });
  return result;
}

}  // namespace

int main(int argc, char** argv) try {
  return_freed_memory();
  auto s = read_setup(argc, argv);
  if (!s) return 0;
  if (s->o.describe) return describe_model(*s);
  return s->o.dump_samples > 0 ? dump_samples(*s) : train(*s, argv[0]);
} catch (const usage_error& e) {
  clear_line();
  std::cerr << "train: " << e.what() << '\n';
  return 2;
} catch (const std::bad_alloc&) {
  std::cerr << "train: there is not enough memory; lower --batch_size, --max_seq_len or the sizes "
               "of the model\n";
  return 1;
} catch (const std::exception& e) {
  clear_line();
  std::cerr << "train: " << e.what() << '\n';
  return 1;
}
