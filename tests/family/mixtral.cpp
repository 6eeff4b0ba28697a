#include "support/family_check.hpp"
#include <zer0/family/mixtral.hpp>
#include <zer0/recipe/description.hpp>

using namespace zer0;

TEST_CASE("mixtral: transformers' directory gives its logits", "[models][mixtral]") {
  support::check_family_files<mixtral>("mixtral", "mixtral");
  support::check_same_file<mixtral>("mixtral");
}

TEST_CASE("mixtral: the real sizes have the published numbers of parameters", "[models][mixtral]") {
  const dims of_8x7b{.dim = 4096,
                     .n_layers = 32,
                     .n_heads = 32,
                     .n_kv_heads = 8,
                     .vocab_size = 32000,
                     .hidden_dim = 14336};
  CHECK(support::parameter_count<mixtral>(of_8x7b) == 46'702'792'704);
  // 13B of them are active for a token, says the paper
  CHECK(describe<mixtral>(of_8x7b, 1, 512).activated == 12'879'925'248);
}

TEST_CASE("mixtral: its gradients are those of the loss", "[models][mixtral]") {
  dims sizes = support::small_dims;
  sizes.experts = {.n_routed = 4, .per_token = 2};
  support::check_family_gradient<mixtral>(sizes);
}
