#include "support/catch.hpp"
#include "support/shared_dir.hpp"
#include "support/small_model.hpp"
#include <zer0/device/reference.hpp>
#include <zer0/generate/conversation.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

using namespace zer0;
using tokens = std::vector<token_id>;

namespace {

/// The tokenizer of the examples, which has a chat template, and a model of its vocabulary.
struct talk {
  tokenizer tok{support::source_dir() / "examples" / "tokenizer"};
  chat_template chat = chat_template::from_directory(tok.directory());
  conversation_encoder messages{tok, chat};
  support::small_model<decoder<>, reference> small{sizes()};

  [[nodiscard]] dims sizes() const {
    dims d = support::small_dims;
    d.vocab_size = tok.size();
    return d;
  }
};

chat_json say(const char* role, const std::string& content) {
  return {{"role", role}, {"content", content}};
}

chat_json list(const std::vector<chat_json>& messages) { return messages; }

generate_options few() { return {.rules = {.temperature = 0}, .max_new_tokens = 5}; }

}  // namespace

TEST_CASE("prompt_encoder: texts begin with the begin-of-text token, questions with the template",
          "[generate][conversation]") {
  const talk t;
  const prompt_encoder texts(t.tok);
  tokens expected = t.tok.encode("a bird");
  REQUIRE(t.tok.bos());
  expected.insert(expected.begin(), *t.tok.bos());
  CHECK(texts("a bird") == expected);
  CHECK(texts.end() == t.tok.eos());
  CHECK_FALSE(texts.chats());
  CHECK_THROWS_WITH(texts(list({say("user", "a")}), nullptr),
                    support::contains("beginnings of texts"));

  const prompt_encoder questions(t.tok, t.chat);
  CHECK(questions("a bird") == t.messages.prompt(list({say("user", "a bird")})));
  CHECK(questions.end() == chat_end_token(t.chat, t.tok));
}

TEST_CASE("prompt_encoder: what the system says comes before messages that do not begin with it",
          "[generate][conversation]") {
  const talk t;
  const prompt_encoder told(t.tok, t.chat, "Be brief.");
  const chat_json system = say("system", "Be brief."), other = say("system", "Be loud.");
  CHECK(told("a") == t.messages.prompt(list({system, say("user", "a")})));
  CHECK(told(list({say("user", "a")}), nullptr) ==
        t.messages.prompt(list({system, say("user", "a")})));
  CHECK(told(list({other, say("user", "a")}), nullptr) ==
        t.messages.prompt(list({other, say("user", "a")})));
}

TEST_CASE("conversation: a question follows the last ones that are remembered, as far as they fit",
          "[generate][conversation]") {
  const talk t;
  conversation chat(prompt_encoder(t.tok, t.chat), 2);
  const chat_json a = say("user", "a"), b = say("assistant", "b"), c = say("user", "c"),
                  d = say("assistant", "d"), e = say("user", "e"), f = say("assistant", "f"),
                  g = say("user", "g");
  CHECK(chat.ask("a", 1000) == t.messages.prompt(list({a})));
  chat.remember("a", "b");
  chat.remember("c", "d");
  CHECK(chat.ask("e", 1000) == t.messages.prompt(list({a, b, c, d, e})));
  chat.remember("e", "f");
  const tokens both = t.messages.prompt(list({c, d, e, f, g}));
  CHECK(chat.ask("g", static_cast<index_t>(both.size())) == both);
  const tokens one = t.messages.prompt(list({e, f, g}));
  CHECK(chat.ask("g", static_cast<index_t>(both.size()) - 1) == one);
  CHECK(chat.ask("g", 1) == t.messages.prompt(list({g})));  // it does not fit, but is whole
}

TEST_CASE("conversation: beginnings of texts, and a memory of none, follow nothing",
          "[generate][conversation]") {
  const talk t;
  const prompt_encoder texts(t.tok), questions(t.tok, t.chat);
  conversation beginnings(texts, 3), forgetful(questions);
  for (conversation* c : {&beginnings, &forgetful}) c->remember("a", "b");
  CHECK(beginnings.ask("c", 1000) == texts("c"));
  CHECK(forgetful.ask("c", 1000) == questions("c"));
}

TEST_CASE("answer: the model's text up to the end of an answer, remembered",
          "[generate][conversation]") {
  talk t;
  auto& model = t.small.model;
  conversation chat(prompt_encoder(t.tok, t.chat), 1);
  std::string heard;
  const std::string first =
      answer(model, chat, "a bird", few(), [&](std::string_view piece) { heard += piece; });
  const auto ids =
      generate_tokens(model, {t.messages.prompt(list({say("user", "a bird")}))}, few())[0];
  REQUIRE(ids.size() == 5);
  CHECK(first == t.tok.decode(ids, true));
  CHECK(heard == first);
  const chat_json remembered =
      list({say("user", "a bird"), say("assistant", first), say("user", "c")});
  CHECK(chat.ask("c", 1000) == t.messages.prompt(remembered));

  generate_options ends = few();
  ends.stop_token = ids[2];
  const auto before =
      static_cast<std::size_t>(std::find(ids.begin(), ids.end(), ids[2]) - ids.begin());
  const tokens prompt = chat.encode()("a bird");
  CHECK(answer(model, chat.encode(), prompt, ends) ==
        t.tok.decode(std::span(ids).first(before), true));
}

TEST_CASE("answers: side by side they are those of one at a time", "[generate][conversation]") {
  talk t;
  const prompt_encoder encode(t.tok, t.chat);
  const std::vector<tokens> prompts{encode("a bird"), encode("the dog saw"), encode("x")};
  const std::vector<std::string> together = answers(t.small.model, encode, prompts, few());
  REQUIRE(together.size() == 3);
  for (std::size_t i = 0; i < 3; ++i)
    CHECK(together[i] == answer(t.small.model, encode, prompts[i], few()));
}
