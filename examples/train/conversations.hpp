// The conversations that --mode sft trains on and validates with, and the batches made of them.
#pragma once

#include "train/record_files.hpp"
#include "train/training_data.hpp"
#include <zer0/data/batches.hpp>

#include <cstdint>
#include <ctime>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

namespace program {

/// The tokenizer with the chat template beside it. Templates that ask for the time are told that of
/// the run's start, so that a resumed run trains on the same tokens.
inline zer0::conversation_encoder open_encoder(const train_setup& s, const zer0::tokenizer& tok) {
  try {
    return {tok,
            zer0::chat_template::from_directory(tok.directory()),
            {.now = static_cast<std::time_t>(s.run.at("time").get<std::int64_t>())}};
  } catch (const zer0::error& e) {
    zer0::fail(e.what(), "; --mode ", s.o.mode,
               " needs one: give a tokenizer that has it by --tokenizer_path");
  }
}

/// How batches are made of conversations (zer0::sft_options) or pairs (zer0::preference_options).
template <class Options>
Options batches_of(const train_options& o, bool shuffle) {
  return {.batch_size = o.batch_size,
          .seq = o.sizes.max_seq_len,
          .packed = o.packed,
          .shuffle = shuffle,
          .seed = o.seed,
          .skip_bad_lines = o.skip_bad_lines,
          .num_workers = static_cast<int>(o.num_workers),
          .progress = show_percent("encoding")};
}

/// Says on stderr what of a file is not trained on. `what`: a record's name; `late`: what is true
/// of one in which nothing can be learned.
template <class Counts>
void tell_left_out(const std::string& file, const Counts& counts, index_t seq, const char* what,
                   const char* late) {
  if (counts.bad > 0)
    std::cerr << file << ": " << count_of(counts.bad, what)
              << " left out, as the chat template refuses them; the first: " << counts.first_bad
              << '\n';
  const std::string limit =
      " the first " + std::to_string(seq + 1) + " tokens (--max_seq_len and one)\n";
  if (counts.skipped > 0)
    std::cerr << file << ": " << count_of(counts.skipped, what) << " left out, as " << late
              << " within" << limit;
  if (counts.cut > 0)
    std::cerr << file << ": " << count_of(counts.cut, what) << " cut, as answers end beyond"
              << limit;
}

inline void tell_left_out(const std::string& file, const zer0::sft_counts& counts, index_t seq) {
  tell_left_out(file, counts, seq, "conversation", "no answer begins");
}

/// Of --mode sft.
inline training_data open_conversations(const train_setup& s, const zer0::tokenizer& tok) {
  const train_options& o = s.o;
  auto files = std::make_shared<record_files<zer0::chat_records>>(s);
  const zer0::conversation_encoder encoder = open_encoder(s, tok);
  const auto open = [&](const auto& view, bool shuffle) {
    auto stream = std::make_unique<stream_of<zer0::sft_data>>(
        view, encoder, batches_of<zer0::sft_options>(o, shuffle));
    tell_left_out(view.records().name(), stream->data().counts(), o.sizes.max_seq_len);
    return stream;
  };
  training_data data;
  auto train = open(files->train(), o.shuffle);
  const zer0::sft_counts& counts = train->data().counts();
  data.about = o.data_path + ": " + with_commas(counts.samples) + " conversations, " +
               with_commas(counts.tokens) + " tokens an epoch, " + with_commas(counts.supervised) +
               " of them learned" + (o.packed ? ", packed" : "");
  data.train = std::move(train);
  if (files->val()) {
    auto val = open(*files->val(), false);
    data.about += "; validation: " + with_commas(val->data().counts().samples) + " conversations";
    data.val = std::move(val);
  }
  data.files = std::move(files);
  return data;
}

/// Prints a conversation with what is learned in colour, or between markers where there are no
/// colours.
inline void print_sample(const zer0::encoded_conversation& sample, const zer0::tokenizer& tok,
                         bool coloured) {
  const char* const begin = coloured ? "\x1b[30;42m" : "[[";
  const char* const end = coloured ? "\x1b[0m" : "]]";
  for (std::size_t i = 0; i < sample.tokens.size();) {
    std::size_t to = i;
    while (to < sample.tokens.size() && sample.supervised[to] == sample.supervised[i]) ++to;
    const bool learned =
        sample.supervised[i] == 1 && i > 0;  // nothing comes before the first token
    const std::string text = tok.decode(std::span(sample.tokens).subspan(i, to - i));
    std::cout << (learned ? begin : "") << text << (learned ? end : "");
    i = to;
  }
  std::cout << "\n";
}

/// What --dump_samples is for; the exit code of the program.
inline int dump_conversations(const train_setup& s, const zer0::tokenizer& tok) {
  const record_files<zer0::chat_records> files(s);
  const zer0::sft_data data(files.train(), open_encoder(s, tok),
                            batches_of<zer0::sft_options>(s.o, false));
  tell_left_out(s.o.data_path, data.counts(), s.o.sizes.max_seq_len);
  const bool coloured = is_terminal(stdout);
  const index_t n = std::min(s.o.dump_samples, data.counts().samples);
  for (index_t i = 0; i < n; ++i) {
    const zer0::encoded_conversation sample = data.sample(i);
    std::cout << "--- sample " << i + 1 << " of " << with_commas(data.counts().samples) << ": "
              << sample.tokens.size() << " tokens, " << std::ranges::count(sample.supervised, 1)
              << " of them learned" << (coloured ? "" : ", in [[ ]]") << '\n';
    print_sample(sample, tok, coloured);
  }
  std::cout << std::flush;
  return 0;
}

}  // namespace program
