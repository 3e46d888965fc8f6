#include <yaml-cpp/yaml.h>

#include <type_traits>

#include "config/config_fields.h"
#include "config/secrets.h"
#include "config/substitute.h"
#include "config/unit_text.h"

namespace freshet {
namespace {

void emit_text(YAML::Emitter& out, const std::string& text) {
  out << YAML::DoubleQuoted << escape_environment(text);
}

/// Writes one value the way load_config reads it.
class ValueWriter {
 public:
  ValueWriter(YAML::Emitter& out, const FieldRule& rule, Secrets secrets)
      : out_(out), rule_(rule), masks_(secrets == Secrets::kMasked) {}

  void operator()(const bool* v) { out_ << *v; }
  void operator()(const char* v) { emit_text(out_, std::string(1, *v)); }
  void operator()(const double* v) { out_ << format_number(*v); }
  void operator()(const std::string* v) { emit_shown(*v, rule_.secret); }
  void operator()(const std::vector<std::string>* v) {
    out_ << YAML::Flow << YAML::BeginSeq;
    for (const std::string& text : *v) emit_text(out_, text);
    out_ << YAML::EndSeq;
  }
  void operator()(const std::vector<double>* v) {
    out_ << YAML::Flow << YAML::BeginSeq;
    for (const double number : *v) out_ << format_number(number);
    out_ << YAML::EndSeq;
  }
  void operator()(const std::map<std::string, std::string>* v) {
    if (v->empty()) out_ << YAML::Flow;
    out_ << YAML::BeginMap;
    for (const auto& [key, value] : *v) {
      out_ << YAML::Key << YAML::DoubleQuoted << key << YAML::Value;
      emit_shown(value, rule_.choices.empty() && is_secret_property(key));
    }
    out_ << YAML::EndMap;
  }
  template <class Period>
  void operator()(const std::chrono::duration<std::int64_t, Period>* v) {
    out_ << format_duration(*v);
  }
  template <class Value>
  void operator()(const std::optional<Value>* v) {
    if (*v) {
      (*this)(&**v);
    } else {
      out_ << YAML::Null;
    }
  }
  void operator()(const EventTime* v) {
    emit_text(out_, *v == EventTime{} ? std::string() : format_time(*v));
  }
  void operator()(const std::shared_ptr<FieldSections>& v) {
    if (v->size() == 0) out_ << YAML::Flow;
    v->named() ? out_ << YAML::BeginMap : out_ << YAML::BeginSeq;
    for (std::size_t k = 0; k < v->size(); ++k) {
      if (v->named()) out_ << YAML::Key << YAML::DoubleQuoted << v->name(k) << YAML::Value;
      out_ << YAML::BeginMap;
      for (const ConfigField& field : v->fields(k)) {
        out_ << YAML::Key << field.key << YAML::Value;
        std::visit(ValueWriter(out_, field.rule, masks_ ? Secrets::kMasked : Secrets::kShown),
                   field.value);
      }
      out_ << YAML::EndMap;
    }
    v->named() ? out_ << YAML::EndMap : out_ << YAML::EndSeq;
  }
  template <class Integer>
  requires std::is_integral_v<Integer>
  void operator()(const Integer* v) {
    const auto number = static_cast<std::uint64_t>(*v);
    out_ << (rule_.is_bytes ? format_bytes(number) : std::to_string(number));
  }

 private:
  void emit_shown(const std::string& text, bool secret) {
    emit_text(out_, masks_ && secret && !text.empty() ? std::string(kMaskedSecret) : text);
  }

  YAML::Emitter& out_;
  const FieldRule& rule_;
  const bool masks_;
};

/// Opens and closes the nested maps that a dotted key stands in.
class Sections {
 public:
  explicit Sections(YAML::Emitter& out) : out_(out) { out_ << YAML::BeginMap; }

  /// Moves to the section of `key` and returns the key's last part.
  std::string enter(const std::string& key) {
    while (!key.starts_with(path_)) leave();
    for (std::size_t dot = key.find('.', path_.size()); dot != std::string::npos;
         dot = key.find('.', path_.size())) {
      out_ << YAML::Key << key.substr(path_.size(), dot - path_.size()) << YAML::Value
           << YAML::BeginMap;
      path_ = key.substr(0, dot + 1);
    }
    return key.substr(path_.size());
  }

  void close() {
    while (!path_.empty()) leave();
    out_ << YAML::EndMap;
  }

 private:
  void leave() {
    out_ << YAML::EndMap;
    path_.pop_back();  // The trailing dot.
    path_.resize(path_.rfind('.') + 1);
  }

  YAML::Emitter& out_;
  std::string path_;  // "" or with a trailing dot.
};

}  // namespace

std::string to_yaml(const Config& config, Secrets secrets) {
  Config copy = config;  // The fields point to values that may be written.
  YAML::Emitter out;
  Sections sections(out);
  for (const ConfigField& field : config_fields(copy)) {
    out << YAML::Key << sections.enter(field.key) << YAML::Value;
    std::visit(ValueWriter(out, field.rule, secrets), field.value);
  }
  sections.close();
  return std::string(out.c_str()) + "\n";
}

}  // namespace freshet
