#include "support/catch.hpp"
#include "support/devices.hpp"
#include "support/small_model.hpp"
#include <zer0/generate/generate.hpp>

using namespace zer0;
using support::difference;

namespace {

using tokens = std::vector<token_id>;
using pieces = std::vector<tokens>;

template <class D>
using small = support::small_model<decoder<>, D>;
template <class D>
using session_of = session<model<decoder<>, D>>;

/// What rounding may do to logits.
template <class D>
constexpr double tolerance = sizeof(typename D::real) == 4 ? 3e-6 : 1e-13;

/// Logits after the last token, by the pass that training uses.
template <class D>
std::vector<float> logits_of(small<D>& m, const tokens& ids) {
  const auto n = static_cast<std::int32_t>(ids.size());
  const token_batch batch{ids, ids, std::vector<float>(ids.size(), 1), {0, n}};
  auto& c = m.start(batch);
  const auto hidden = m.model.forward(c, m.memory.batch().ids);
  const auto logits = c.keep.matrix(n, m.model.sizes().vocab_size);
  matmul(c.device, hidden, transposed(m.model.output().value), 0, logits);
  const auto last = m.host(tensor_view<const typename D::real>(logits.row_block(n - 1, 1)));
  return {last.begin(), last.end()};
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("session: a prompt in any pieces gives the logits of the training pass",
                        "[generate][session]", support::all_devices) {
  small<TestType> m;
  const tokens prompt = support::random_tokens(23, 13, 1);
  const auto expected = logits_of(m, prompt);
  for (const std::size_t piece : {1u, 2u, 5u, 22u, 23u}) {
    session_of<TestType> s(m.model, 1, 23);
    for (std::size_t at = 0; at < prompt.size(); at += piece) {
      const auto end = std::min(at + piece, prompt.size());
      const auto& logits = s.feed(pieces{{prompt.begin() + static_cast<std::ptrdiff_t>(at),
                                          prompt.begin() + static_cast<std::ptrdiff_t>(end)}});
      REQUIRE(logits.size() == 1);
      CHECK(s.length(0) == static_cast<index_t>(end));
      if (end == prompt.size()) CHECK(difference(logits[0], expected) < tolerance<TestType>);
    }
  }
}

TEMPLATE_LIST_TEST_CASE("session: sequences side by side do not see one another",
                        "[generate][session]", support::all_devices) {
  small<TestType> m;
  const pieces prompts{support::random_tokens(7, 13, 1), support::random_tokens(1, 13, 2),
                       support::random_tokens(12, 13, 3)};
  session_of<TestType> s(m.model, 3, 16);
  const auto check = [&](const std::vector<std::vector<float>>& logits, const pieces& histories) {
    REQUIRE(logits.size() == histories.size());
    for (std::size_t i = 0; i < histories.size(); ++i)
      CHECK(difference(logits[i], logits_of(m, histories[i])) < tolerance<TestType>);
  };
  check(s.feed(prompts), prompts);

  // The second rests, the others go on by different steps.
  pieces longer = prompts;
  longer[0].push_back(4);
  longer[2].insert(longer[2].end(), {1, 2});
  check(s.feed(pieces{{4}, {}, {1, 2}}), {longer[0], longer[2]});
  CHECK(s.length(0) == 8);
  CHECK(s.length(1) == 1);
  CHECK(s.length(2) == 14);

  longer[1].push_back(9);
  check(s.feed(pieces{{}, {9}, {}}), {longer[1]});
}

TEST_CASE("session: what cannot be fed is refused and changes nothing", "[generate][session]") {
  small<cpu> m;
  session_of<cpu> s(m.model, 2, 6);
  session_of<cpu> untouched(m.model, 2, 6);
  const pieces first{{1, 2, 3}, {4, 5, 6, 7}};
  (void)s.feed(first);
  (void)untouched.feed(first);
  CHECK_THROWS_WITH(s.feed(pieces{{1}, {1, 2, 3}}),
                    support::contains("sequence 1 would have 7 tokens; there is room for 6"));
  CHECK_THROWS_WITH(s.feed(pieces{{1}, {13}}),
                    support::contains("token 13 is outside the vocabulary of 13"));
  CHECK_THROWS_WITH(s.feed(pieces{{no_token}, {1}}), support::contains("token -1 is outside"));
  CHECK_THROWS_WITH(s.feed(pieces{{1}}), support::contains("1 pieces for 2 sequences"));
  CHECK_THROWS_WITH(s.feed(pieces{{}, {}}), support::contains("no token given"));
  CHECK(s.length(0) == 3);
  CHECK(s.length(1) == 4);
  CHECK(s.feed(pieces{{8}, {9, 10}}) == untouched.feed(pieces{{8}, {9, 10}}));
  CHECK(s.length(1) == s.capacity());
}

TEST_CASE("session: sizes out of range are refused before memory is taken", "[generate][session]") {
  small<cpu> m;
  CHECK_THROWS_WITH(session_of<cpu>(m.model, 1, 65),
                    support::contains("the model accepts max_seq_len = 64"));
  CHECK_THROWS_WITH(session_of<cpu>(m.model, 1, index_t{1} << 50),
                    support::contains("max_seq_len = 64"));
  CHECK_THROWS_WITH(session_of<cpu>(m.model, index_t{1} << 30, 64),
                    support::contains("generate fewer at once"));
  CHECK_THROWS_WITH(session_of<cpu>(m.model, 0, 4), support::contains("at least 1 of each"));
  CHECK_THROWS_WITH(session_of<cpu>(m.model, -3, 4), support::contains("at least 1 of each"));
  CHECK_THROWS_WITH(session_of<cpu>(m.model, 1, 0), support::contains("at least 1 of each"));
}
