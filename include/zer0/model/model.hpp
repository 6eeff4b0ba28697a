// The model: embedding, blocks, final norm, and the flat buffers that hold all of their parameters.
#pragma once

#include <zer0/layer/detail/parameter_memory.hpp>
#include <zer0/layer/embedding.hpp>
#include <zer0/model/decoder.hpp>

#include <cmath>
#include <vector>

namespace zer0 {

/// Reports, in one sentence, arguments that do not fit the model below. Do not pass `Fits`. A
/// partial specialization with constraints would do without it, but clang 14 then refuses members
/// that are defined outside the class.
template <class Variant, class Device, bool Fits = decoder_variant<Variant> && device<Device>>
class model {
  static_assert(Fits,
                "zer0::model<Variant, Device>: Variant must be a decoder<...>, and Device a device "
                "such as zer0::cpu; if it is your own, static_assert(zer0::device<Device>) names "
                "the operation that it lacks");
};

/// A decoder-only language model of `Variant` on `Device`.
///
/// All weights lie in one buffer and all gradients in another, trained parameters first, in the
/// order of `parameters()`; layers hold views of them. `forward` returns the hidden states after
/// the final norm. Logits are their product with `output()`; losses and generation compute it in
/// pieces, so that a matrix (N, V) never exists. `backward` is that of the last forward.
template <class Variant, class Device>
class model<Variant, Device, true> {
  static_assert(check_layer<typename Variant::attention, Device>() &&
                check_layer<typename Variant::feed_forward, Device>() &&
                check_layer<typename Variant::norm, Device>());

 public:
  using variant = Variant;
  using device_type = Device;
  using real = typename Device::real;
  using block_type = typename block_of<Variant>::template layer<Variant, Device>;
  using cache = std::vector<typename block_type::cache>;
  static constexpr bool final_norm = placement_of<Variant>::final_norm;

  /// Allocates the weights (contents undefined until `initialize` or a load). Throws zer0::error if
  /// `sizes` do not fit together.
  explicit model(const dims& sizes, Device device = Device());
  model(const model&) = delete;  // layers and lists hold pointers into the model
  model& operator=(const model&) = delete;

  [[nodiscard]] const dims& sizes() const { return sizes_; }
  [[nodiscard]] Device& device() { return device_; }
  [[nodiscard]] const parameter_list<real>& parameters() const { return parameters_; }
  [[nodiscard]] std::span<real> weights() { return memory_.weights(); }
  /// The weights that are trained: all of them, or the adapters alone if the model has any.
  [[nodiscard]] std::span<real> trained_weights() { return memory_.trained_weights(); }
  /// Allocates them at the first call, as inference needs none.
  [[nodiscard]] wide_span<Device> gradients() { return memory_.gradients(device_, parameters_); }
  /// What layers gathered since `begin_step`, in the order of `parameters().statistics()`.
  [[nodiscard]] wide_span<Device> statistics() { return memory_.statistics(); }
  /// The matrix (V, D) whose product with the hidden states gives the logits.
  [[nodiscard]] parameter<real>& output() {
    if constexpr (Variant::head::tied) return embedding_.table();
    return head_;
  }

  /// Initializes the weights at random; equal seeds give equal weights on every device.
  void initialize(std::uint64_t seed) { initialize(seed, false); }
  /// The same for adapters alone. The model then computes the same as without them.
  void initialize_adapters(std::uint64_t seed) { initialize(seed, true); }

  /// Hidden states (N, D) of the tokens `ids` (N). They lie in `c.keep`, as does what the layers
  /// keep for backward.
  [[nodiscard]] tensor_view<real> forward(context<Device>& c, id_span ids);

  /// Adds to all gradients. dhidden (N, D): the gradient of the hidden states of the last forward.
  void backward(context<Device>& c, tensor_view<const real> dhidden);

  /// The caches of all blocks, for `sequences` sequences of at most `capacity` tokens.
  [[nodiscard]] cache make_cache(index_t sequences, index_t capacity);

  /// Hidden states (N, D) of the new tokens `ids` (N). They see the tokens of their sequence in the
  /// cache, and are appended to it, as `c.layout.past` and `c.layout.slots` say.
  [[nodiscard]] tensor_view<real> extend(context<Device>& c, id_span ids, cache& memory);

  /// Call before the first micro-batch of a step: sets the statistics to zero.
  void begin_step();
  /// Call after the update of the weights: layers update their states.
  void finish_step();

 private:
  void initialize(std::uint64_t seed, bool only_adapters);
  void embed(context<Device>& c, id_span ids, tensor_view<real> y);
  /// norm(stream), written to `hidden`; or the stream itself if the placement has no final norm.
  [[nodiscard]] tensor_view<real> normed(context<Device>& c, residual_stream<Device>& stream,
                                         tensor_view<real> hidden);
  void list_parameters();

  dims sizes_;
  Device device_;
  embedding<Device> embedding_;
  layer_of<input_position_of<Variant>, Device> input_position_;
  std::vector<block_type> blocks_;
  layer_of<typename Variant::norm, Device> norm_;
  parameter<real> head_{};
  parameter_list<real> parameters_;
  detail::parameter_memory<Device> memory_;
  struct {
    typename embedding<Device>::saved embedding;
    std::vector<typename block_type::saved> blocks;
    typename layer_of<typename Variant::norm, Device>::saved norm;
  } saved_;
};

// Defined outside the class, so that they are not implicitly inline: `extern template class
// zer0::model<...>;` then spares a file from compiling them.

template <class Variant, class Device>
model<Variant, Device, true>::model(const dims& sizes, Device device)
    : sizes_((sizes.check(), sizes)),
      device_(std::move(device)),
      embedding_(sizes),
      input_position_(sizes),
      norm_(sizes) {
  blocks_.reserve(static_cast<std::size_t>(sizes.n_layers));
  for (index_t i = 0; i < sizes.n_layers; ++i) blocks_.emplace_back(sizes);
  saved_.blocks.resize(blocks_.size());
  list_parameters();
  memory_ = detail::parameter_memory<Device>(device_, parameters_);
}

template <class Variant, class Device>
void model<Variant, Device, true>::initialize(std::uint64_t seed, bool only_adapters) {
  random_stream stream{.seed = seed};
  for (const auto& entry : parameters_) {
    const initial_values& start = entry.value->initial;
    const double half_width = std::sqrt(3.0) * start.deviation;
    if (only_adapters && !entry.value->is_adapter)
      continue;
    else if (start.uniform)
      random_uniform(device_, stream, start.mean - half_width, start.mean + half_width,
                     entry.value->value);
    else
      random_normal(device_, stream, start.mean, start.deviation, entry.value->value);
    ++stream.site;
  }
}

template <class Variant, class Device>
auto model<Variant, Device, true>::forward(context<Device>& c, id_span ids) -> tensor_view<real> {
  const auto tokens = static_cast<index_t>(ids.size());
  const tensor_view<real> embedded = c.keep.matrix(tokens, sizes_.dim);
  const tensor_view<real> hidden =
      final_norm ? c.keep.matrix(tokens, sizes_.dim) : tensor_view<real>();
  embed(c, ids, embedded);
  residual_stream<Device> stream(embedded);
  for (std::size_t i = 0; i < blocks_.size(); ++i) blocks_[i].forward(c, stream, saved_.blocks[i]);
  return normed(c, stream, hidden);
}

template <class Variant, class Device>
void model<Variant, Device, true>::backward(context<Device>& c, tensor_view<const real> dhidden) {
  (void)gradients();
  const arena_scope<Device> scope(c.scratch);
  const tensor_view<real> dstream = c.scratch.matrix(dhidden.rows, dhidden.cols);
  if constexpr (final_norm)
    norm_.backward(c, dhidden, saved_.norm, dstream);
  else
    copy(c.device, dhidden, dstream);
  for (std::size_t i = blocks_.size(); i-- > 0;) blocks_[i].backward(c, saved_.blocks[i], dstream);
  input_position_.backward(c, dstream);
  embedding_.backward(c, dstream, saved_.embedding);
}

template <class Variant, class Device>
auto model<Variant, Device, true>::make_cache(index_t sequences, index_t capacity) -> cache {
  cache memory;
  for (const block_type& b : blocks_) memory.push_back(b.make_cache(device_, sequences, capacity));
  return memory;
}

template <class Variant, class Device>
auto model<Variant, Device, true>::extend(context<Device>& c, id_span ids,
                                          cache& memory) -> tensor_view<real> {
  const auto tokens = static_cast<index_t>(ids.size());
  const tensor_view<real> embedded = c.keep.matrix(tokens, sizes_.dim);
  const tensor_view<real> hidden =
      final_norm ? c.keep.matrix(tokens, sizes_.dim) : tensor_view<real>();
  embed(c, ids, embedded);
  residual_stream<Device> stream(embedded);
  for (std::size_t i = 0; i < blocks_.size(); ++i) blocks_[i].extend(c, stream, memory[i]);
  return normed(c, stream, hidden);
}

template <class Variant, class Device>
void model<Variant, Device, true>::begin_step() {
  if (!statistics().empty())
    fill(device_, {statistics().data(), 1, static_cast<index_t>(statistics().size())}, 0);
}

template <class Variant, class Device>
void model<Variant, Device, true>::finish_step() {
  for (block_type& b : blocks_) zer0::finish_step(b, device_);
}

template <class Variant, class Device>
void model<Variant, Device, true>::embed(context<Device>& c, id_span ids, tensor_view<real> y) {
  embedding_.forward(c, ids, y, saved_.embedding);
  input_position_.forward(c, y);
}

template <class Variant, class Device>
auto model<Variant, Device, true>::normed(context<Device>& c, residual_stream<Device>& stream,
                                          tensor_view<real> hidden) -> tensor_view<real> {
  if constexpr (!final_norm) return stream.value(c);
  stream.normed(c, norm_, hidden, saved_.norm);
  return hidden;
}

template <class Variant, class Device>
void model<Variant, Device, true>::list_parameters() {
  parameters_.add("model.embed_tokens", embedding_);
  parameters_.add("model.embed_positions", input_position_);
  for (std::size_t i = 0; i < blocks_.size(); ++i)
    parameters_.add("model.layers." + std::to_string(i), blocks_[i]);
  if constexpr (final_norm) parameters_.add("model.norm", norm_);
  if constexpr (!Variant::head::tied) {
    head_ = {.parts = {{"lm_head.weight", sizes_.vocab_size}},
             .cols = sizes_.dim,
             .initial = {},
             .kind = parameter_kind::table};
    parameters_.add(head_);
  }
}

}  // namespace zer0
