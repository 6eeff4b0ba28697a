// An attention of your own: a policy with a layer, and nothing in the library knows of it.
//
// Gated attention, as an example: y = sigmoid(W_g x) * gqa(x), a gate for each output, which lets a
// token ignore what attention found (Qiu et al. 2025, arXiv:2505.06708, gates after the output
// here). What a layer must offer is said in zer0/layer/layer.hpp; written with the operations of
// zer0/device/device.hpp it runs on every device.
#include <zer0/zer0.hpp>

#include <iostream>
#include <span>

template <class Attention = zer0::gqa<>>
struct gated_attention {
  using role = zer0::attention_role;

  template <zer0::device Device>
  class layer {
    using inner_layer = zer0::layer_of<Attention, Device>;
    using linear_layer = zer0::layer_of<zer0::linear, Device>;

   public:
    using real = typename Device::real;
    using cache = typename inner_layer::cache;
    struct saved {  // what backward needs: views that live as long as the pass
      zer0::view<Device> gate, found;
      typename inner_layer::saved inner;
      typename linear_layer::saved projection;
    };

    explicit layer(const zer0::dims& sizes)
        : inner_(sizes), projection_(sizes, {{"gate_proj", sizes.dim}}, sizes.dim) {}

    void parameters(zer0::parameter_list<real>& list) {
      inner_.parameters(list);
      projection_.parameters(list);
    }

    void forward(zer0::context<Device>& c, zer0::const_view<Device> x, zer0::view<Device> y,
                 saved& s) {
      s.gate = c.keep.matrix(x.rows, x.cols);
      s.found = c.keep.matrix(x.rows, x.cols);
      inner_.forward(c, x, s.found, s.inner);
      projection_.forward(c, x, s.gate, s.projection);
      gate_forward(c.device, zer0::sigmoid(), {.gate = s.gate, .up = s.found, .y = y});
    }

    void backward(zer0::context<Device>& c, zer0::const_view<Device> dy, const saved& s,
                  zer0::view<Device> dx) {
      const zer0::arena_scope<Device> scope(c.scratch);
      const auto dgate = c.scratch.matrix(dy.rows, dy.cols),
                 dfound = c.scratch.matrix(dy.rows, dy.cols);
      const auto through_gate = c.scratch.matrix(dy.rows, dy.cols);
      gate_backward(c.device, zer0::sigmoid(),
                    {.gate = s.gate, .up = s.found, .dy = dy, .dgate = dgate, .dup = dfound});
      inner_.backward(c, dfound, s.inner, dx);
      projection_.backward(c, dgate, s.projection, through_gate);
      add(c.device, through_gate, dx);
    }

    // Generation: what older tokens leave behind is the inner attention's.
    [[nodiscard]] cache make_cache(Device& d, zer0::index_t sequences,
                                   zer0::index_t capacity) const {
      return inner_.make_cache(d, sequences, capacity);
    }
    void extend(zer0::context<Device>& c, zer0::const_view<Device> x, zer0::view<Device> y,
                cache& memory) {
      const zer0::arena_scope<Device> scope(c.scratch);
      const auto gate = c.scratch.matrix(x.rows, x.cols), found = c.scratch.matrix(x.rows, x.cols);
      typename linear_layer::saved unused;
      inner_.extend(c, x, found, memory);
      projection_.forward(c, x, gate, unused);
      gate_forward(c.device, zer0::sigmoid(), {.gate = gate, .up = found, .y = y});
    }

   private:
    inner_layer inner_;
    linear_layer projection_;
  };
};

static_assert(zer0::check_layer<gated_attention<>,
                                zer0::archetype>());  // a mistake shows here, in one sentence

int main() try {
  using my_llm = zer0::decoder<gated_attention<zer0::gqa<zer0::rope, zer0::flash>>, zer0::swiglu>;
  using model_type = zer0::model<my_llm, zer0::cpu>;
  model_type llm({.dim = 64, .n_layers = 2, .n_heads = 4, .vocab_size = 32, .max_seq_len = 64});
  llm.initialize(1);

  zer0::token_batch batch;  // 17 tokens, each three times the one before it
  for (int i = 0, token = 1; i < 17; ++i) {
    batch.ids.push_back(token);
    batch.targets.push_back(token = token * 3 % 32);
  }
  batch.weights.assign(17, 1);
  batch.starts = {0, 17};

  zer0::trainer<model_type> trainer(llm, {.total_steps = 80}, {}, {}, {.learning_rate = 3e-3});
  zer0::step_report report;
  for (int step = 0; step < 80; ++step) report = trainer.step(std::span(&batch, 1));
  std::cout << "loss " << report.loss << ", and on it goes:";

  const std::vector<std::vector<zer0::token_id>> start{{1}};
  const auto next =
      zer0::generate_tokens(llm, start, {.rules = {.temperature = 0}, .max_new_tokens = 8});
  for (const zer0::token_id token : next[0]) std::cout << ' ' << token;
  std::cout << '\n';
} catch (const zer0::error& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
