// Names only: for headers that mention zer0's types and must stay cheap to include.
#pragma once

#include <zer0/core/types.hpp>

namespace zer0 {

struct error;
struct dims;
struct token_batch;
template <class T>
struct tensor_view;

struct cpu;
struct reference;

class tokenizer;
struct sampling;
class sampler;

struct cross_entropy;
struct adamw;
struct cosine;
struct pretrain;

}  // namespace zer0
