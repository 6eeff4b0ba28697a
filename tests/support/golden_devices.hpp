// What every golden is checked on: all devices, both attention kernels.
#pragma once

#include "support/devices.hpp"
#include "support/golden_verdict.hpp"
#include <zer0/attention/kernel.hpp>
#include <zer0/device/memory.hpp>

#include <string>
#include <type_traits>

namespace support::golden {

/// f(type_identity<device>) on each device.
template <class F>
void on_each_device(verdict& v, F f) {
  on_all_devices([&]<class D>(std::type_identity<D> device) {
    v.on(device_name<D>(), std::is_same_v<D, zer0::reference>);
    f(device);
  });
}

/// f(type_identity<device>, type_identity<attention kernel>) for each pair.
template <class F>
void on_each_kernel(verdict& v, F f) {
  on_all_devices([&]<class D>(std::type_identity<D> device) {
    const std::string name = device_name<D>();
    v.on(name + " standard", std::is_same_v<D, zer0::reference>);
    f(device, std::type_identity<zer0::standard_attention>{});
    v.on(name + " flash", std::is_same_v<D, zer0::reference>);
    f(device, std::type_identity<zer0::flash>{});
  });
}

/// The numbers of a view, on the host.
template <class T, zer0::device D>
numbers fetch(D& d, zer0::tensor_view<T> x) {
  using real = std::remove_const_t<T>;
  numbers out;
  std::vector<real> row(static_cast<std::size_t>(x.cols));
  for (index_t i = 0; i < x.rows; ++i) {
    zer0::download(d, std::span<const real>(x.row(i), row.size()), row.data());
    out.insert(out.end(), row.begin(), row.end());
  }
  return out;
}
template <class T, zer0::device D>
numbers fetch(D& d, std::span<T> x) {
  return fetch(d, zer0::tensor_view<T>(x.data(), 1, static_cast<index_t>(x.size())));
}

/// Writes numbers of the host to a view without gaps.
template <class T, zer0::device D>
void put(D& d, const numbers& from, zer0::tensor_view<T> to) {
  zer0::require(static_cast<index_t>(from.size()) == to.elements() && to.contiguous(),
                "golden: ", from.size(), " numbers for a view of ", to.elements());
  zer0::upload(d, std::span<const double>(from), std::span<T>(to.data, from.size()));
}

}  // namespace support::golden
