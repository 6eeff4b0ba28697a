// LoRA: trains a low-rank update beside the frozen weight of a linear.
#pragma once

#include <zer0/layer/layer.hpp>
#include <zer0/layer/linear.hpp>

#include <cmath>

namespace zer0 {

/// For the outputs in `Set`: y = base(x) + (alpha / r) B (A dropout(x)). For the others, for all if
/// dims::lora.rank is 0, and while `context::adapter` is false: y = base(x). A (r, in) is
/// initialized uniformly in +-1/sqrt(in) and B (out, r) with zeros, so the adapted model starts
/// equal to its base. Once a model has adapters, only they are trained. Names:
/// "q_proj.lora_A.weight", "q_proj.lora_B.weight". Shapes: x (N, in), y (N, out). Memory: keeps
/// (alpha / r) A dropout(x), r numbers per token for each output in `Set`, and the view of x.
/// Source: Hu et al. 2021, arXiv:2106.09685, section 4.1; names and initialization as in PEFT.
template <projection_set Set = query_value_projections, policy_for<linear_role> Base = linear>
struct lora {
  using role = linear_role;

  template <device Device>
  class layer {
    using base_type = layer_of<Base, Device>;

   public:
    using real = typename Device::real;
    struct saved {
      typename base_type::saved base;
      tensor_view<const real> x;
      tensor_view<real> h;  // (alpha / r) A dropout(x) of all adapters, side by side
      random_stream mask;
    };

    layer(const dims& sizes, const projections_list& outputs, index_t in,
          initial_values initial = {})
        : rank_(sizes.lora.rank),
          scale_(sizes.lora.alpha / static_cast<double>(std::max<index_t>(rank_, 1))),
          dropout_(sizes.lora.dropout),
          base_(sizes, outputs, in, initial),
          a_{.parts = {},
             .cols = in,
             .initial = {.deviation = 1 / std::sqrt(3.0 * static_cast<double>(in)),
                         .uniform = true},
             .is_adapter = true} {
      if (rank_ == 0) return;
      index_t col = 0;
      for (std::size_t i = 0; i < outputs.size(); col += outputs[i++].rows)
        if (Set::holds(sizes, outputs[i], in)) add_detour(outputs[i], i, col);
    }

    void parameters(parameter_list<real>& list) {
      base_.parameters(list);
      if (detours_.empty()) return;
      list.add(a_);
      for (std::size_t i = 0; i < detours_.size(); ++i) {
        list.add(detours_[i].b);
        list.add(adapter<real>{&base_.weight(), detours_[i].output, &a_, &detours_[i].b, a_row(i),
                               scale_});
      }
    }

    void forward(context<Device>& c, tensor_view<const real> x, tensor_view<real> y, saved& s) {
      base_.forward(c, x, y, s.base);
      if (!takes_detour(c)) return;
      s.x = x;
      s.h = c.keep.matrix(x.rows, a_.rows());
      s.mask = c.next_stream();
      const arena_scope<Device> scope(c.scratch);
      matmul(c.device, dropped(c, x, s.mask), transposed(a_.value), 0, s.h);
      scale(c.device, scale_, s.h);
      for (std::size_t i = 0; i < detours_.size(); ++i)
        matmul(c.device, h_of(s.h, i), transposed(detours_[i].b.value), 1, y_of(y, i));
    }

    /// Writes dx. Adds to the gradients of A and B, or of the base if there is no adapter.
    void backward(context<Device>& c, tensor_view<const real> dy, const saved& s,
                  tensor_view<real> dx) {
      base_.backward(c, dy, s.base, dx);
      if (!takes_detour(c)) return;
      const arena_scope<Device> scope(c.scratch);
      const tensor_view<real> dh = c.scratch.matrix(s.h.rows, s.h.cols);
      for (std::size_t i = 0; i < detours_.size(); ++i) {
        matmul(c.device, y_of(dy, i), detours_[i].b.value, 0, h_of(dh, i));
        matmul(c.device, transposed(y_of(dy, i)), h_of(s.h, i), 1, detours_[i].b.grad);
      }
      scale(c.device, scale_, dh);
      matmul(c.device, transposed(dh), dropped(c, s.x, s.mask), 1, a_.grad);
      if (!drops(c)) return matmul(c.device, dh, a_.value, 1, dx);
      const tensor_view<real> through = c.scratch.matrix(dx.rows, dx.cols);
      matmul(c.device, dh, a_.value, 0, through);
      add_dropped(c, through, s.mask, dx);
    }

    [[nodiscard]] parameter<real>& weight() { return base_.weight(); }

   private:
    struct detour {
      std::size_t output;  // index in the base's outputs
      index_t col;         // first column in y
      parameter<real> b;
    };

    void add_detour(const parameter_part& output, std::size_t index, index_t col) {
      a_.parts.push_back({output.name + ".lora_A.weight", rank_});
      detours_.push_back(
          {index,
           col,
           {.parts = {{output.name + ".lora_B.weight", output.rows, output.interleaved_heads}},
            .cols = rank_,
            .initial = {.deviation = 0},
            .is_adapter = true}});
    }

    [[nodiscard]] bool takes_detour(const context<Device>& c) const {
      return c.adapter && !detours_.empty();
    }
    [[nodiscard]] bool drops(const context<Device>& c) const { return c.training && dropout_ > 0; }
    [[nodiscard]] index_t a_row(std::size_t i) const { return static_cast<index_t>(i) * rank_; }
    template <class T>
    [[nodiscard]] tensor_view<T> h_of(tensor_view<T> h, std::size_t i) const {
      return h.col_block(a_row(i), rank_);
    }
    template <class T>
    [[nodiscard]] tensor_view<T> y_of(tensor_view<T> y, std::size_t i) const {
      return y.col_block(detours_[i].col, detours_[i].b.rows());
    }

    /// dropout(x), in scratch memory; x itself if nothing is dropped.
    tensor_view<const real> dropped(context<Device>& c, tensor_view<const real> x,
                                    random_stream mask) const {
      if (!drops(c)) return x;
      const tensor_view<real> some = c.scratch.matrix(x.rows, x.cols);
      apply_dropout(c.device, dropout_, mask, x, some);
      return some;
    }
    void add_dropped(context<Device>& c, tensor_view<real> x, random_stream mask,
                     tensor_view<real> y) const {
      apply_dropout(c.device, dropout_, mask, x, x);
      add(c.device, x, y);
    }

    index_t rank_;
    double scale_;
    double dropout_;
    base_type base_;
    parameter<real> a_;
    std::vector<detour> detours_;
  };
};

}  // namespace zer0
