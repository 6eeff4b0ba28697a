// The device concept: every operation that a device offers, in groups, with its shapes and its
// meaning.
//
// A device is a type with a `real` (the type of activations and weights; statistics, losses and
// gradients of weights are in `wide<real>`), memory, and one free function for each operation of
// the groups below, found by argument-dependent lookup. Layers, losses and optimizers use nothing
// else of a device. A new device is one folder with these functions; the conformance suite
// (tests/device) compares it with `reference`.
//
// group        what                                                   header
// memory       allocate, copy from and to the host, wait              device/ops/memory.hpp
// elements     fill, copy, add, scale, biases, rows, random, dropout  device/ops/elements.hpp
// products     matmul, grouped_matmul                                 device/ops/products.hpp
// embedding    rows of a table                                        device/ops/embedding.hpp
// norms        RMSNorm, LayerNorm                                     device/ops/norms.hpp
// positions    rotary positions                                       device/ops/positions.hpp
// activations  element by element, and gated                          device/ops/activations.hpp
// attention    standard, flash, cached                                device/ops/attention.hpp
// losses       cross-entropy                                          device/ops/losses.hpp
// routing      choice of experts, their rows, losses of balance       device/ops/routing.hpp
// preferences  sums over sequences, losses of pairs of answers        device/ops/preferences.hpp
// sampling     the next token                                         device/ops/sampling.hpp
// optimizer    AdamW                                                  device/ops/optimizer.hpp
//
// Each operation takes the device first. Operands that could be mistaken for one another are named:
// `gate_forward(device, silu(), {.gate = g, .up = u, .y = y})`. Name members in the order of the
// struct; a member without a default must be named, or the call does not compile.
//
// Letters: N tokens, D width, H query heads, K key/value heads, C head width, F hidden width, V
// vocabulary, S sequences. `starts` (S+1) cuts N tokens into sequences: tokens starts[s] ..
// starts[s+1]-1 belong to sequence s; starts[S] = N. All views, spans and pointers refer to memory
// of the device. No operation allocates. Results do not depend on the number of threads. What an
// operation writes must not overlap what it reads unless it says "may be".
#pragma once

#include <zer0/device/ops/activations.hpp>
#include <zer0/device/ops/attention.hpp>
#include <zer0/device/ops/elements.hpp>
#include <zer0/device/ops/embedding.hpp>
#include <zer0/device/ops/losses.hpp>
#include <zer0/device/ops/memory.hpp>
#include <zer0/device/ops/norms.hpp>
#include <zer0/device/ops/operands.hpp>
#include <zer0/device/ops/optimizer.hpp>
#include <zer0/device/ops/positions.hpp>
#include <zer0/device/ops/preferences.hpp>
#include <zer0/device/ops/products.hpp>
#include <zer0/device/ops/routing.hpp>
#include <zer0/device/ops/sampling.hpp>

#include <concepts>
#include <cstddef>
#include <type_traits>

namespace zer0 {

/// What a device must offer.
template <class D>
concept device =
    std::is_trivially_copyable_v<typename D::real> && std::movable<D> && memory_operations<D> &&
    element_operations<D> && product_operations<D> && embedding_operations<D> &&
    norm_operations<D> && position_operations<D> && activation_operations<D> &&
    attention_operations<D> && loss_operations<D> && routing_operations<D> &&
    preference_operations<D> && sampling_operations<D> && optimizer_operations<D>;

/// A device whose operations all do nothing, for compile-time checks:
/// `static_assert(check_layer<my_norm, archetype>())` tells whether a layer fits the contract
/// without compiling a device's kernels. Nothing can be run on it: it has no memory. It is not
/// derived from another device, so a layer that names one does not fit.
struct archetype : computes_nothing {
  using real = float;

  void* allocate(std::size_t) { return nullptr; }
  void deallocate(void*, std::size_t) {}
  void upload(void*, const void*, std::size_t) {}
  void download(void*, const void*, std::size_t) {}
  void synchronize() {}
};

static_assert(device<archetype>);

}  // namespace zer0
