// Questions with their answers, and requests with a kind and a rude answer, some of them held out
// for tests.
#pragma once

#include "grammar.hpp"
#include "unique_documents.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

namespace corpus {

/// What is trained on, or what is kept for tests.
enum class part { training, test };

struct answered {
  std::string asked;
  std::string answer;
};

struct preference {
  std::string asked;
  std::string kind;
  std::string rude;
};

/// Draws the things that a question or request is about, and says on which side of the split they
/// lie. A fifth of all combinations of things is held out: nothing of the same kind about the same
/// things is in training, not even in other words or in another order.
class cast_list {
 public:
  cast_list(const world& w, const std::string& name, const std::vector<role>& cast, dice& d)
      : scene_(w) {
    std::vector<std::string> things;
    for (const role& r : cast) {
      scene_.bind(r, d);
      things.push_back(r.table + " " + std::string(*scene_.find(r.name)));
    }
    std::ranges::sort(things);
    std::string all = name;
    for (const std::string& thing : things) all += "|" + thing;
    held_out_ = fnv1a(all) % 5 == 0;
  }

  [[nodiscard]] bool is_in(part p) const { return held_out_ == (p == part::test); }
  [[nodiscard]] const scene& things() const { return scene_; }

 private:
  scene scene_;
  bool held_out_ = false;
};

/// Questions and requests of a seed, each kind equally often.
class question_source {
 public:
  question_source(std::vector<world> worlds, std::uint64_t seed)
      : worlds_(std::move(worlds)), seed_(seed) {}

  /// In tests none occurs twice. Throws: zer0::error if there are hardly any others.
  answered ask(part p) {
    return draw<answered>(p, [&](const world& w, dice& d) -> std::optional<answered> {
      const question& q = w.questions[d.below(w.questions.size())];
      const cast_list cast(w, q.name, q.cast, d);
      if (!cast.is_in(p)) return std::nullopt;
      expander say(cast.things(), d);
      return answered{say(q.asked[d.below(q.asked.size())]), say(q.answer)};
    });
  }

  preference prefer(part p) {
    return draw<preference>(p, [&](const world& w, dice& d) -> std::optional<preference> {
      const request& r = w.requests[d.below(w.requests.size())];
      const cast_list cast(w, r.name, r.cast, d);
      if (!cast.is_in(p)) return std::nullopt;
      expander say(cast.things(), d);
      const auto one = [&](const std::vector<std::string>& ways) {
        return say(ways[d.below(ways.size())]);
      };
      return preference{one(r.asked), one(r.kind), one(r.rude)};
    });
  }

 private:
  /// What `make(world, dice)` gives; nothing if it lies on the other side of the split.
  template <class Made, class Make>
  Made draw(part p, Make make) {
    constexpr std::uint32_t most = 10000;
    for (std::uint32_t attempt = 0; attempt < most; ++attempt) {
      dice d(seed_, first_ + drawn_, attempt);
      const std::optional<Made> made = make(worlds_[d.below(worlds_.size())], d);
      if (!made || (p == part::test && !seen_.insert(fnv1a(made->asked)).second)) continue;
      ++drawn_;
      return *made;
    }
    zer0::fail("corpus: after ", drawn_, " questions, ", most,
               " attempts gave none that is new; ask for fewer");
  }

  static constexpr std::uint64_t first_ = std::uint64_t{1} << 48;  // numbers that no document has
  std::vector<world> worlds_;
  std::uint64_t seed_;
  std::uint64_t drawn_ = 0;
  std::unordered_set<std::uint64_t> seen_;
};

}  // namespace corpus
