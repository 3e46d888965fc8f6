#include "sinks/json_input.h"

#include <rapidjson/error/en.h>

#include <algorithm>
#include <cmath>

namespace freshet {
namespace {

/// Names that clients chose are cut: they come back in an answer.
constexpr std::size_t kNameBytesMax = 64;

}  // namespace

JsonInput::JsonInput(std::string_view text) {
  // Iterative: brackets in brackets must not eat the stack.
  constexpr unsigned kFlags =
      rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;
  document_.Parse<kFlags>(text.data(), text.size());
  if (document_.HasParseError()) {
    status_ = error(ErrorCode::kInvalidConfig,
                    "the body is not JSON: " +
                        std::string(rapidjson::GetParseError_En(document_.GetParseError())) +
                        " At byte " + std::to_string(document_.GetErrorOffset()));
  } else if (!document_.IsObject()) {
    status_ = error(ErrorCode::kInvalidConfig, "the body must be a JSON object: {...}");
  } else {
    object_ = &document_;
  }
}

JsonInput::JsonInput(const Value& object, std::string place)
    : object_(&object), place_(std::move(place)) {}

std::string JsonInput::path(const std::string& name) const {
  return place_ + name.substr(0, kNameBytesMax);
}

void JsonInput::refuse(const std::string& field, const std::string& text) {
  if (status_) status_ = error(ErrorCode::kInvalidConfig, path(field) + ": " + text);
}

const JsonInput::Value* JsonInput::find(const char* name) {
  known_.emplace_back(name);
  if (object_ == nullptr) return nullptr;
  const auto member = object_->FindMember(name);
  return member == object_->MemberEnd() ? nullptr : &member->value;
}

void JsonInput::require(const char* name) {
  if (object_ != nullptr && !object_->HasMember(name)) refuse(name, "missing: send it");
}

void JsonInput::read(const char* name, std::string& value) {
  const Value* found = find(name);
  if (found == nullptr) return;
  if (!found->IsString()) return refuse(name, "must be a text");
  value.assign(found->GetString(), found->GetStringLength());
}

void JsonInput::read(const char* name, bool& value) {
  const Value* found = find(name);
  if (found == nullptr) return;
  if (!found->IsBool()) return refuse(name, "must be true or false");
  value = found->GetBool();
}

void JsonInput::read(const char* name, double& value) {
  const Value* found = find(name);
  if (found == nullptr) return;
  if (!found->IsNumber() || !std::isfinite(found->GetDouble())) {
    return refuse(name, "must be a number");
  }
  value = found->GetDouble();
}

void JsonInput::read(const char* name, std::int64_t& value, std::int64_t min, std::int64_t max) {
  const Value* found = find(name);
  if (found == nullptr) return;
  if (!found->IsInt64() || found->GetInt64() < min || found->GetInt64() > max) {
    return refuse(
        name, "must be a whole number from " + std::to_string(min) + " to " + std::to_string(max));
  }
  value = found->GetInt64();
}

void JsonInput::read(const char* name, std::vector<std::string>& value, std::size_t max) {
  const Value* found = find(name);
  if (found == nullptr) return;
  const std::string rule = "must be a list of at most " + std::to_string(max) + " texts";
  if (!found->IsArray() || found->Size() > max) return refuse(name, rule);
  value.clear();
  for (const Value& entry : found->GetArray()) {
    if (!entry.IsString()) return refuse(name, rule);
    value.emplace_back(entry.GetString(), entry.GetStringLength());
  }
}

void JsonInput::read(const char* name, std::map<std::string, std::string>& value) {
  const Value* found = find(name);
  if (found == nullptr) return;
  if (!found->IsObject()) return refuse(name, "must be an object of texts");
  for (const auto& member : found->GetObject()) {
    const std::string key(member.name.GetString(), member.name.GetStringLength());
    if (!member.value.IsString()) {
      return refuse(std::string(name) + "." + key.substr(0, kNameBytesMax), "must be a text");
    }
    value[key].assign(member.value.GetString(), member.value.GetStringLength());
  }
}

void JsonInput::read(const char* name, std::size_t max,
                     const std::function<void(JsonInput&)>& each) {
  const Value* found = find(name);
  if (found == nullptr) return;
  const std::string rule = "must be a list of at most " + std::to_string(max) + " objects";
  if (!found->IsArray() || found->Size() > max) return refuse(name, rule);
  for (rapidjson::SizeType i = 0; i < found->Size() && status_; ++i) {
    if (!(*found)[i].IsObject()) return refuse(name, rule);
    JsonInput inner((*found)[i], path(name) + "[" + std::to_string(i) + "].");
    each(inner);
    if (Status done = inner.finish(); !done) status_ = std::move(done);
  }
}

Status JsonInput::finish() {
  if (!status_ || object_ == nullptr) return status_;
  for (const auto& member : object_->GetObject()) {
    const std::string_view name(member.name.GetString(), member.name.GetStringLength());
    if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
    std::string known;
    for (const std::string_view one : known_) known.append(known.empty() ? "" : ", ").append(one);
    refuse(std::string(name), "is not known here; known: " + known);
  }
  return status_;
}

}  // namespace freshet
