// Compiled by nvcc, not run: a model, its trainer and generation on each precision of the cuda device.
#include <zer0/device/cuda.cuh>
#include <zer0/generate/session.hpp>
#include <zer0/model/model.hpp>
#include <zer0/recipe/trainer.hpp>

using namespace zer0;

template class zer0::trainer<model<decoder<>, cuda>>;
template class zer0::trainer<model<decoder<gqa<rope, standard>>, cuda_bf16>>;
template class zer0::trainer<model<decoder<>, cuda_fp16>>;
template class zer0::session<model<decoder<>, cuda>>;
template class zer0::session<model<decoder<>, cuda_bf16>>;
template class zer0::session<model<decoder<>, cuda_fp16>>;
