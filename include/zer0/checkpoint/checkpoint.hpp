// A checkpoint: everything that a run needs to go on as if it had not stopped.
#pragma once

#include <zer0/checkpoint/model_files.hpp>
#include <zer0/core/detail/compiled.hpp>
#include <zer0/file/atomic.hpp>
#include <zer0/file/json_document.hpp>
#include <zer0/model/adapted.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace zer0 {

/// Where a run stood. Random numbers need no state of their own: they are a function of the seed
/// and `micro_steps`.
struct training_state {
  index_t step = 0;               ///< steps done, skipped ones included
  index_t epoch = 0;              ///< epoch of the next micro-batch
  index_t batch = 0;              ///< micro-batches of that epoch already trained on
  std::uint32_t micro_steps = 0;  ///< micro-batches trained on since the start
  /// JSON of the caller's own: settings, best loss, ...
  held<nlohmann::json> run = held<nlohmann::json>::object();
  std::string base = {};  ///< for a model with adapters: the directory of the base model's weights
};

namespace detail {

/// The trainer's state in a checkpoint, without the optimizer's buffers.
struct trainer_state {
  struct scale {  ///< dynamic_loss_scale::state
    double factor;
    index_t good_steps, skipped_steps, skipped_at_smallest;
  };
  index_t optimizer_steps = 0;
  std::optional<scale> loss_scale = {};
};
void write_training_state(const std::filesystem::path& directory, const training_state& state,
                          const trainer_state& trainer);
/// `with_loss_scale`: whether to read the loss scale, too, if the file has one. A file without one
/// comes from a run in another type.
trainer_state read_trainer_state(const std::filesystem::path& directory, bool with_loss_scale);

/// Throws zer0::error naming the first size in which the model of the checkpoint differs.
void check_same_sizes(const model_config& model, const std::filesystem::path& directory);

}  // namespace detail

/// Writes a directory with model.safetensors and config.json (a Hugging Face model),
/// optimizer.safetensors, training_state.json, a copy of each of `extra_files` (the tokenizer's),
/// and what `more` writes into it. For a model with adapters, model.safetensors has the adapters
/// merged into its weights, and the folder `adapter` holds the adapters alone, in PEFT's layout.
/// The directory appears under its name whole or not at all, and replaces an older one of that
/// name. Throws zer0::error naming path and reason (no space left, ...); an older directory of that
/// name is then unchanged. Memory: a copy of the weights and of one optimizer buffer on the host.
template <class Trainer>
void save_checkpoint(Trainer& trainer, const training_state& state,
                     const std::filesystem::path& directory,
                     const std::vector<std::filesystem::path>& extra_files = {},
                     const std::function<void(const std::filesystem::path&)>& more = {}) {
  using number = wide<typename Trainer::real>;
  auto& model = trainer.model();
  atomic_directory out(directory);
  if (model.parameters().has_adapters()) {
    require(!state.base.empty(),
            "save_checkpoint: the model has adapters, but the state names no base to adapt");
    std::filesystem::create_directory(out.path() / "adapter");
    save_adapter(model, out.path() / "adapter", state.base);
    const merged_adapters merged(model);
    save_weights(model, out.path());
  } else {
    save_weights(model, out.path());
  }
  using variant = typename std::remove_reference_t<decltype(model)>::variant;
  write_config(out.path(), config_of<variant>(model.sizes()));

  std::vector<std::vector<number>> host;
  std::vector<tensor_entry> entries;
  for (const auto& [name, values] : trainer.optimizer().buffers()) {
    host.emplace_back(values.size());
    download(model.device(), std::span<const number>(values), host.back().data());
    entries.push_back({name,
                       std::is_same_v<number, double> ? dtype::f64 : dtype::f32,
                       {static_cast<index_t>(values.size())},
                       std::as_bytes(std::span(host.back()))});
  }
  write_safetensors(out.path() / "optimizer.safetensors", entries);

  detail::trainer_state trained{.optimizer_steps = trainer.optimizer().steps};
  if constexpr (Trainer::loss_scaling::active) {
    const auto& now = trainer.loss_scale().now();
    trained.loss_scale = detail::trainer_state::scale{now.factor, now.good_steps, now.skipped_steps,
                                                      now.skipped_at_smallest};
  }
  detail::write_training_state(out.path(), state, trained);
  for (const std::filesystem::path& file : extra_files)
    detail::copy_durably(file, out.path() / file.filename());
  if (more) more(out.path());
  out.commit();
}

/// Reads training_state.json of a checkpoint.
training_state read_training_state(const std::filesystem::path& directory);

/// Restores model, optimizer and random numbers of `trainer` as `save_checkpoint` found them. For a
/// model with adapters, the weights of the base are read from `training_state::base`. Throws
/// zer0::error if the checkpoint is of another variant, other sizes or another optimizer, or if the
/// base cannot be read.
template <class Trainer>
training_state load_checkpoint(Trainer& trainer, const std::filesystem::path& directory) {
  using number = wide<typename Trainer::real>;
  const training_state state = read_training_state(directory);
  auto& model = trainer.model();
  using variant = typename std::remove_reference_t<decltype(model)>::variant;
  detail::check_same_sizes(config_of<variant>(model.sizes()), directory);
  if (model.parameters().has_adapters()) {
    require(std::filesystem::is_directory(directory / "adapter"), directory.string(),
            " holds no adapter; it is the checkpoint of a model whose weights were all trained");
    load_weights(model, state.base);
    load_adapter(model, directory / "adapter");
  } else {
    load_weights(model, directory);
  }
  const safetensors_file file(directory / "optimizer.safetensors");
  std::vector<number> host;
  for (const auto& [name, values] : trainer.optimizer().buffers()) {
    host.resize(values.size());
    to_float(file.at(name), std::span(host));
    model.device().upload(values.data(), host.data(), host.size() * sizeof(number));
  }
  const detail::trainer_state trained =
      detail::read_trainer_state(directory, Trainer::loss_scaling::active);
  trainer.optimizer().steps = trained.optimizer_steps;
  if constexpr (Trainer::loss_scaling::active)
    if (const auto& then = trained.loss_scale)
      trainer.loss_scale().restore(
          {then->factor, then->good_steps, then->skipped_steps, then->skipped_at_smallest});
  trainer.set_micro_steps(state.micro_steps);
  return state;
}

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/checkpoint/detail/checkpoint.ipp>
#endif
