// Where a directory keeps its chat templates and the texts of its special tokens.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/file/detail/json.hpp>
#include <zer0/file/json_document.hpp>
#include <zer0/file/mapped_file.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace zer0::detail {

struct chat_template_source {
  std::string name;   ///< "default", "tool_use", ...
  std::string text;   ///< Jinja
  std::string where;  ///< the file, for messages
};

/// chat_template.jinja comes before tokenizer_config.json's "chat_template", which is a string or a
/// list of {"name", "template"}; additional_chat_templates/NAME.jinja are further ones.
struct chat_template_files {
  std::vector<chat_template_source> sources;
  nlohmann::ordered_json special_tokens = nlohmann::ordered_json::object();

  /// Throws `error` naming the file or the directory.
  static chat_template_files read(const std::filesystem::path& directory) {
    chat_template_files files;
    const std::filesystem::path config = directory / "tokenizer_config.json";
    if (exists(directory / "chat_template.jinja"))
      files.add_file("default", directory / "chat_template.jinja");
    files.add_folder(directory / "additional_chat_templates");
    if (exists(config)) files.add_config(config);
    require(!files.sources.empty(), directory.string(),
            ": has no chat template, neither chat_template.jinja nor \"chat_template\" in "
            "tokenizer_config.json");
    return files;
  }

 private:
  static bool exists(const std::filesystem::path& path) {
    std::error_code ignored;
    return std::filesystem::is_regular_file(path, ignored);
  }

  static std::string contents(const std::filesystem::path& file) {
    return std::string(mapped_file(file).text());
  }

  void add(std::string name, std::string text, std::string where) {
    for (const chat_template_source& s : sources)
      if (s.name == name) return;
    sources.push_back({std::move(name), std::move(text), std::move(where)});
  }

  void add_file(std::string name, const std::filesystem::path& file) {
    add(std::move(name), contents(file), file.string());
  }

  void add_folder(const std::filesystem::path& folder) {
    std::error_code none;
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder, none)) {
      if (entry.path().extension() == ".jinja") files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    for (const auto& file : files) add_file(file.stem().string(), file);
  }

  void add_config(const std::filesystem::path& file) {
    std::string problem;
    const nlohmann::json config = parse_document(contents(file), problem);
    require(problem.empty(), file.string(), ": not valid JSON: ", problem);
    require(config.is_object(), file.string(), ": is not a JSON object");
    for (const auto& [key, v] : json_members(config)) {
      if (!key.ends_with("_token")) continue;
      const nlohmann::json* content = v.is_object() ? json_find(v, "content") : &v;
      if (content != nullptr && content->is_string())
        special_tokens[key] = content->get_ref<const std::string&>();
    }
    const nlohmann::json* found = json_find(config, "chat_template");
    if (found != nullptr && !found->is_null()) add_templates(*found, file.string());
  }

  void add_templates(const nlohmann::json& templates, const std::string& file) {
    if (templates.is_string())
      return add("default", templates.get<std::string>(), file + " chat_template");
    require(templates.is_array(), file, ": chat_template is ", templates.type_name(),
            "; a string or a list was expected");
    for (std::size_t i = 0; i < templates.size(); ++i) {
      const nlohmann::json* named = json_find(templates[i], "name");
      const nlohmann::json* text = json_find(templates[i], "template");
      const bool fits =
          named != nullptr && named->is_string() && text != nullptr && text->is_string();
      require(fits, file, ": chat_template[", i,
              "] is not an object with the strings \"name\" and \"template\"");
      const auto name = named->get<std::string>();
      add(name, text->get<std::string>(), file + " chat_template '" + name + "'");
    }
  }
};

}  // namespace zer0::detail
