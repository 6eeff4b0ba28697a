#include "support/shared_models.hpp"

ZER0_SHARED_MODELS()
