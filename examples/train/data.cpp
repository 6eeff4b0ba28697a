// The data of each mode of train.
#include "support/texts.hpp"
#include "support/training_data.hpp"

namespace program {

training_data open_training_data(const train_setup& s, const zer0::tokenizer& tok) { return open_texts(s.o, tok); }

}  // namespace program
