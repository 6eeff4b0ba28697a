// Reads tests/data/models and writes each model anew into a folder, for
// tests/interop/model_files_judge.py:
//   g++ -std=c++20 -O1 -fopenmp -Iinclude -isystem /usr/include/eigen3 -DZER0_SOURCE_DIR='"'$PWD'"'
//   tests/interop/write_models.cpp -o write_models
//   ./write_models out && python3 tests/interop/model_files_judge.py out
#include <zer0/checkpoint/model_files.hpp>
#include <zer0/device/cpu.hpp>
#include <zer0/family/deepseek_v2.hpp>
#include <zer0/family/gpt2.hpp>
#include <zer0/family/llama.hpp>
#include <zer0/family/mixtral.hpp>
#include <zer0/family/qwen2.hpp>
#include <zer0/family/qwen3.hpp>
#include <zer0/layer/rope_scaling/llama3_scaling.hpp>

#include <iostream>

namespace {

using namespace zer0;
namespace fs = std::filesystem;

template <class Variant>
void write(const fs::path& out, const char* name) {
  const fs::path in = fs::path(ZER0_SOURCE_DIR) / "tests/data/models" / name;
  model<Variant, cpu> m(read_config(in).sizes);
  load_weights(m, in);
  fs::create_directories(out / name);
  save_weights(m, out / name);
  write_config(out / name, config_of<Variant>(m.sizes()));
}

}  // namespace

int main(int argc, char** argv) try {
  require(argc == 2, "usage: write_models FOLDER");
  write<llama>(argv[1], "llama");
  write<decoder<gqa<rope>, untied_head>>(argv[1], "llama_sharded");
  write<decoder<gqa<scaled_rope<rope, llama3_scaling>>>>(argv[1], "llama_scaled");
  write<qwen2>(argv[1], "qwen2");
  write<qwen3>(argv[1], "qwen3");
  write<mixtral>(argv[1], "mixtral");
  write<gpt2>(argv[1], "gpt2");
  write<deepseek_v2>(argv[1], "deepseek_v2");
  write<deepseek_v2>(argv[1], "deepseek_v2_q_lora");
} catch (const error& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
