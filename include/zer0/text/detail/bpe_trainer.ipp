// Bodies of zer0/text/bpe_trainer.hpp: learning merges.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/text/bpe_trainer.hpp>
#include <zer0/text/detail/bpe.hpp>
#include <zer0/text/detail/known_pattern.hpp>
#include <zer0/text/detail/token_pairs.hpp>
#include <zer0/text/detail/utf8_text.hpp>
#include <zer0/text/detail/word_cache.hpp>
#include <zer0/text/utf8.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <unordered_map>

namespace zer0 {

namespace detail {

class bpe_trainer {
 public:
  explicit bpe_trainer(const bpe_training& options) : options_(options) {
    start_vocabulary();
    const auto least = static_cast<index_t>(result_.tokens.size());
    require(options.vocab_size >= least, "the vocabulary size is ", options.vocab_size,
            "; it must be at least ", least, " to hold the 256 bytes and ",
            options.special_tokens.size(), " special tokens");
    require(options.vocab_size <= std::numeric_limits<token_id>::max(), "the vocabulary size is ",
            options.vocab_size, "; the limit is ", std::numeric_limits<token_id>::max());
    require(options.max_token_length >= 0, "the longest token is ", options.max_token_length,
            "; 0 is no limit");
  }

  trained_bpe train(std::vector<word_counts> words) {
    load(std::move(words));
    count_pairs();
    merge_all();
    return std::move(result_);
  }

 private:
  using word_list = std::vector<std::uint32_t>;

  /// A pair that may be merged next, and the words that held it when it was found.
  struct candidate {
    std::int64_t count;
    pair_key pair;
    std::uint32_t list;

    /// The greatest is the most frequent pair, among equals the one with the smaller ids.
    bool operator<(const candidate& other) const {
      return count != other.count ? count < other.count : pair > other.pair;
    }
  };

  /// What one merge changes: for each token beside the merged pair, by how much the two become more
  /// or less frequent as neighbours.
  struct neighbours {
    std::vector<std::int64_t> change;
    std::vector<token_id> touched;
    std::vector<word_list> words;

    void resize(std::size_t tokens) {
      change.resize(tokens);
      words.resize(tokens);
    }
    void add(token_id token, std::int64_t by) {
      std::int64_t& sum = change[static_cast<std::size_t>(token)];
      if (sum == 0) touched.push_back(token);  // all changes of one merge have one sign
      sum += by;
    }
    void add(token_id token, std::int64_t by, std::uint32_t word) {
      add(token, by);
      word_list& list = words[static_cast<std::size_t>(token)];
      if (list.empty() || list.back() != word) list.push_back(word);
    }
  };

  void start_vocabulary() {
    for (const std::string& token : options_.special_tokens) {
      require(!token.empty(), "a special token is the empty text");
      require(find_invalid_utf8(token) == std::string::npos, "the special token '", token,
              "' is not UTF-8");
      require(!ids_.contains(token), "the special token '", token, "' is given twice");
      add_token(token, 1);
    }
    result_.special = static_cast<index_t>(result_.tokens.size());
    std::array<std::pair<char32_t, std::size_t>, 256> alphabet;
    for (std::size_t byte = 0; byte < 256; ++byte)
      alphabet[byte] = {byte_level_alphabet()[byte], byte};
    std::sort(alphabet.begin(), alphabet.end());
    for (const auto& [code, byte] : alphabet) {
      std::string token;
      append_utf8(token, code);
      byte_ids_[byte] = add_token(token, 1);
    }
  }

  /// The id of a token: a new one unless a special token is spelled the same.
  token_id add_token(const std::string& token, index_t length) {
    const auto [found, is_new] = ids_.emplace(token, static_cast<token_id>(result_.tokens.size()));
    if (is_new) {
      result_.tokens.push_back(token);
      lengths_.push_back(length);
    }
    lengths_[static_cast<std::size_t>(found->second)] = length;
    return found->second;
  }

  /// Words of one byte have no pairs and are left out.
  void load(std::vector<word_counts> words) {
    for (word_counts& part : words) {
      part.each([&](std::string_view word, std::uint64_t, std::int64_t count) {
        if (word.size() < 2) return;
        require(counts_.size() < std::numeric_limits<std::uint32_t>::max(), "there are more than ",
                counts_.size(), " different words; train on fewer texts");
        begins_.push_back(symbols_.size());
        counts_.push_back(count);
        for (const char c : word) symbols_.push_back(byte_ids_[static_cast<unsigned char>(c)]);
      });
      part = {};
    }
    begins_.push_back(symbols_.size());
  }

  void count_pairs() {
    std::vector<std::size_t> byte_of(result_.tokens.size());
    for (std::size_t byte = 0; byte < 256; ++byte)
      byte_of[static_cast<std::size_t>(byte_ids_[byte])] = byte;
    std::vector<word_list> lists(std::size_t{256} * 256);
    std::vector<std::int64_t> counts(lists.size());
    for (std::size_t w = 0; w < counts_.size(); ++w) {
      std::size_t left = byte_of[static_cast<std::size_t>(symbols_[begins_[w]])];
      for (std::size_t i = begins_[w] + 1; i < begins_[w + 1]; ++i) {
        const std::size_t right = byte_of[static_cast<std::size_t>(symbols_[i])];
        const std::size_t pair = left * 256 + right;
        if (lists[pair].empty() || lists[pair].back() != w)
          lists[pair].push_back(static_cast<std::uint32_t>(w));
        counts[pair] += counts_[w];
        left = right;
      }
    }
    for (std::size_t pair = 0; pair < lists.size(); ++pair) {
      if (lists[pair].empty()) continue;
      const pair_key key = key_of_pair(byte_ids_[pair / 256], byte_ids_[pair % 256]);
      pairs_[key] = counts[pair];
      push(key, std::move(lists[pair]));
    }
  }

  void push(pair_key pair, word_list words) {
    const std::int64_t count = pairs_[pair];
    if (count <= 0) return;
    heap_.push_back({count, pair, static_cast<std::uint32_t>(lists_.size())});
    std::push_heap(heap_.begin(), heap_.end());
    lists_.push_back(std::move(words));
  }

  void merge_all() {
    const std::size_t wanted = static_cast<std::size_t>(options_.vocab_size);
    const std::size_t least = result_.tokens.size();
    while (result_.tokens.size() < wanted && !heap_.empty()) {
      std::pop_heap(heap_.begin(), heap_.end());
      candidate& top = heap_.back();
      const std::int64_t count = pairs_[top.pair];
      if (top.count != count) {  // other merges have taken some of the pair's places since
        top.count = count;
        std::push_heap(heap_.begin(), heap_.end());
        continue;
      }
      if (count < std::max<index_t>(options_.min_frequency, 1)) break;
      const candidate next = top;
      heap_.pop_back();
      merge(next.pair, next.list);
      if (options_.progress && result_.merges.size() % 64 == 0)
        options_.progress(static_cast<double>(result_.tokens.size() - least) /
                          static_cast<double>(wanted - least));
    }
    if (options_.progress) options_.progress(1);
  }

  void merge(pair_key pair, std::uint32_t list) {
    const token_id left = left_of(pair), right = right_of(pair);
    const auto index = [](token_id id) { return static_cast<std::size_t>(id); };
    const index_t length = lengths_[index(left)] + lengths_[index(right)];
    const token_id made =
        add_token(result_.tokens[index(left)] + result_.tokens[index(right)], length);
    result_.merges.emplace_back(left, right);
    for (neighbours* n : {&lost_before_, &lost_after_, &made_before_, &made_after_})
      n->resize(result_.tokens.size());
    for (const std::uint32_t word : lists_[list]) merge_in(word, left, right, made);
    lists_[list] = {};

    settle(lost_before_, [&](token_id other) { return key_of_pair(other, left); });
    settle(lost_after_, [&](token_id other) { return key_of_pair(right, other); });
    settle(made_before_, [&](token_id other) { return key_of_pair(other, made); });
    settle(made_after_, [&](token_id other) { return key_of_pair(made, other); });
    offer(made_before_, [&](token_id other) { return key_of_pair(other, made); });
    offer(made_after_, [&](token_id other) { return key_of_pair(made, other); });
    for (neighbours* n : {&lost_before_, &lost_after_, &made_before_, &made_after_})
      n->touched.clear();
  }

  /// Replaces left, right by made, from the left to the right. A word that has become shorter ends
  /// with `no_token`.
  void merge_in(std::uint32_t word, token_id left, token_id right, token_id made) {
    token_id* const begin = symbols_.data() + begins_[word];
    token_id* const end = symbols_.data() + begins_[word + 1];
    const std::int64_t count = counts_[word];
    token_id* to = begin;
    for (token_id* from = begin; from != end && *from != no_token;) {
      if (*from != left || from + 1 == end || from[1] != right) {
        *to++ = *from++;
        continue;
      }
      if (to != begin) {
        lost_before_.add(to[-1], -count);
        if (may_join(to[-1], made))
          (to[-1] == made ? made_after_ : made_before_).add(to[-1], count, word);
      }
      *to++ = made;
      from += 2;
      if (from == end || *from == no_token) continue;
      lost_after_.add(*from, -count);
      if (may_join(*from, made)) made_after_.add(*from, count, word);
    }
    if (to != end) *to = no_token;
  }

  [[nodiscard]] bool may_join(token_id a, token_id b) const {
    const index_t length =
        lengths_[static_cast<std::size_t>(a)] + lengths_[static_cast<std::size_t>(b)];
    return options_.max_token_length == 0 || length < options_.max_token_length;
  }

  template <class Pair>
  void settle(neighbours& n, Pair pair) {
    for (const token_id token : n.touched)
      pairs_[pair(token)] += std::exchange(n.change[static_cast<std::size_t>(token)], 0);
  }

  template <class Pair>
  void offer(neighbours& n, Pair pair) {
    for (const token_id token : n.touched)
      push(pair(token), std::exchange(n.words[static_cast<std::size_t>(token)], {}));
  }

  const bpe_training& options_;
  trained_bpe result_;
  std::unordered_map<std::string, token_id> ids_;
  std::vector<index_t> lengths_;  // of the tokens, in bytes
  std::array<token_id, 256> byte_ids_{};

  std::vector<token_id> symbols_;    // of all words
  std::vector<std::size_t> begins_;  // of each word, and the end of the last
  std::vector<std::int64_t> counts_;

  pair_counts pairs_;
  std::vector<candidate> heap_;
  std::vector<word_list> lists_;
  neighbours lost_before_, lost_after_, made_before_, made_after_;
};

}  // namespace detail

ZER0_INLINE void bpe_training::check() const { detail::bpe_trainer{*this}; }

ZER0_INLINE trained_bpe train_bpe(std::vector<word_counts> words, const bpe_training& options) {
  return detail::bpe_trainer(options).train(std::move(words));
}

}  // namespace zer0
