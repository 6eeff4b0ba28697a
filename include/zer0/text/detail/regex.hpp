// The regexes of tokenizer files, matched by PCRE2 with JIT in Unicode mode.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/text/detail/regex_dialect.hpp>

#ifndef PCRE2_CODE_UNIT_WIDTH
#define PCRE2_CODE_UNIT_WIDTH 8
#endif
#include <pcre2.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace zer0::detail {

template <auto Free>
struct c_free {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};

/// Working memory of matching, for any regex; each thread that matches needs its own.
class regex_scratch {
 public:
  regex_scratch()
      : data(pcre2_match_data_create_8(1, nullptr)),
        stack(pcre2_jit_stack_create_8(std::size_t{32} << 10, std::size_t{64} << 20, nullptr)),
        context(pcre2_match_context_create_8(nullptr)) {
    require(data && stack && context, "not enough memory to match a regex");
    pcre2_jit_stack_assign_8(context.get(), nullptr, stack.get());
    // The default limits are made for untrusted patterns on short subjects; a subject here may have
    // gigabytes.
    pcre2_set_match_limit_8(context.get(), 2'000'000'000);
    pcre2_set_heap_limit_8(context.get(), UINT32_MAX);
  }

  std::unique_ptr<pcre2_match_data_8, c_free<&pcre2_match_data_free_8>> data;
  std::unique_ptr<pcre2_jit_stack_8, c_free<&pcre2_jit_stack_free_8>> stack;
  std::unique_ptr<pcre2_match_context_8, c_free<&pcre2_match_context_free_8>> context;
};

/// Immutable after construction, so that threads may share it; each brings its own `regex_scratch`.
class regex {
 public:
  /// Throws `error`, opening with `where`, for a pattern that does not compile or that PCRE2 would
  /// read differently.
  regex(std::string_view pattern, std::string_view where) {
    const std::string translated = regex_dialect::to_pcre2(pattern, where);
    const std::unique_ptr<pcre2_compile_context_8, c_free<&pcre2_compile_context_free_8>> context(
        pcre2_compile_context_create_8(nullptr));
    pcre2_set_newline_8(context.get(), PCRE2_NEWLINE_LF);
    pcre2_set_max_pattern_length_8(context.get(), std::size_t{1} << 16);
    int code = 0;
    PCRE2_SIZE offset = 0;
    const std::uint32_t options = PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C;
    code_.reset(pcre2_compile_8(reinterpret_cast<PCRE2_SPTR8>(translated.data()), translated.size(),
                                options, &code, &offset, context.get()),
                &pcre2_code_free_8);
    if (!code_)
      fail(where, ": the regex '", pattern, "' is not valid: ", message(code), " (byte ", offset,
           " of its PCRE2 form)");
    jit_ = pcre2_jit_compile_8(code_.get(), PCRE2_JIT_COMPLETE) == 0;
  }

  /// The first match that begins at or after `from`; the whole of `subject` (valid UTF-8) is seen
  /// by lookarounds.
  bool find(std::string_view subject, std::size_t from, std::size_t& begin, std::size_t& end,
            regex_scratch& scratch) const {
    const auto* text = reinterpret_cast<PCRE2_SPTR8>(subject.data());
    int result = PCRE2_ERROR_JIT_STACKLIMIT;
    if (jit_) {
      result = pcre2_jit_match_8(code_.get(), text, subject.size(), from, 0, scratch.data.get(),
                                 scratch.context.get());
    }
    if (result == PCRE2_ERROR_JIT_STACKLIMIT) {
      result =
          pcre2_match_8(code_.get(), text, subject.size(), from, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT,
                        scratch.data.get(), scratch.context.get());
    }
    if (result == PCRE2_ERROR_NOMATCH) return false;
    if (result < 0)
      fail("a regex of the tokenizer failed on a text of ", subject.size(),
           " bytes: ", message(result));
    const PCRE2_SIZE* const offsets = pcre2_get_ovector_pointer_8(scratch.data.get());
    begin = offsets[0];
    end = offsets[1];
    return true;
  }

 private:
  static std::string message(int code) {
    PCRE2_UCHAR8 text[256] = {};
    pcre2_get_error_message_8(code, text, sizeof text);
    return reinterpret_cast<const char*>(text);
  }

  std::shared_ptr<pcre2_code_8> code_;
  bool jit_ = false;
};

}  // namespace zer0::detail
