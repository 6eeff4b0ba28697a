// How much memory DPO takes beside supervised fine-tuning, at the same number of sequences: peaks
// of whole processes.
#include "support/freed_memory.hpp"
#include "support/report.hpp"
#include <zer0/attention/gqa.hpp>
#include <zer0/device/cpu.hpp>
#include <zer0/model/model.hpp>
#include <zer0/recipe/dpo.hpp>
#include <zer0/recipe/pretrain.hpp>

#include <boost/program_options.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include <iostream>

namespace po = boost::program_options;

namespace {

using zer0::index_t;

struct settings {
  zer0::dims sizes;
  index_t sequences = 8, seq = 512, steps = 2;
};

/// Batches of full rows that are the same every time; half of each row is learned.
class rows {
 public:
  explicit rows(const settings& s) : left_(s.steps), steps_(s.steps) {
    for (index_t i = 0; i < s.sequences * s.seq; ++i) {
      batch_.ids.push_back(static_cast<zer0::token_id>((i * 7919 + i / 13) % s.sizes.vocab_size));
      batch_.targets.push_back(
          static_cast<zer0::token_id>((i * 104729 + i / 7) % s.sizes.vocab_size));
      batch_.weights.push_back(i % s.seq >= s.seq / 2 ? 1.0f : 0.0f);
    }
    for (index_t i = 0; i <= s.sequences; ++i)
      batch_.starts.push_back(static_cast<std::int32_t>(i * s.seq));
  }

  [[nodiscard]] index_t batches_per_epoch() const { return steps_; }
  void seek(index_t, index_t batch) { left_ = steps_ - batch; }
  bool next(zer0::token_batch& out) {
    if (left_ == 0) return false;
    --left_;
    out = batch_;
    return true;
  }

  // As pairs: the same batch is all there is.
  [[nodiscard]] index_t pairs() const { return batch_.sequences() / 2; }
  [[nodiscard]] static std::uint64_t fingerprint() { return 0; }
  void in_order(index_t, zer0::token_batch& out) const {
    out = batch_;
    out.references.clear();
  }
  void set_references(std::vector<double> references) { batch_.references = std::move(references); }
  [[nodiscard]] bool has_references() const { return !batch_.references.empty(); }

 private:
  zer0::token_batch batch_;
  index_t left_, steps_;
};

void train(const settings& s, bool dpo) {
  zer0::model<zer0::decoder<zer0::gqa<zer0::rope, zer0::flash>>, zer0::cpu> llm(s.sizes);
  llm.initialize(1);
  rows data(s);
  if (dpo)
    (void)zer0::dpo<>{}(llm, data);
  else
    (void)zer0::sft{.accumulation_steps = 1}(llm, data);
}

/// The most memory that a process of its own took which trains so.
double peak_of(const settings& s, bool dpo) {
  int ends[2];
  zer0::require(pipe(ends) == 0, "memory: no pipe");
  const pid_t child = fork();  // before any thread of OpenMP's
  zer0::require(child >= 0, "memory: no process");
  if (child == 0) {
    double peak = 0;
    try {
      train(s, dpo);
      peak = bench::peak_mib();
    } catch (const std::exception& e) {
      std::cerr << "memory: " << e.what() << '\n';
    }
    _exit(write(ends[1], &peak, sizeof peak) == sizeof peak && peak > 0 ? 0 : 1);
  }
  double peak = 0;
  const bool told = read(ends[0], &peak, sizeof peak) == sizeof peak;
  int status = 0;
  (void)waitpid(child, &status, 0);
  zer0::require(told && status == 0, "memory: the training failed");
  return peak;
}

}  // namespace

int main(int argc, char** argv) try {
  program::return_freed_memory();  // as train does
  settings s;
  std::string json;
  po::options_description options("Peak memory of sft and dpo on the cpu device");
  // clang-format off
  options.add_options()
      ("help", "this text")
      ("dim", po::value(&s.sizes.dim)->default_value(256))
      ("n_layers", po::value(&s.sizes.n_layers)->default_value(4))
      ("n_heads", po::value(&s.sizes.n_heads)->default_value(8))
      ("vocab_size", po::value(&s.sizes.vocab_size)->default_value(6400))
      ("seq", po::value(&s.seq)->default_value(s.seq))
      ("sequences", po::value(&s.sequences)->default_value(s.sequences), "of a batch: dpo's pairs are half as many")
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
  bench::report out("memory: dim " + std::to_string(s.sizes.dim) + ", " +
                    std::to_string(s.sizes.n_layers) + " layers, vocabulary " +
                    std::to_string(s.sizes.vocab_size) + ", " + std::to_string(s.sequences) +
                    " sequences of " + std::to_string(s.seq));
  const double sft = peak_of(s, false);
  const double dpo = peak_of(s, true);
  out.add({{"mode", "sft"}, {"peak MiB", sft}, {"of sft", 1.0}});
  out.add({{"mode", "dpo"}, {"peak MiB", dpo}, {"of sft", dpo / sft}});
  out.finish(json);
  return 0;
} catch (const std::exception& e) {
  std::cerr << "memory: " << e.what() << '\n';
  return 2;
}
