// How fast a training step is, phase by phase, and what share of the machine's peak it reaches.
#include "support/device_table.hpp"
#include "support/report.hpp"
#include "support/step_settings.hpp"

#include <boost/program_options.hpp>

#include <iostream>

namespace po = boost::program_options;

namespace bench {
/// support/train_steps.hpp; cpu/train_step.cpp and cuda/train_step.cu hold it for each line of the
/// table.
template <class Line>
void train_steps_on(const step_settings& s, report& out);
}  // namespace bench

int main(int argc, char** argv) try {
  bench::step_settings s;
  std::string device = program::default_device(), dtype = "bfloat16";
  std::string json;
  po::options_description options(
      "Times a training step; defaults are the size that docs/performance.md follows");
  // clang-format off
  options.add_options()
      ("help", "this text")
      ("dim", po::value(&s.sizes.dim)->default_value(512))
      ("n_layers", po::value(&s.sizes.n_layers)->default_value(8))
      ("n_heads", po::value(&s.sizes.n_heads)->default_value(8))
      ("n_kv_heads", po::value(&s.sizes.n_kv_heads)->default_value(0))
      ("vocab_size", po::value(&s.sizes.vocab_size)->default_value(6400))
      ("dropout", po::value(&s.sizes.dropout)->default_value(0))
      ("seq", po::value(&s.seq)->default_value(512))
      ("batch", po::value(&s.batch)->default_value(4))
      ("steps", po::value(&s.steps)->default_value(5), "measured steps")
      ("device", po::value(&device)->default_value(device), "cpu, or cuda:N in a build with -DZER0_CUDA=ON")
      ("dtype", po::value(&dtype)->default_value(dtype), "bfloat16, float16 or float32; a CPU: float32 whatever is asked for")
      ("kernels", po::value(&s.kernels)->default_value(s.kernels), "flash, standard or both")
      ("json", po::value(&json), "also write the figures to this file");
  // clang-format on
  po::variables_map values;
  po::store(po::parse_command_line(argc, argv, options), values);
  po::notify(values);
  if (values.count("help")) {
    std::cout << options;
    return 0;
  }
  s.sizes.max_seq_len = s.seq;
  const program::device_place place = program::parse_device(device);
  s.index = place.index;
  bench::report out(
      "train_step: dim " + std::to_string(s.sizes.dim) + ", " + std::to_string(s.sizes.n_layers) +
      " layers, vocabulary " + std::to_string(s.sizes.vocab_size) + ", batch " +
      std::to_string(s.batch) + " x " + std::to_string(s.seq) + ", " + device + " " +
      program::computed_dtype(place, dtype) + ", dropout " + std::to_string(s.sizes.dropout));
  program::with_device(place, dtype,
                       [&]<class Line>(Line) { bench::train_steps_on<Line>(s, out); });
  out.finish(json);
  return 0;
} catch (const std::exception& e) {
  std::cerr << "train_step: " << e.what() << '\n';
  return 2;
}
