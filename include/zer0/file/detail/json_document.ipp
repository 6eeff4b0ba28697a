// Bodies of zer0/file/json_document.hpp.
#pragma once

#include <zer0/file/detail/json_sax.hpp>
#include <zer0/file/json_document.hpp>

#include <nlohmann/json.hpp>

#include <utility>
#include <vector>

namespace zer0 {

template <class T>
held<T>::held() : value_(new T()) {}
template <class T>
held<T>::held(T value) : value_(new T(std::move(value))) {}
template <class T>
held<T> held<T>::object() {
  return held(T::object());
}
template <class T>
held<T>::held(const held& other) : value_(new T(*other.value_)) {}
template <class T>
held<T>::held(held&& other) noexcept : value_(std::exchange(other.value_, nullptr)) {}
template <class T>
held<T>& held<T>::operator=(held other) noexcept {
  std::swap(value_, other.value_);
  return *this;
}
template <class T>
held<T>::~held() {
  delete value_;
}

namespace detail {

/// Builds a document from the parser's events. If a key comes twice, its last value counts.
class document_builder final : public json_events {
 public:
  nlohmann::json document;

  bool null() override { return put(nullptr); }
  bool boolean(bool v) override { return put(v); }
  bool number_integer(std::int64_t v) override { return put(v); }
  bool number_unsigned(std::uint64_t v) override { return put(v); }
  bool number_float(double v) override { return put(v); }
  bool string(std::string& v) override { return put(std::move(v)); }
  bool start_object() override { return open(nlohmann::json::object()); }
  bool start_array() override { return open(nlohmann::json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(std::string& name) override {
    member_ = &(*open_.back())[name];
    return true;
  }
  bool parse_error(std::size_t, std::string_view what) override {
    const std::size_t prefix = what.find("] ");
    return refuse(std::string(prefix == what.npos ? what : what.substr(prefix + 2)));
  }

 private:
  nlohmann::json& place() {
    if (open_.empty()) return document;
    if (open_.back()->is_object()) return *member_;
    open_.back()->push_back(nullptr);
    return open_.back()->back();
  }
  bool put(nlohmann::json value) {
    place() = std::move(value);
    return true;
  }
  bool open(nlohmann::json container) {
    nlohmann::json& here = place();
    here = std::move(container);
    open_.push_back(&here);
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  std::vector<nlohmann::json*> open_;  // containers not closed yet; a parent does not grow while
                                       // its child is open, so pointers stay valid
  nlohmann::json* member_ = nullptr;   // of the innermost object
};

ZER0_INLINE nlohmann::json parse_document(std::string_view text, std::string& problem) {
  document_builder builder;
  problem = read_json(text, builder);
  return std::move(builder.document);
}

}  // namespace detail

#ifdef ZER0_COMPILED
template class held<nlohmann::json>;
template class held<nlohmann::ordered_json>;
#endif

}  // namespace zer0
