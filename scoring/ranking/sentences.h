#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "scoring/ranked_list.h"

namespace freshet {

/// The languages that sentences are written in.
enum class Language : std::uint8_t { kEnglish, kGerman, kChinese };
inline constexpr std::size_t kLanguageCount = 3;

/// The language named "en", "de" or "zh"; English for any other name.
Language language_of(std::string_view name);

/// What a sentence says. Comments: the placeholders it has.
enum class Phrase : std::uint8_t {
  kPopular,
  kPopularWith,    // {context}
  kFollowed,       // {because}
  kFollowedTimes,  // {because} {times}
  kWalk,           // {because}
  kNetwork,        // {because}
  kRepeat,
  kDue,
  kSimilar,  // {because}
  kNew,
  kGoesWith,       // {because}
  kDoneLast,       // Stands for {because} where no item in particular is meant.
  kInList,         // {item} {rank} {reason} {percent}
  kRankedBelow,    // {item} {rank} {score} {needed} {reason} {percent}
  kNotACandidate,  // {item}
  kUnavailable,    // {item}
  kDisliked,       // {item}
  kBought,         // {item}
  kSeen,           // {item}
  kFilteredOut,    // {item} {filter}
  kUnknownItem,    // {item}
};
inline constexpr std::size_t kPhraseCount = 21;

/// A placeholder's name and what is put in its place.
struct Placeholder {
  std::string_view name;
  std::string_view value;
};

/// Returns the phrase in `language` with its placeholders filled in. Values are data: what looks
/// like a placeholder in one of them stays as it is. Thread-safe (no state).
std::string sentence(Phrase phrase, Language language,
                     std::initializer_list<Placeholder> values = {});

/// The phrase with its placeholders, as it is translated.
std::string_view template_of(Phrase phrase, Language language);

}  // namespace freshet
