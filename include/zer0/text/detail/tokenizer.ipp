// Bodies of zer0/text/tokenizer.hpp.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/text/detail/tokenizer_files.hpp>
#include <zer0/text/detail/tokenizer_json.hpp>
#include <zer0/text/detail/tokenizer_parts.hpp>
#include <zer0/text/detail/utf8_text.hpp>
#include <zer0/text/detail/word_cache.hpp>
#include <zer0/text/tokenizer.hpp>
#include <zer0/text/utf8.hpp>

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <system_error>
#include <utility>

namespace zer0 {

namespace detail {

/// What one thread works with while it encodes.
struct encode_scratch {
  pre_tokenizer_scratch pieces;
  bpe_scratch merging;
  word_cache cache;
  std::string normalized;
};

/// Scratch for as many threads as encode at once; a thread gets the one used last, whose cache is
/// warm.
class scratch_pool {
 public:
  class lease {
   public:
    lease(scratch_pool& pool, std::unique_ptr<encode_scratch> scratch)
        : pool_(pool), scratch_(std::move(scratch)) {}
    lease(const lease&) = delete;
    lease& operator=(const lease&) = delete;
    ~lease() { pool_.give_back(std::move(scratch_)); }
    encode_scratch& operator*() const { return *scratch_; }

   private:
    scratch_pool& pool_;
    std::unique_ptr<encode_scratch> scratch_;
  };

  lease take() {
    {
      const std::lock_guard lock(mutex_);
      if (!free_.empty()) {
        std::unique_ptr<encode_scratch> scratch = std::move(free_.back());
        free_.pop_back();
        return {*this, std::move(scratch)};
      }
    }
    return {*this, std::make_unique<encode_scratch>()};
  }

 private:
  void give_back(std::unique_ptr<encode_scratch> scratch) {
    constexpr std::size_t keep = std::size_t{1}
                                 << 16;  // a word of megabytes must not occupy memory for ever
    if (scratch->merging.ids.capacity() > keep) scratch->merging = {};
    if (scratch->normalized.capacity() > 16 * keep) scratch->normalized = {};
    if (scratch->pieces.prefixed.capacity() > 16 * keep) scratch->pieces.prefixed = {};
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(scratch));
  }

  std::mutex mutex_;
  std::vector<std::unique_ptr<encode_scratch>> free_;
};

/// Appends the tokens of words.
struct word_encoder {
  const tokenizer_parts& parts;
  encode_scratch& scratch;
  std::vector<token_id>& to;

  void operator()(std::string_view word) const {
    if (!word_cache::fits(word)) return merge(word);
    const std::uint64_t hash = word_cache::hash(word);
    if (const auto* known = scratch.cache.find(word, hash)) {
      if (known->tokens == 1) return to.push_back(known->ids[0]);
      to.insert(to.end(), known->ids.begin(), known->ids.begin() + known->tokens);
      return;
    }
    const std::size_t before = to.size();
    merge(word);
    scratch.cache.insert(word, hash, to.data() + before, to.size() - before);
  }

  void merge(std::string_view word) const {
    if (!parts.whole_words.empty()) {
      const auto whole = parts.whole_words.find(word);
      if (whole != parts.whole_words.end()) return to.push_back(whole->second);
    }
    parts.model.encode(word, scratch.merging, to);
  }
};

}  // namespace detail

ZER0_INLINE tokenizer::tokenizer(std::shared_ptr<const detail::tokenizer_parts> parts,
                                 std::filesystem::path source)
    : parts_(std::move(parts)),
      scratch_(std::make_shared<detail::scratch_pool>()),
      source_(std::move(source)) {}

ZER0_INLINE tokenizer::tokenizer(const std::filesystem::path& file_or_directory)
    : tokenizer(nullptr, file_or_directory) {
  auto parts = std::make_shared<detail::tokenizer_parts>();
  detail::tokenizer_files::read(file_or_directory, *parts);
  parts_ = std::move(parts);
}

ZER0_INLINE tokenizer tokenizer::from_json(std::string_view json, const std::string& name) {
  auto parts = std::make_shared<detail::tokenizer_parts>();
  detail::tokenizer_json::parse(json, name, *parts);
  return tokenizer(std::move(parts), name);
}

ZER0_INLINE std::vector<token_id> tokenizer::encode(std::string_view text,
                                                    encode_options options) const {
  std::vector<token_id> ids;
  ids.reserve(text.size() / 4 + 8);
  encode(text, ids, options);
  return ids;
}

ZER0_INLINE void tokenizer::encode(std::string_view text, std::vector<token_id>& append_to,
                                   encode_options options) const {
  const std::size_t bad = find_invalid_utf8(text);
  require(bad == std::string_view::npos, "text to encode is not UTF-8: byte ",
          bad < text.size() ? static_cast<int>(static_cast<unsigned char>(text[bad])) : 0,
          " at offset ", bad, " of ", text.size());
  const detail::tokenizer_parts& parts = *parts_;
  const auto lease = scratch_->take();
  detail::encode_scratch& scratch = *lease;
  const detail::word_encoder word{parts, scratch, append_to};
  const auto put = [&](token_id id) { append_to.push_back(id); };
  if (options.add_special_tokens)
    append_to.insert(append_to.end(), parts.before.begin(), parts.before.end());
  const auto encode_raw = [&](std::string_view piece) {
    const std::string_view normal = parts.normalizer(piece, scratch.normalized);
    const char* const joined =
        options.continues && piece.data() == text.data() ? normal.data() : nullptr;
    const auto encode_normal = [&](std::string_view part) {
      parts.pre_tokenizer.split(part, scratch.pieces, word, part.data() == joined);
    };
    parts.normalized_added.split(normal, options.parse_special, encode_normal, put);
  };
  parts.raw_added.split(text, options.parse_special, encode_raw, put);
  if (options.add_special_tokens)
    append_to.insert(append_to.end(), parts.after.begin(), parts.after.end());
}

ZER0_INLINE std::string tokenizer::decode(std::span<const token_id> ids, bool skip_special) const {
  std::string bytes;
  for (const token_id id : ids) {
    const detail::token_entry& token = parts_->entry(id);
    if (!skip_special || !token.special) bytes += token.bytes;
  }
  if (find_invalid_utf8(bytes) == std::string::npos) return bytes;
  std::string text;
  detail::append_lossy_utf8(text, bytes);
  return text;
}

ZER0_INLINE index_t tokenizer::size() const { return static_cast<index_t>(parts_->tokens.size()); }

ZER0_INLINE std::optional<token_id> tokenizer::bos() const { return parts_->special.bos; }
ZER0_INLINE std::optional<token_id> tokenizer::eos() const { return parts_->special.eos; }
ZER0_INLINE std::optional<token_id> tokenizer::pad() const { return parts_->special.pad; }
ZER0_INLINE std::optional<token_id> tokenizer::unk() const { return parts_->special.unk; }

ZER0_INLINE std::optional<token_id> tokenizer::id_of(std::string_view content) const {
  const auto found = parts_->ids.find(content);
  if (found == parts_->ids.end()) return std::nullopt;
  return found->second;
}

ZER0_INLINE const std::string& tokenizer::token_bytes(token_id id) const {
  return parts_->entry(id).bytes;
}
ZER0_INLINE bool tokenizer::is_special(token_id id) const { return parts_->entry(id).special; }
ZER0_INLINE bool tokenizer::is_added(token_id id) const { return parts_->entry(id).added; }
ZER0_INLINE bool tokenizer::takes_space_after(token_id id) const {
  return parts_->entry(id).rstrip;
}

ZER0_INLINE bool tokenizer::spells_special(std::string_view text) const {
  bool found = false;
  const auto look = [&](token_id id) { found = found || is_special(id); };
  const auto look_inside = [&](std::string_view piece) {
    if (found || parts_->normalized_added.empty()) return;
    std::string buffer;
    parts_->normalized_added.split(
        parts_->normalizer(piece, buffer), true, [](std::string_view) {}, look);
  };
  parts_->raw_added.split(text, true, look_inside, look);
  return found;
}

ZER0_INLINE const std::string& tokenizer::chat_template() const { return parts_->chat_template; }

ZER0_INLINE std::uint64_t tokenizer::fingerprint() const {
  std::uint64_t sum = parts_->content;
  for (const auto& id : {bos(), eos(), pad(), unk()})
    sum = sum * 31 + static_cast<std::uint64_t>(id.value_or(no_token) - no_token);
  return sum;
}

ZER0_INLINE std::filesystem::path tokenizer::directory() const {
  std::error_code ignored;
  if (std::filesystem::is_directory(source_, ignored)) return source_;
  return source_.has_parent_path() ? source_.parent_path() : std::filesystem::path(".");
}

ZER0_INLINE std::vector<std::filesystem::path> tokenizer::files_in(
    const std::filesystem::path& directory) {
  std::vector<std::filesystem::path> files;
  for (const char* name : {"tokenizer.json", "vocab.json", "merges.txt", "tokenizer_config.json",
                           "chat_template.jinja", "special_tokens_map.json", "added_tokens.json"})
    if (std::filesystem::exists(directory / name)) files.push_back(directory / name);
  return files;
}

ZER0_INLINE stream_decoder::stream_decoder(tokenizer tok, bool skip_special)
    : tokenizer_(std::move(tok)), skip_special_(skip_special) {}

ZER0_INLINE std::string stream_decoder::push(token_id id) {
  if (skip_special_ && tokenizer_.is_special(id)) return {};
  pending_ += tokenizer_.token_bytes(id);
  std::string text;
  pending_.erase(0, detail::append_lossy_utf8(text, pending_, true));
  return text;
}

ZER0_INLINE std::string stream_decoder::flush() {
  std::string text;
  detail::append_lossy_utf8(text, pending_);
  pending_.clear();
  return text;
}

}  // namespace zer0
