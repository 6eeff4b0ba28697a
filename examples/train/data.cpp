// The data of each mode of train.
#include "train/conversations.hpp"
#include "train/pairs.hpp"
#include "train/texts.hpp"
#include "train/training_data.hpp"

namespace program {

training_data open_training_data(const train_setup& s, const zer0::tokenizer& tok) {
  if (s.o.mode == "dpo") return open_pairs(s, tok);
  return s.o.mode == "sft" ? open_conversations(s, tok) : open_texts(s, tok);
}

int dump_samples(train_setup& s) {
  const zer0::tokenizer tok = open_tokenizer(s);
  return dump_conversations(s, tok);
}

}  // namespace program
