// A family of models against what transformers recorded: tests/data/models, written by
// tests/interop/make_tiny_models.py.
#pragma once

#include "support/catch.hpp"
#include "support/devices.hpp"
#include "support/shared_dir.hpp"
#include "support/small_model.hpp"
#include "support/temp_dir.hpp"
#include <zer0/checkpoint/model_files.hpp>
#include <zer0/device/device.hpp>
#include <zer0/generate/generate.hpp>
#include <zer0/testing/gradient_check.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace support {

/// The recorded sequence and its logits.
struct recorded_logits {
  std::vector<zer0::token_id> ids;
  std::vector<float> logits;

  explicit recorded_logits(const std::filesystem::path& folder) {
    const zer0::safetensors_file file(folder / "expected.safetensors");
    ids.resize(static_cast<std::size_t>(file.at("input_ids").elements()));
    zer0::to_int(file.at("input_ids"), std::span(ids));
    logits.resize(static_cast<std::size_t>(file.at("logits").elements()));
    zer0::to_float(file.at("logits"), std::span(logits));
  }
  [[nodiscard]] double difference(const std::vector<float>& other) const {
    REQUIRE(other.size() == logits.size());
    double worst = 0;
    for (std::size_t i = 0; i < logits.size(); ++i) {
      REQUIRE(std::isfinite(other[i]));
      worst =
          std::max(worst, std::abs(static_cast<double>(logits[i]) - static_cast<double>(other[i])));
    }
    return worst;
  }
};

/// Logits of all tokens of a sequence at once.
template <class Model>
std::vector<float> logits_at_once(Model& m, const std::vector<zer0::token_id>& ids) {
  using D = typename Model::device_type;
  zer0::workspace<D> memory(m.device());
  const auto n = static_cast<zer0::index_t>(ids.size());
  auto& c = memory.start({.ids = ids,
                          .targets = ids,
                          .weights = std::vector<float>(ids.size(), 1),
                          .starts = {0, static_cast<std::int32_t>(n)}},
                         m.sizes());
  const auto hidden = m.forward(c, memory.batch().ids);
  const auto logits = c.keep.matrix(n, m.sizes().vocab_size);
  matmul(c.device, hidden, transposed(m.output().value), 0, logits);
  std::vector<typename D::real> host(static_cast<std::size_t>(logits.elements()));
  zer0::download(c.device, std::span<const typename D::real>(logits.data, host.size()),
                 host.data());
  return {host.begin(), host.end()};
}

/// Logits after each token, one at a time through the cache.
template <class Model>
std::vector<float> logits_by_cache(Model& m, const std::vector<zer0::token_id>& ids) {
  zer0::session<Model> s(m, 1, static_cast<zer0::index_t>(ids.size()));
  std::vector<float> all;
  for (const zer0::token_id id : ids) {
    const std::vector<std::vector<zer0::token_id>> piece{{id}};
    const auto& logits = s.feed(piece).front();
    all.insert(all.end(), logits.begin(), logits.end());
  }
  return all;
}

template <class Model>
std::vector<double> weights_of(Model& m) {
  std::vector<typename Model::real> host(m.weights().size());
  zer0::download(m.device(), std::span<const typename Model::real>(m.weights()), host.data());
  return {host.begin(), host.end()};
}

/// The recorded folder read by `Variant`, on every device: logits at once and through the cache;
/// what is written is read back the same, as that family.
template <class Variant>
void check_family_files(const std::string& folder, const std::string& type) {
  const std::filesystem::path recorded = data_dir() / "models" / folder;
  const recorded_logits expected(recorded);
  const zer0::model_config config = zer0::read_config(recorded);
  CHECK(config.family->type == type);
  CHECK(config.tied == Variant::head::tied);
  on_all_devices([&]<class D>(std::type_identity<D>) {
    INFO(folder << " on " << device_name<D>());
    zer0::model<Variant, D> m(config.sizes);
    zer0::load_weights(m, recorded);
    CHECK(expected.difference(logits_at_once(m, expected.ids)) < 1e-4);
    CHECK(expected.difference(logits_by_cache(m, expected.ids)) < 1e-4);

    const temp_dir dir;
    zer0::save_weights(m, dir.path());
    zer0::write_config(dir.path(), zer0::config_of<Variant>(m.sizes()));
    const zer0::model_config again = zer0::read_config(dir.path());
    CHECK(again.family->type == type);
    zer0::model<Variant, D> second(again.sizes);
    zer0::load_weights(second, dir.path());
    CHECK(weights_of(second) == weights_of(m));
    CHECK(logits_at_once(second, expected.ids) == logits_at_once(m, expected.ids));
  });
}

/// Tensors of model.safetensors of a folder by name and shape: "model.norm.weight [16]".
inline std::vector<std::string> tensors_of(const std::filesystem::path& folder) {
  const zer0::safetensors_file file(folder / "model.safetensors");
  std::vector<std::string> lines;
  for (const auto& entry : file.entries()) {
    std::string line = entry.name + " [";
    for (const auto size : entry.shape) line += std::to_string(size) + ",";
    lines.push_back(line + "]");
  }
  std::ranges::sort(lines);
  return lines;
}

/// What zer0 writes has the tensors that transformers wrote, number by number.
template <class Variant>
void check_same_file(const std::string& folder) {
  const std::filesystem::path recorded = data_dir() / "models" / folder;
  zer0::model<Variant, zer0::reference> m(zer0::read_config(recorded).sizes);
  zer0::load_weights(m, recorded);
  const temp_dir dir;
  zer0::save_weights(m, dir.path());
  CHECK(tensors_of(dir.path()) == tensors_of(recorded));
  const zer0::safetensors_file a(recorded / "model.safetensors"), b(dir / "model.safetensors");
  for (const auto& entry : a.entries()) {
    INFO(entry.name);
    CHECK(std::ranges::equal(entry.bytes, b.at(entry.name).bytes));
  }
}

/// How many parameters a model of these sizes has; nothing is allocated.
template <class Variant>
zer0::index_t parameter_count(const zer0::dims& sizes) {
  return zer0::model<Variant, zer0::archetype>(sizes).parameters().elements();
}

/// Every weight's gradient of a small model against finite differences in double.
template <class Variant>
void check_family_gradient(const zer0::dims& sizes) {
  small_model<Variant, zer0::reference> m(sizes);
  m.training = true;
  const zer0::token_batch batch = small_batch(1, sizes.vocab_size);
  m.loss_and_gradients(batch);
  const auto report = zer0::check_gradient(
      m.model.device(), m.model.weights(), std::span<const double>(m.model.gradients()),
      [&] { return m.loss(batch); }, {.coordinates = 100, .directions = 10});
  INFO(report.text());
  CHECK(report.worst < 1e-7);
}

}  // namespace support
