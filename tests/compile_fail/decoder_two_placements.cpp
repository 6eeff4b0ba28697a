// expect: zer0::decoder: two placements of the norm given
#include <zer0/layer/placement/post_norm.hpp>
#include <zer0/layer/placement/sandwich.hpp>
#include <zer0/model/decoder.hpp>

#ifdef ZER0_WRONG
using llm = zer0::decoder<zer0::sandwich, zer0::post_norm>;
#else
using llm = zer0::decoder<zer0::sandwich>;
#endif
llm::attention* use = nullptr;
