// Chat templates: conversations into the text a model was trained on, byte for byte as Hugging Face's transformers do
// it.
#pragma once

#include <zer0/text/assistant_spans.hpp>
#include <zer0/text/chat_message.hpp>
#include <zer0/text/chat_template_files.hpp>
#include <zer0/text/jinja/evaluator.hpp>

#include <ctime>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace zer0 {

/// A chat template (Jinja), parsed. Immutable: many threads may render at once; a copy shares the tree.
/// Knows the part of Jinja that docs/chat_templates.md lists, in the settings of Hugging Face transformers
/// (trim_blocks, lstrip_blocks, break and continue, tojson without ASCII escapes, raise_exception, strftime_now, {%
/// generation %}).
class chat_template {
 public:
  /// `special_tokens`: an object such as {"bos_token": "<s>", "eos_token": "</s>"}; these become variables.
  /// `name` is what messages call the template. Throws: `error` naming the line of the template it does not understand.
  explicit chat_template(const std::string& source, chat_json special_tokens = chat_json::object(),
                         std::string name = "chat template")
      : name_(std::move(name)), tokens_(std::move(special_tokens)) {
    add({"default", source, name_});
  }

  /// Reads chat_template.jinja, additional_chat_templates/*.jinja and tokenizer_config.json of a directory.
  /// Throws: `error` naming the file if there is no template or it is not understood.
  static chat_template from_directory(const std::filesystem::path& directory) {
    detail::chat_template_files files = detail::chat_template_files::read(directory);
    chat_template t;
    t.name_ = directory.string();
    t.tokens_ = std::move(files.special_tokens);
    for (const auto& source : files.sources) t.add(source);
    return t;
  }

  /// The text of a conversation: a list of objects with "role" and "content", and whatever else the template reads.
  /// Throws: `error` naming the template's line if the template refuses the messages, or a limit is reached.
  [[nodiscard]] std::string render(const chat_json& messages, const chat_options& options = {}) const {
    return run(messages, messages.size(), options).bytes;
  }
  [[nodiscard]] std::string render(const std::vector<chat_message>& messages, const chat_options& options = {}) const {
    return render(to_json(messages), options);
  }

  /// The same text, and which bytes of it the assistant produced: what {% generation %} blocks say, or else each turn
  /// from where its prompt ends to its end token (detail::assistant_spans); also which bytes are data. Renders up to
  /// two times more for each turn.
  [[nodiscard]] rendered_chat render_with_spans(const chat_json& messages, const chat_options& options = {}) const {
    const jinja::marked_text text = run(messages, messages.size(), options);
    rendered_chat result{text.bytes, {}, {}, detail::data_ranges(text)};
    if (pick(options).program.marks_generation) {
      detail::generation_spans(text, result);
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
    detail::assistant_spans::find(text, answers, token("eos_token"), prompt, result);
    return result;
  }
  [[nodiscard]] rendered_chat render_with_spans(const std::vector<chat_message>& messages,
                                                const chat_options& options = {}) const {
    return render_with_spans(to_json(messages), options);
  }

  /// A special token's text by its name, such as "eos_token"; empty if there is none.
  [[nodiscard]] std::string token(const std::string& which) const {
    const auto found = tokens_.find(which);
    return found != tokens_.end() && found->is_string() ? found->get<std::string>() : std::string();
  }

 private:
  chat_template() = default;

  struct named_program {
    std::string name;
    std::string where;  ///< what messages call it
    jinja::program program;
  };

  void add(const detail::chat_template_source& source) {
    auto made = std::make_shared<named_program>();
    made->name = source.name;
    made->where = source.where;
    try {
      made->program = jinja::statement_parser::parse(source.text);
    } catch (const error& e) {
      fail(source.where, " ", e.what());
    }
    programs_.push_back(std::move(made));
  }

  [[nodiscard]] const named_program& pick(const chat_options& options) const {
    const auto find = [&](const std::string& name) -> const named_program* {
      for (const auto& p : programs_) {
        if (p->name == name) return p.get();
      }
      return nullptr;
    };
    if (!options.name.empty()) {
      const named_program* named = find(options.name);
      require(named != nullptr, name_, ": has no chat template named '", options.name, "'");
      return *named;
    }
    const named_program* tools = options.tools.is_null() ? nullptr : find("tool_use");
    const named_program* found = tools != nullptr ? tools : find("default");
    require(found != nullptr, name_, ": has no chat template named 'default'; name one of its templates");
    return *found;
  }

  static bool is_assistant(const chat_json& message) {
    const auto role = message.find("role");
    return role != message.end() && role->is_string() && role->get_ref<const std::string&>() == "assistant";
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
      for (const auto& [key, item] : m.items()) {
        const bool name = key == "role" || key == "name";
        const jinja::author named = key == "role" ? jinja::author() : other_author;
        d.items.emplace_back(env.text(key), jinja::from_json(env, item, !assistant || name ? named : answer));
      }
      list.push_back(env.make_dict(std::move(d)));
    }
    return env.make_list(std::move(list));
  }

  [[nodiscard]] jinja::marked_text run(const chat_json& messages, std::size_t n, const chat_options& options) const {
    const named_program& chosen = pick(options);
    jinja::environment env(options.most, options.now ? *options.now : std::time(nullptr));
    try {
      require(messages.is_array(), "the messages are not a list");
      const auto names = std::make_shared<jinja::scope>(nullptr);
      jinja::add_globals(env, *names);
      for (const auto& [key, v] : tokens_.items()) names->set(key, jinja::from_json(env, v));
      names->set("messages", convert(env, messages, n));
      names->set("tools", jinja::from_json(env, options.tools, other_author));
      names->set("documents", jinja::from_json(env, options.documents, other_author));
      names->set("add_generation_prompt", options.add_generation_prompt);
      for (const auto& [key, v] : options.variables.items()) names->set(key, jinja::from_json(env, v));
      return jinja::evaluator(chosen.program, env, names).run();
    } catch (const error& e) {
      fail(chosen.where, " line ", env.line, ": ", e.what());
    }
  }

  std::string name_;
  chat_json tokens_;
  std::vector<std::shared_ptr<const named_program>> programs_;
};

}  // namespace zer0
