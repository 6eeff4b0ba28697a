// Bodies of zer0/text/chat_template.hpp.
#pragma once

#include <zer0/text/chat_template.hpp>
#include <zer0/text/detail/assistant_spans.hpp>
#include <zer0/text/detail/chat_template_files.hpp>
#include <zer0/text/detail/jinja/evaluator.hpp>

#include <nlohmann/json.hpp>

#include <optional>

namespace zer0 {

/// What copies of a chat template share.
class detail::parsed_chat_template {
 public:
  parsed_chat_template(std::string name, chat_json tokens) : name_(std::move(name)), tokens_(std::move(tokens)) {}

  void add(const chat_template_source& source) {
    named_program& made = programs_.emplace_back(named_program{source.name, source.where, {}});
    try {
      made.program = jinja::statement_parser::parse(source.text);
    } catch (const error& e) {
      fail(source.where, " ", e.what());
    }
  }

  [[nodiscard]] jinja::marked_text run(const chat_json& messages, std::size_t n, const chat_options& options) const {
    const named_program& chosen = pick(options);
    jinja::environment env(options.most, options.now ? *options.now : std::time(nullptr));
    try {
      require(messages.is_array(), "the messages are not a list");
      const auto names = std::make_shared<jinja::scope>(nullptr);
      jinja::add_globals(env, *names);
      for (const auto& [key, v] : json_members(tokens_)) names->set(key, jinja::from_json(env, v));
      names->set("messages", convert(env, messages, n));
      names->set("tools", jinja::from_json(env, *options.tools, other_author));
      names->set("documents", jinja::from_json(env, *options.documents, other_author));
      names->set("add_generation_prompt", options.add_generation_prompt);
      for (const auto& [key, v] : json_members(*options.variables)) names->set(key, jinja::from_json(env, v));
      return jinja::evaluator(chosen.program, env, names).run();
    } catch (const error& e) {
      fail(chosen.where, " line ", env.line, ": ", e.what());
    }
  }

  [[nodiscard]] rendered_chat render_with_spans(const chat_json& messages, const chat_options& options) const {
    const jinja::marked_text text = run(messages, messages.size(), options);
    rendered_chat result{text.bytes, {}, {}, data_ranges(text)};
    if (pick(options).program.marks_generation) {
      generation_spans(text, result);
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
    assistant_spans::find(text, answers, token("eos_token"), prompt, result);
    return result;
  }

  [[nodiscard]] std::string token(const std::string& which) const {
    const chat_json* found = json_find(tokens_, which);
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
    require(found != nullptr, name_, ": has no chat template named 'default'; name one of its templates");
    return *found;
  }

  static bool is_assistant(const chat_json& message) {
    const chat_json* role = json_find(message, "role");
    return role != nullptr && json_is(*role, "assistant");
  }

  static constexpr jinja::author other_author{jinja::author::kind::other};

  /// The first `n` messages as values; what is written in them is marked by its author.
  static jinja::value convert(jinja::environment& env, const chat_json& messages, std::size_t n) {
    std::vector<jinja::value> list;
    for (std::size_t i = 0; i < n; ++i) {
      const chat_json& m = messages[i];
      require(m.is_object(), "message ", i + 1, " is not an object with \"role\" and \"content\"");
      const bool assistant = is_assistant(m);
      const jinja::author answer{jinja::author::kind::assistant, static_cast<int>(i)};
      jinja::dict d;
      d.message = static_cast<int>(i);
      for (const auto& [key, item] : json_members(m)) {
        const bool name = key == "role" || key == "name";
        const jinja::author named = key == "role" ? jinja::author() : other_author;
        d.items.emplace_back(env.text(key), jinja::from_json(env, item, !assistant || name ? named : answer));
      }
      list.push_back(env.make_dict(std::move(d)));
    }
    return env.make_list(std::move(list));
  }

  std::string name_;
  chat_json tokens_;
  std::vector<named_program> programs_;
};

ZER0_INLINE chat_template::chat_template(const std::string& source, chat_json special_tokens, std::string name) {
  const auto parsed = std::make_shared<detail::parsed_chat_template>(name, std::move(special_tokens));
  parsed->add({"default", source, std::move(name)});
  parsed_ = parsed;
}

ZER0_INLINE chat_template::chat_template(const std::string& source) : chat_template(source, chat_json::object()) {}

ZER0_INLINE chat_template chat_template::from_directory(const std::filesystem::path& directory) {
  detail::chat_template_files files = detail::chat_template_files::read(directory);
  const auto parsed =
      std::make_shared<detail::parsed_chat_template>(directory.string(), std::move(files.special_tokens));
  for (const auto& source : files.sources) parsed->add(source);
  return chat_template(parsed);
}

ZER0_INLINE std::string chat_template::render(const chat_json& messages, const chat_options& options) const {
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
ZER0_INLINE rendered_chat chat_template::render_with_spans(const std::vector<chat_message>& messages,
                                                           const chat_options& options) const {
  return parsed_->render_with_spans(to_json(messages), options);
}

ZER0_INLINE std::string chat_template::token(const std::string& which) const { return parsed_->token(which); }

}  // namespace zer0
