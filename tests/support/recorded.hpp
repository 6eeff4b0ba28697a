// A policy that also notes what passes through it: how a test sees the activations inside a model.
#pragma once

#include "support/golden_devices.hpp"
#include <zer0/layer/layer.hpp>

#include <vector>

namespace support {

/// Inputs and outputs of every recorded layer, in the order of their forward passes.
struct recording {
  struct call {
    golden::numbers x, y;
  };
  std::vector<call> calls;
};
inline recording* active_recording = nullptr;

/// `Policy` with ears: decoder<recorded<gqa<>>, recorded<swiglu>, recorded<rms_norm>> computes what
/// decoder<> does.
template <class Policy>
struct recorded {
  using role = typename Policy::role;

  template <zer0::device Device>
  class layer : public zer0::layer_of<Policy, Device> {
    using base = zer0::layer_of<Policy, Device>;

   public:
    using real = typename Device::real;
    using base::base;

    void forward(zer0::context<Device>& c, zer0::tensor_view<const real> x,
                 zer0::tensor_view<real> y, typename base::saved& s) {
      base::forward(c, x, y, s);
      note(c, x, y);
    }
    void forward_sum(zer0::context<Device>& c, double p, zer0::random_stream mask,
                     zer0::tensor_view<const real> x, zer0::tensor_view<real> y,
                     zer0::tensor_view<real> z, typename base::saved& s)
    requires zer0::norms_a_sum<base, Device>
    {
      base::forward_sum(c, p, mask, x, y, z, s);
      note(c, y, z);
    }

   private:
    static void note(zer0::context<Device>& c, zer0::tensor_view<const real> x,
                     zer0::tensor_view<const real> y) {
      if (active_recording)
        active_recording->calls.push_back({golden::fetch(c.device, x), golden::fetch(c.device, y)});
    }
  };
};

}  // namespace support
