// Goldens of single layers: attention, rotary positions, RMSNorm, SwiGLU.
#pragma once

#include "support/golden_devices.hpp"
#include <zer0/attention/gqa.hpp>
#include <zer0/layer/feed_forward.hpp>
#include <zer0/layer/rms_norm.hpp>
#include <zer0/model/workspace.hpp>

#include <map>
#include <string>
#include <vector>

namespace support::golden {

/// A layer by itself: its parameters have memory here, under the names that the layer gives their
/// parts.
template <class Policy, zer0::device D>
class single_layer {
 public:
  using real = typename D::real;
  using layer_type = zer0::layer_of<Policy, D>;

  explicit single_layer(const zer0::dims& sizes) : layer_(sizes), memory_(device_) {
    layer_.parameters(list_);
    weights_ = {device_, list_.elements()};
    gradients_ = {device_, list_.elements()};
    fill(device_, gradients_.row(), 0);
    index_t at = 0;
    for (const auto& entry : list_) {
      auto& p = *entry.value;
      p.value = {weights_.data() + at, p.rows(), p.cols};
      p.grad = {gradients_.data() + at, p.rows(), p.cols};
      index_t first = 0;
      for (const auto& part : p.parts) {
        values_[part.name] = p.value.row_block(first, part.rows);
        grads_[part.name] = p.grad.row_block(first, part.rows);
        first += part.rows;
      }
      at += p.elements();
    }
    upload_constants();
  }

  void set(const std::string& part, const numbers& values) {
    const auto to = values_.at(part);
    zer0::require(static_cast<index_t>(values.size()) == to.elements(), "golden: ", values.size(),
                  " numbers for ", part, ", which has ", to.elements());
    put(device_, values, to);
  }
  [[nodiscard]] numbers gradient(const std::string& part) {
    return fetch(device_, grads_.at(part));
  }
  [[nodiscard]] D& device() { return device_; }
  [[nodiscard]] layer_type& layer() { return layer_; }

  /// Begins a pass over `rows` sequences of `length` tokens, the first at position `start`.
  zer0::context<D>& start(index_t rows, index_t length, index_t start) {
    std::vector<std::int32_t> starts;
    std::vector<std::int32_t> positions;
    for (index_t row = 0; row <= rows; ++row)
      starts.push_back(static_cast<std::int32_t>(row * length));
    for (index_t i = 0; i < rows * length; ++i)
      positions.push_back(static_cast<std::int32_t>(start + i % length));
    zer0::context<D>& c = memory_.reset();
    c.layout.starts = memory_.template put<std::int32_t>(std::span(starts));
    c.layout.positions = memory_.template put<std::int32_t>(std::span(positions));
    c.layout.longest = length;
    return c;
  }

  struct results {
    numbers y, dx;
  };
  /// Forward and backward of x (rows*length, width).
  results pass(index_t rows, index_t length, const numbers& x, const numbers& dy) {
    zer0::context<D>& c = start(rows, length, 0);
    const auto matrix = [&] {
      return c.keep.matrix(rows * length, static_cast<index_t>(x.size()) / (rows * length));
    };
    const auto in = matrix(), out = matrix(), upper = matrix(), lower = matrix();
    put(device_, x, in);
    put(device_, dy, upper);
    typename layer_type::saved saved;
    layer_.forward(c, in, out, saved);
    layer_.backward(c, upper, saved, lower);
    return {fetch(device_, out), fetch(device_, lower)};
  }

 private:
  void upload_constants() {
    index_t n = 0;
    for (const auto* c : list_.constants()) n += static_cast<index_t>(c->numbers.size());
    constants_ = {device_, n};
    real* next = constants_.data();
    for (auto* c : list_.constants()) {
      c->value = {next, c->numbers.size()};
      zer0::upload(device_, std::span<const double>(c->numbers), c->value);
      next += c->numbers.size();
    }
  }

  D device_;
  layer_type layer_;
  zer0::workspace<D> memory_;
  zer0::parameter_list<real> list_;
  zer0::buffer<real, D> weights_, gradients_, constants_;
  std::map<std::string, zer0::tensor_view<real>> values_, grads_;
};

struct layer_part {
  std::string ours, theirs;
};

/// x, out, dout, dx and for each part its weight and its gradient d<weight>, all under `prefix`.
template <class Policy, zer0::device D>
void check_layer(file& f, verdict& v, const std::string& prefix, const zer0::dims& sizes,
                 const std::vector<layer_part>& parts) {
  single_layer<Policy, D> layer(sizes);
  for (const layer_part& part : parts) layer.set(part.ours, f.values(prefix + part.theirs));
  const std::string x = prefix + "x";
  const index_t length = f.size(x, -2);
  const numbers in = f.values(x);
  const index_t rows = static_cast<index_t>(in.size()) / (length * sizes.dim);
  const auto results =
      layer.pass(rows, length, in, f.values(prefix + "dout", rows * length * sizes.dim));
  v.compare(f, prefix + "out", results.y, allow::layer_output);
  v.compare(f, prefix + "dx", results.dx, allow::layer_gradient);
  for (const layer_part& part : parts)
    v.compare(f, prefix + "d" + part.theirs, layer.gradient(part.ours), allow::layer_gradient);
}

inline void check_attention(file& f, verdict& v) {
  zer0::dims sizes{.dim = f.count("config.dim"),
                   .n_heads = f.count("config.n_heads"),
                   .n_kv_heads = f.count("config.n_kv_heads"),
                   .head_dim = f.has_meta("config.head_dim") ? f.count("config.head_dim") : 0,
                   .rope_theta = f.number("config.rope_theta")};
  sizes.check();
  const std::vector<layer_part> parts{{"q_proj.weight", "wq.weight"},
                                      {"k_proj.weight", "wk.weight"},
                                      {"v_proj.weight", "wv.weight"},
                                      {"o_proj.weight", "wo.weight"}};
  on_each_kernel(v, [&]<class D, class Kernel>(std::type_identity<D>, std::type_identity<Kernel>) {
    check_layer<zer0::gqa<zer0::rope, Kernel>, D>(f, v, "", sizes, parts);
  });
}

inline void check_swiglu(file& f, verdict& v) {
  const zer0::dims sizes{.dim = f.size("w1.weight", 1), .hidden_dim = f.size("w1.weight", 0)};
  const std::vector<layer_part> parts{{"gate_proj.weight", "w1.weight"},
                                      {"down_proj.weight", "w2.weight"},
                                      {"up_proj.weight", "w3.weight"}};
  on_each_device(v, [&]<class D>(std::type_identity<D>) {
    check_layer<zer0::swiglu, D>(f, v, "", sizes, parts);
  });
}

/// One or several cases, "a.x", "a.weight", ..., or a single one without a prefix.
inline void check_rms_norm(file& f, verdict& v) {
  for (const std::string& name : f.names()) {
    if (!name.ends_with("dweight")) continue;
    const std::string prefix = name.substr(0, name.size() - 7);
    const zer0::dims sizes{.dim = f.size(prefix + "x", -1), .norm_eps = f.number(prefix + "eps")};
    on_each_device(v, [&]<class D>(std::type_identity<D>) {
      check_layer<zer0::rms_norm, D>(f, v, prefix, sizes, {{"weight", "weight"}});
    });
  }
}

namespace detail {

/// (N, a) and (N, b) side by side, and apart again.
inline numbers side_by_side(const numbers& left, const numbers& right, index_t rows) {
  numbers out;
  const auto copy = [&](const numbers& from, index_t row) {
    const auto width = static_cast<index_t>(from.size()) / rows;
    out.insert(out.end(), from.begin() + row * width, from.begin() + (row + 1) * width);
  };
  for (index_t row = 0; row < rows; ++row) {
    copy(left, row);
    copy(right, row);
  }
  return out;
}
inline numbers columns(const numbers& x, index_t rows, index_t first, index_t count) {
  const auto width = static_cast<index_t>(x.size()) / rows;
  numbers out;
  for (index_t row = 0; row < rows; ++row)
    out.insert(out.end(), x.begin() + row * width + first, x.begin() + row * width + first + count);
  return out;
}

template <zer0::device D>
void check_rope_case(file& f, verdict& v, const std::string& prefix) {
  const index_t rows = f.size(prefix + "q", 0), length = f.size(prefix + "q", 1),
                head = f.size(prefix + "q", 3);
  const index_t q_cols = f.size(prefix + "q", 2) * head, k_cols = f.size(prefix + "k", 2) * head;
  const index_t total = rows * length;
  const index_t start = f.count(prefix + "start_pos");
  single_layer<zer0::rope, D> rope({.head_dim = head, .rope_theta = f.number("rope_theta")});
  const auto turn = [&](index_t sequences, const numbers& from, bool back) {
    zer0::context<D>& c = rope.start(sequences, length, start);
    const auto x =
        c.keep.matrix(sequences * length, static_cast<index_t>(from.size()) / (sequences * length));
    put(rope.device(), from, x);
    back ? rope.layer().backward(c, x) : rope.layer().forward(c, x);
    return fetch(rope.device(), x);
  };
  const numbers out =
      turn(rows, side_by_side(f.values(prefix + "q"), f.values(prefix + "k"), total), false);
  v.compare(f, prefix + "q_out", columns(out, total, 0, q_cols), allow::layer_output);
  v.compare(f, prefix + "k_out", columns(out, total, q_cols, k_cols), allow::layer_output);
  const numbers in = turn(
      rows, side_by_side(f.values(prefix + "dq_out"), f.values(prefix + "dk_out"), total), true);
  v.compare(f, prefix + "dq", columns(in, total, 0, q_cols), allow::layer_gradient);
  v.compare(f, prefix + "dk", columns(in, total, q_cols, k_cols), allow::layer_gradient);

  numbers units(static_cast<std::size_t>(length * head),
                0);  // (1, 0) turned by an angle is its cosine and sine
  for (std::size_t i = 0; i < units.size(); i += 2) units[i] = 1;
  const numbers turned = turn(1, units, false);
  numbers cosines, sines;
  for (std::size_t i = 0; i < turned.size(); i += 2) {
    cosines.push_back(turned[i]);
    sines.push_back(turned[i + 1]);
  }
  if (f.has(prefix + "cos")) v.compare(f, prefix + "cos", cosines, allow::layer_output);
  if (f.has(prefix + "sin")) v.compare(f, prefix + "sin", sines, allow::layer_output);
}

}  // namespace detail

inline void check_rope(file& f, verdict& v) {
  for (const std::string& name : f.names()) {
    if (!name.ends_with("q_out") || name.ends_with("dq_out")) continue;
    const std::string prefix = name.substr(0, name.size() - 5);
    on_each_device(
        v, [&]<class D>(std::type_identity<D>) { detail::check_rope_case<D>(f, v, prefix); });
  }
}

}  // namespace support::golden
