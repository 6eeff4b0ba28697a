// The data of each mode of train: texts, conversations or pairs of answers, and batches of them.
#include "support/terminal.hpp"
#include "train/training_data.hpp"
#include <zer0/data/batches.hpp>
#include <zer0/data/record_view.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <iostream>

namespace program {

namespace {

/// "1 bad line is", "2 bad lines are".
std::string count_of(index_t n, const std::string& what) {
  return with_commas(n) + " " + what + (n == 1 ? " is" : "s are");
}

/// Opens data_path and val_path, or parts data_path by val_fraction. Bad lines that are left out
/// are told on stderr. What is counted of the files is kept in the folder of the run, so that a
/// resumed run begins at once.
template <class Records>
std::shared_ptr<const zer0::record_files<Records>> open_files(const train_setup& s) {
  const train_options& o = s.o;
  const auto files = std::make_shared<const zer0::record_files<Records>>(
      o.data_path, o.val_path == "none" ? "" : o.val_path, o.val_fraction, o.seed,
      zer0::open_options{.skip_bad_lines = o.skip_bad_lines,
                         .num_workers = static_cast<int>(std::max<index_t>(o.num_workers, 1)),
                         .counts_in = o.only_shows() ? fs::path() : s.directory,
                         .progress = show_percent("reading")});
  files->each_file([](const Records& file) {
    if (file.bad_lines() > 0)
      std::cerr << file.name() << ": " << count_of(file.bad_lines(), "bad line")
                << " left out; the first: " << file.first_bad().front() << '\n';
  });
  return files;
}

/// The tokenizer with the chat template beside it. Templates that ask for the time are told that of
/// the run's start, so that a resumed run trains on the same tokens.
zer0::conversation_encoder open_encoder(const train_setup& s, const zer0::tokenizer& tok) {
  try {
    return {tok,
            zer0::chat_template::from_directory(tok.directory()),
            {.now = static_cast<std::time_t>(s.run.at("time").get<std::int64_t>())}};
  } catch (const zer0::error& e) {
    zer0::fail(e.what(), "; --mode ", s.o.mode,
               " needs one: give a tokenizer that has it by --tokenizer_path");
  }
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

/// Of --mode pretrain.
struct texts {
  using data = zer0::pretrain_data;
  using records = zer0::pretrain_records;
  using options = zer0::data_options;
  static const zer0::tokenizer& encoder(const train_setup&, const zer0::tokenizer& tok) {
    return tok;
  }
  static void tell_left_out(const std::string&, const data&, index_t) {}
  static std::string count(const data& d) { return with_commas(d.records()) + " texts"; }
  static std::string about(const data& d, bool packed) {
    return packed ? ", " + with_commas(d.tokens_per_epoch()) + " tokens an epoch, packed" : "";
  }
};

/// Of --mode sft.
struct conversations {
  using data = zer0::sft_data;
  using records = zer0::chat_records;
  using options = zer0::sft_options;
  static constexpr auto encoder = open_encoder;
  static void tell_left_out(const std::string& file, const data& d, index_t seq) {
    program::tell_left_out(file, d.counts(), seq, "conversation", "no answer begins");
  }
  static std::string count(const data& d) {
    return with_commas(d.counts().samples) + " conversations";
  }
  static std::string about(const data& d, bool packed) {
    return ", " + with_commas(d.counts().tokens) + " tokens an epoch, " +
           with_commas(d.counts().supervised) + " of them learned" + (packed ? ", packed" : "");
  }
};

/// Of --mode dpo.
struct pairs {
  using data = zer0::preference_data;
  using records = zer0::preference_records;
  using options = zer0::preference_options;
  static constexpr auto encoder = open_encoder;
  static void tell_left_out(const std::string& file, const data& d, index_t seq) {
    program::tell_left_out(file, d.counts(), seq, "pair", "an answer does not begin");
  }
  static std::string count(const data& d) { return with_commas(d.pairs()) + " pairs"; }
  static std::string about(const data& d, bool) {
    return " of answers, " + with_commas(d.counts().tokens) + " tokens an epoch";
  }
};

template <class Kind>
typename Kind::options batches_of(const train_options& o, bool shuffle) {
  typename Kind::options batches{.batch_size = o.batch_size,
                                 .seq = o.sizes.max_seq_len,
                                 .packed = o.packed,
                                 .shuffle = shuffle,
                                 .seed = o.seed,
                                 .num_workers = static_cast<int>(o.num_workers)};
  constexpr bool texts_alone = std::is_same_v<Kind, texts>;
  batches.progress = show_percent(texts_alone ? "counting tokens" : "encoding");
  if constexpr (!texts_alone) batches.skip_bad_lines = o.skip_bad_lines;
  return batches;
}

template <class Kind>
training_data open(const train_setup& s, const zer0::tokenizer& tok) {
  using batches = typename Kind::data;
  const train_options& o = s.o;
  const auto files = open_files<typename Kind::records>(s);
  const auto& encoder = Kind::encoder(s, tok);
  const auto open = [&](const auto& view, bool shuffle) {
    auto data = std::make_shared<batches>(view, encoder, batches_of<Kind>(o, shuffle));
    Kind::tell_left_out(view.records().name(), *data, o.sizes.max_seq_len);
    return data;
  };
  const std::shared_ptr<batches> train = open(files->train(), o.shuffle);
  std::shared_ptr<batches> val;
  training_data result{.files = files, .train = train};
  result.about = o.data_path + ": " + Kind::count(*train) + Kind::about(*train, o.packed);
  if (files->val()) {
    result.val = val = open(*files->val(), false);
    result.about += "; validation: " + Kind::count(*val);
  }
  if constexpr (std::is_same_v<Kind, pairs>) {
    result.train_pairs = train.get();
    result.val_pairs = val.get();
  }
  return result;
}

}  // namespace

training_data open_training_data(const train_setup& s, const zer0::tokenizer& tok) {
  if (s.o.mode == "dpo") return open<pairs>(s, tok);
  return s.o.mode == "sft" ? open<conversations>(s, tok) : open<texts>(s, tok);
}

int dump_samples(train_setup& s) {
  const zer0::tokenizer tok = open_tokenizer(s);
  const auto files = open_files<zer0::chat_records>(s);
  const zer0::sft_data data(files->train(), open_encoder(s, tok),
                            batches_of<conversations>(s.o, false));
  conversations::tell_left_out(s.o.data_path, data, s.o.sizes.max_seq_len);
  const bool coloured = is_terminal(stdout);
  const index_t n = std::min(s.o.dump_samples, data.counts().samples);
  for (index_t i = 0; i < n; ++i) {
    const zer0::encoded_conversation sample = data.sample(i);
    std::cout << "--- sample " << i + 1 << " of " << with_commas(data.counts().samples) << ": "
              << sample.tokens.size() << " tokens, " << std::ranges::count(sample.supervised, 1)
              << " of them learned" << (coloured ? "" : ", in [[ ]]") << '\n'
              << zer0::marked_text(sample, tok, coloured ? "\x1b[30;42m" : "[[",
                                   coloured ? "\x1b[0m" : "]]")
              << '\n';
  }
  std::cout << std::flush;
  return 0;
}

}  // namespace program
