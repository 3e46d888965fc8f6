#include "scoring/ranked_list.h"

namespace freshet {

std::string_view to_string(Source source) {
  switch (source) {
    case Source::kPopular:
      return "popular";
    case Source::kCovisitation:
      return "covisitation";
    case Source::kWalk:
      return "walk";
    case Source::kNetwork:
      return "network";
    case Source::kRepeat:
      return "repeat";
    case Source::kContent:
      return "content";
    case Source::kExploration:
      return "new";
    case Source::kRule:
      return "rule";
    case Source::kDraw:
      return "exploration";
  }
  return "popular";
}

std::optional<Source> source_of(std::string_view name) {
  for (std::size_t i = 0; i < kSourceCount; ++i)
    if (const auto source = static_cast<Source>(i); to_string(source) == name) return source;
  return std::nullopt;
}

std::string_view to_string(Fallback fallback) {
  switch (fallback) {
    case Fallback::kNone:
      return "none";
    case Fallback::kModelMissing:
      return "model_missing";
    case Fallback::kModelFailed:
      return "model_failed";
    case Fallback::kUnknownUser:
      return "unknown_user";
    case Fallback::kDeadline:
      return "deadline";
    case Fallback::kOptedOut:
      return "opted_out";
  }
  return "none";
}

std::string_view to_string(ListCause cause) {
  switch (cause) {
    case ListCause::kEvent:
      return "event";
    case ListCause::kUnavailable:
      return "unavailable";
    case ListCause::kRule:
      return "rule";
    case ListCause::kCampaign:
      return "campaign";
    case ListCause::kAge:
      return "age";
  }
  return "event";
}

}  // namespace freshet
