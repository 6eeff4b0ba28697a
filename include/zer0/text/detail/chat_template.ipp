// Bodies of zer0/text/chat_template.hpp.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/file/detail/json.hpp>
#include <zer0/text/chat_template.hpp>
#include <zer0/text/detail/assistant_spans.hpp>
#include <zer0/text/detail/chat_template_files.hpp>
#include <zer0/text/detail/jinja/interpreter.hpp>
#include <zer0/text/utf8.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <limits>
#include <string_view>

namespace zer0 {

namespace detail {

/// Who wrote the strings of a JSON value: nobody who matters, the assistant (in a message), or
/// someone else.
struct author {
  enum class kind { none, assistant, other };
  kind what = kind::none;
  int message = -1;
};

inline jinja::value from_json(jinja::environment& env, const chat_json& j, author by = {},
                              int nesting = 0) {
  require(nesting < jinja::max_nesting, "the JSON is nested more than ", jinja::max_nesting,
          " deep");
  const auto text = [&](const std::string& s) {
    const std::size_t bad = find_invalid_utf8(s);
    require(bad == std::string::npos, "a string is not UTF-8 at byte ", bad);
    jinja::marked_text t(s);
    if (by.what == author::kind::assistant)
      t.add({0, s.size(), jinja::mark::kind::content, by.message});
    if (by.what == author::kind::other) t.add({0, s.size(), jinja::mark::kind::given, -1});
    return env.text(std::move(t));
  };
  switch (j.type()) {
    case nlohmann::json::value_t::boolean:
      return j.get<bool>();
    case nlohmann::json::value_t::number_integer:
      return j.get<std::int64_t>();
    case nlohmann::json::value_t::number_unsigned: {
      const auto u = j.get<std::uint64_t>();
      require(u <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()),
              "the integer ", u, " is above 2^63 - 1");
      return static_cast<std::int64_t>(u);
    }
    case nlohmann::json::value_t::number_float:
      return j.get<double>();
    case nlohmann::json::value_t::string:
      return text(j.get_ref<const std::string&>());
    case nlohmann::json::value_t::array: {
      std::vector<jinja::value> items;
      for (const auto& item : j) items.push_back(from_json(env, item, by, nesting + 1));
      return env.make_list(std::move(items));
    }
    case nlohmann::json::value_t::object: {
      jinja::dict d;
      for (const auto& [key, item] : json_members(j))
        d.items.emplace_back(text(key), from_json(env, item, by, nesting + 1));
      return env.make_dict(std::move(d));
    }
    default:
      return nullptr;
  }
}

/// What copies of a chat template share.
class parsed_chat_template {
 public:
  parsed_chat_template(std::string name, chat_json tokens)
      : name_(std::move(name)),
        tokens_(std::move(tokens)),
        text_(tokens_.dump(-1, ' ', false, chat_json::error_handler_t::replace)) {}

  void add(const chat_template_source& source) {
    named_program& made = programs_.emplace_back(named_program{source.name, source.where, {}});
    try {
      made.program = jinja::parse(source.text);
    } catch (const error& e) {
      fail(source.where, " ", e.what());
    }
    text_ += '\n' + source.name + '\n' + source.text;
  }

  [[nodiscard]] const std::string& text() const { return text_; }

  [[nodiscard]] jinja::marked_text run(const chat_json& messages, std::size_t n,
                                       const chat_options& options) const {
    const named_program& chosen = pick(options);
    const chat_limits& most = options.most;
    jinja::environment env({most.steps, most.text, most.memory},
                           options.now ? *options.now : std::time(nullptr));
    try {
      require(messages.is_array(), "the messages are not a list");
      const auto names = std::make_shared<jinja::scope>(nullptr);
      jinja::add_globals(env, *names);
      for (const auto& [key, v] : json_members(tokens_)) names->set(key, from_json(env, v));
      names->set("messages", convert(env, messages, n));
      names->set("tools", from_json(env, *options.tools, other_author));
      names->set("documents", from_json(env, *options.documents, other_author));
      names->set("add_generation_prompt", options.add_generation_prompt);
      for (const auto& [key, v] : json_members(*options.variables))
        names->set(key, from_json(env, v));
      return jinja::run(chosen.program, env, names);
    } catch (const error& e) {
      fail(chosen.where, " line ", env.line, ": ", e.what());
    }
  }

  [[nodiscard]] rendered_chat render_with_spans(const chat_json& messages,
                                                const chat_options& options) const {
    const jinja::marked_text text = run(messages, messages.size(), options);
    rendered_chat result{text.bytes, {}, {}, {}};
    find_data(text, result);
    if (pick(options).program.marks_generation) {
      find_generation_spans(text, result);
      return result;
    }
    std::vector<int> answers;
    for (std::size_t i = 0; i < messages.size(); ++i) {
      if (is_assistant(messages[i])) answers.push_back(static_cast<int>(i));
    }
    const auto prompt = [&](std::size_t n, bool generation_prompt) -> std::optional<std::string> {
      chat_options changed = options;
      changed.add_generation_prompt = generation_prompt;
      try {
        return run(messages, n, changed).bytes;
      } catch (const error&) {
        return std::nullopt;
      }
    };
    find_assistant_spans(text, answers, token("eos_token"), prompt, result);
    return result;
  }

  [[nodiscard]] std::string token(const std::string& which) const {
    const chat_json* found = detail::json_find(tokens_, which);
    return found != nullptr && found->is_string() ? found->get<std::string>() : std::string();
  }

 private:
  struct named_program {
    std::string name;
    std::string where;  ///< what messages call it
    jinja::program program;
  };

  [[nodiscard]] const named_program& pick(const chat_options& options) const {
    const auto find = [&](const std::string& name) -> const named_program* {
      for (const named_program& p : programs_) {
        if (p.name == name) return &p;
      }
      return nullptr;
    };
    if (!options.name.empty()) {
      const named_program* named = find(options.name);
      require(named != nullptr, name_, ": has no chat template named '", options.name, "'");
      return *named;
    }
    const named_program* tools = options.tools->is_null() ? nullptr : find("tool_use");
    const named_program* found = tools != nullptr ? tools : find("default");
    require(found != nullptr, name_,
            ": has no chat template named 'default'; name one of its templates");
    return *found;
  }

  static bool is_assistant(const chat_json& message) {
    const chat_json* role = detail::json_find(message, "role");
    return role != nullptr && detail::json_is(*role, "assistant");
  }

  static constexpr author other_author{author::kind::other};

  /// The first `n` messages as values; what is written in them is marked by its author.
  static jinja::value convert(jinja::environment& env, const chat_json& messages, std::size_t n) {
    std::vector<jinja::value> list;
    for (std::size_t i = 0; i < n; ++i) {
      const chat_json& m = messages[i];
      require(m.is_object(), "message ", i + 1, " is not an object with \"role\" and \"content\"");
      const bool assistant = is_assistant(m);
      const author answer{author::kind::assistant, static_cast<int>(i)};
      jinja::dict d;
      d.message = static_cast<int>(i);
      for (const auto& [key, item] : json_members(m)) {
        const bool name = key == "role" || key == "name";
        const author named = key == "role" ? author() : other_author;
        d.items.emplace_back(env.text(key),
                             from_json(env, item, !assistant || name ? named : answer));
      }
      list.push_back(env.make_dict(std::move(d)));
    }
    return env.make_list(std::move(list));
  }

  std::string name_;
  chat_json tokens_;
  std::string text_;
  std::vector<named_program> programs_;
};

}  // namespace detail

ZER0_INLINE chat_template::chat_template(const std::string& source, chat_json special_tokens,
                                         std::string name) {
  const auto parsed =
      std::make_shared<detail::parsed_chat_template>(name, std::move(special_tokens));
  parsed->add({"default", source, std::move(name)});
  parsed_ = parsed;
}

ZER0_INLINE chat_template::chat_template(const std::string& source)
    : chat_template(source, chat_json::object()) {}

ZER0_INLINE chat_template chat_template::from_directory(const std::filesystem::path& directory) {
  detail::chat_template_files files = detail::chat_template_files::read(directory);
  const auto parsed = std::make_shared<detail::parsed_chat_template>(
      directory.string(), std::move(files.special_tokens));
  for (const auto& source : files.sources) parsed->add(source);
  return chat_template(parsed);
}

ZER0_INLINE std::string chat_template::render(const chat_json& messages,
                                              const chat_options& options) const {
  return parsed_->run(messages, messages.size(), options).bytes;
}
ZER0_INLINE std::string chat_template::render(const std::vector<chat_message>& messages,
                                              const chat_options& options) const {
  const chat_json all = to_json(messages);
  return parsed_->run(all, all.size(), options).bytes;
}

ZER0_INLINE rendered_chat chat_template::render_with_spans(const chat_json& messages,
                                                           const chat_options& options) const {
  return parsed_->render_with_spans(messages, options);
}
ZER0_INLINE rendered_chat chat_template::render_with_spans(
    const std::vector<chat_message>& messages, const chat_options& options) const {
  return parsed_->render_with_spans(to_json(messages), options);
}

ZER0_INLINE std::string chat_template::token(const std::string& which) const {
  return parsed_->token(which);
}

ZER0_INLINE const std::string& chat_template::text() const { return parsed_->text(); }

ZER0_INLINE chat_json to_json(const std::vector<chat_message>& messages) {
  chat_json list = chat_json::array();
  for (const chat_message& m : messages) {
    chat_json& one = list.emplace_back(chat_json::value_t::object);
    one["role"] = m.role;
    one["content"] = m.content;
  }
  return list;
}

}  // namespace zer0
