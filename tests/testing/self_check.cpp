#include "support/catch.hpp"
#include "support/shared_models.hpp"
#include "support/temp_dir.hpp"
#include <zer0/device/cpu.hpp>
#include <zer0/layer/rms_norm.hpp>
#include <zer0/model/model.hpp>
#include <zer0/testing/self_check.hpp>

#include <map>
#include <string>

using namespace zer0;

namespace {

constexpr dims sizes{.dim = 16,
                     .n_layers = 1,
                     .n_heads = 2,
                     .vocab_size = 60,
                     .max_seq_len = 16,
                     .hidden_dim = 32,
                     .dropout = 0.2};

/// RMSNorm whose gradient has the wrong sign.
struct wrong_norm {
  using role = norm_role;

  template <device Device>
  class layer {
   public:
    using right = rms_norm::layer<Device>;
    using real = typename Device::real;
    using saved = typename right::saved;

    explicit layer(const dims& d) : right_(d) {}
    void parameters(parameter_list<real>& list) { right_.parameters(list); }
    void forward(context<Device>& c, tensor_view<const real> x, tensor_view<real> y, saved& s) {
      right_.forward(c, x, y, s);
    }
    void backward(context<Device>& c, tensor_view<const real> dy, const saved& s,
                  tensor_view<real> dx) {
      right_.backward(c, dy, s, dx);
      scale(c.device, -1, dx);
    }

   private:
    right right_;
  };
};

template <class Variant>
std::map<std::string, self_check_finding> findings(const self_check_options& options,
                                                   bool expected) {
  model<Variant, cpu> llm(sizes);
  llm.initialize(1);
  std::map<std::string, self_check_finding> all;
  self_check check(llm, options);
  CHECK(check([&](const self_check_finding& f) { all[f.part] = f; }) == expected);
  return all;
}

}  // namespace

TEST_CASE("self_check: a model that works learns, resumes and generates, and leaves nothing",
          "[testing][self_check]") {
  const support::temp_dir dir;
  const auto all = findings<decoder<>>({.folder = dir.path()}, true);
  CHECK(all.size() == 4);
  for (const auto& [part, found] : all) {
    INFO(part << ": " << found.text);
    CHECK(found.good);
  }
  CHECK_THAT(all.at("gradients").text, support::contains("differ from finite differences by "));
  CHECK_THAT(all.at("learns").text, support::contains("on 30 tokens in "));
  CHECK(std::filesystem::is_empty(dir.path()));
}

TEST_CASE("self_check: a layer with a wrong gradient is found", "[testing][self_check]") {
  const support::temp_dir dir;
  CHECK_FALSE(findings<decoder<wrong_norm>>({.folder = dir.path()}, false).at("gradients").good);
}

TEST_CASE("self_check: a folder that cannot be written is found", "[testing][self_check]") {
  const auto all = findings<decoder<>>({.folder = "/proc/no_such_place"}, false);
  CHECK(all.at("learns").good);
  CHECK_FALSE(all.at("resumes").good);
  CHECK_THAT(all.at("resumes").text, support::contains("/proc/no_such_place"));
}

TEST_CASE("self_check: asked to stop, it ends", "[testing][self_check]") {
  const support::temp_dir dir;
  CHECK(findings<decoder<>>({.folder = dir.path(), .asks_to_stop = [] { return true; }}, false)
            .empty());
}

TEST_CASE("self_check: a vocabulary or context of too few is refused", "[testing][self_check]") {
  for (const auto& [vocabulary, context] : {std::pair<index_t, index_t>{3, 16}, {60, 1}}) {
    dims small = sizes;
    small.vocab_size = vocabulary;
    small.max_seq_len = context;
    model<decoder<>, cpu> llm(small);
    CHECK_THROWS_WITH(
        self_check(llm, self_check_options{}),
        support::contains("needs a vocabulary of at least 4 tokens and a max_seq_len of 2"));
  }
}
