// eval on the cpu device.
#include "cpu/device.hpp"
#include "eval/evaluation.hpp"

template int program::eval_on<program::cpu_float32>(const program::eval_setup&);
