// A router of your own: 30 lines, and nothing in the library knows of it.
//
// Llama 4's, as an example: an expert's score is the sigmoid of its logit, a token goes to the k
// largest, and each counts its score as it is. What a router must offer is said in
// zer0/moe/router.hpp, the operations to write it with in zer0/device/device.hpp under "routing";
// written with these, it runs on every device.
#include <zer0/zer0.hpp>

#include <cstdio>
#include <iostream>
#include <span>

struct sigmoid_top_k {
  using role = zer0::router_role;

  template <zer0::device Device>
  class layer {
   public:
    using real = typename Device::real;
    struct saved {  // what backward needs: views that live as long as the pass
      zer0::const_wide_view<Device> logits, scores, mask;
    };

    explicit layer(const zer0::dims& sizes) : k_(sizes.experts.per_token) {}
    void parameters(zer0::parameter_list<real>&) {}
    zer0::index_t most_choices(zer0::index_t tokens) const { return tokens * k_; }

    void route(zer0::context<Device>& c, zer0::const_wide_view<Device> logits,
               zer0::wide_view<Device> gates, zer0::wide_view<Device> mask, saved& s) {
      const auto scores = c.keep.template matrix<zer0::wide<real>>(logits.rows, logits.cols);
      activate_forward(c.device, zer0::sigmoid(), logits, scores);
      choose_in_rows(c.device, scores, c.live, k_, mask);
      gate_chosen(
          c.device,
          {.scores = scores, .mask = mask, .normalize = false, .factor = 1, .gates = gates});
      s = {logits, scores, mask};
    }

    void backward(zer0::context<Device>& c, zer0::const_wide_view<Device> dgates, const saved& s,
                  zer0::wide_view<Device> dlogits) {
      gate_chosen_backward(c.device, {.scores = s.scores,
                                      .mask = s.mask,
                                      .normalize = false,
                                      .factor = 1,
                                      .dgates = dgates,
                                      .dscores = dlogits});
      activate_backward(c.device, zer0::sigmoid(), s.logits, dlogits, dlogits);
    }

   private:
    zer0::index_t k_;
  };
};

static_assert(
    zer0::check_router<sigmoid_top_k, zer0::archetype>());  // a mistake shows here, in one sentence

int main() try {
  using my_llm =
      zer0::decoder<zer0::gqa<>, zer0::moe<zer0::router_z_loss<sigmoid_top_k>, zer0::swiglu>>;
  using model_type = zer0::model<my_llm, zer0::cpu>;
  model_type llm({.dim = 64,
                  .n_layers = 2,
                  .n_heads = 4,
                  .vocab_size = 97,
                  .max_seq_len = 32,
                  .hidden_dim = 48});
  llm.initialize(1);

  zer0::token_batch batch;  // two sequences that count, one of them backwards
  for (int i = 0; i < 64; ++i) {
    batch.ids.push_back(i < 32 ? i : 96 - i);
    batch.targets.push_back(i < 32 ? i + 1 : 95 - i);
  }
  batch.weights.assign(64, 1);
  batch.starts = {0, 32, 64};

  zer0::trainer<model_type> trainer(llm, {.total_steps = 60}, {}, {}, {.learning_rate = 3e-3});
  for (int step = 1; step <= 60; ++step) {
    const zer0::step_report r = trainer.step(std::span(&batch, 1));
    if (step % 20 == 0)
      std::printf("step %d: loss %.3f, z-loss %.4f, largest load %.2f times the mean\n", step,
                  r.loss, r.metrics.at("router_z_loss"), r.metrics.at("expert_load"));
  }
} catch (const zer0::error& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
