// Models that many tests use, with their trainers and sessions: compiled once, in
// shared_models.cpp, and not in each file.
#pragma once

#include "support/devices.hpp"
#include <zer0/generate/generate.hpp>
#include <zer0/model/model.hpp>
#include <zer0/recipe/trainer.hpp>

#define ZER0_SHARED_MODEL(EXTERN, VARIANT, DEVICE)                   \
  EXTERN template class zer0::model<VARIANT, DEVICE>;                \
  EXTERN template class zer0::trainer<zer0::model<VARIANT, DEVICE>>; \
  EXTERN template class zer0::session<zer0::model<VARIANT, DEVICE>>;

#define ZER0_SHARED_MODELS(EXTERN)                            \
  ZER0_SHARED_MODEL(EXTERN, zer0::decoder<>, zer0::reference) \
  ZER0_SHARED_MODEL(EXTERN, zer0::decoder<>, support::float_device)

ZER0_SHARED_MODELS(extern)
