// train --describe.
#include "support/variants.hpp"
#include "train/setup.hpp"
#include <zer0/recipe/description.hpp>

#include <iostream>

namespace program {

int describe_model(train_setup& s) {
  (void)open_tokenizer(s);  // it decides the size of the vocabulary
  with_variant(s.variant(), [&]<class Variant>(const Variant& v) {
    std::cout << v.name << "\n\n"
              << zer0::text_of(zer0::describe<typename Variant::decoder>(
                     s.config.sizes, s.o.batch_size, s.o.sizes.max_seq_len));
  });
  return 0;
}

}  // namespace program
