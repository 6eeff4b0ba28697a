// The one table of the variants that programs are compiled with.
#pragma once

#include "usage_error.hpp"
#include <zer0/attention/gqa.hpp>
#include <zer0/attention/kernel.hpp>
#include <zer0/model/adapted.hpp>
#include <zer0/model/recompute.hpp>

#include <tuple>

namespace program {

/// What the options and a model's files ask for.
struct variant_choice {
  bool flash = false;
  bool tied = true;
  bool recompute = false;
  bool operator==(const variant_choice&) const = default;
};

/// A line of the table: a decoder, each of whose projections may have a LoRA adapter.
template <class Decoder>
struct variant {
  using decoder = zer0::adapted<Decoder, zer0::listed_projections>;
  const char* name;
  variant_choice choice;
};

using zer0::decoder, zer0::flash, zer0::gqa, zer0::recompute, zer0::rope, zer0::standard, zer0::tied_head,
    zer0::untied_head;

/// A new variant is one line.
inline constexpr std::tuple variants{
    variant<decoder<gqa<rope, standard>>>{"gqa<rope, standard>", {.flash = false}},
    variant<decoder<gqa<rope, flash>>>{"gqa<rope, flash>", {.flash = true}},
    variant<decoder<gqa<rope, flash>, recompute<>>>{"gqa<rope, flash>, recompute<>",
                                                    {.flash = true, .recompute = true}},
    variant<decoder<gqa<rope, standard>, untied_head>>{"gqa<rope, standard>, untied_head", {.tied = false}},
    variant<decoder<gqa<rope, flash>, untied_head>>{"gqa<rope, flash>, untied_head", {.flash = true, .tied = false}},
    variant<decoder<gqa<rope, flash>, untied_head, recompute<>>>{"gqa<rope, flash>, untied_head, recompute<>",
                                                                 {.flash = true, .tied = false, .recompute = true}},
};

/// Calls f(line) for the line of the table that `choice` names. Throws usage_error if there is none.
template <class F>
void with_variant(const variant_choice& choice, F f) {
  bool found = false;
  const auto try_line = [&](const auto& line) {
    if (line.choice != choice) return;
    found = true;
    f(line);
  };
  std::apply([&](const auto&... line) { (try_line(line), ...); }, variants);
  demand(found, "this program was not compiled for that variant (", choice.flash ? "" : "no ", "flash_attn, ",
         choice.recompute ? "" : "no ", "recompute); add a line to examples/support/variants.hpp");
}

}  // namespace program
