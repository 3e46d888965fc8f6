#include "scoring/ranking/sentences.h"

#include <gtest/gtest.h>

#include <set>

namespace freshet {
namespace {

std::set<std::string> placeholders_of(std::string_view text) {
  std::set<std::string> names;
  for (std::size_t open = text.find('{'); open != std::string_view::npos;
       open = text.find('{', open + 1))
    names.emplace(text.substr(open, text.find('}', open) - open + 1));
  return names;
}

TEST(Sentences, EveryPhraseSaysTheSameInEveryLanguage) {
  for (std::size_t k = 0; k < kPhraseCount; ++k) {
    const auto phrase = static_cast<Phrase>(k);
    const std::string_view english = template_of(phrase, Language::kEnglish);
    ASSERT_FALSE(english.empty()) << k;
    for (const Language other : {Language::kGerman, Language::kChinese}) {
      EXPECT_NE(template_of(phrase, other), english) << k;
      EXPECT_EQ(placeholders_of(template_of(phrase, other)), placeholders_of(english)) << k;
    }
  }
}

TEST(Sentences, TitleThatLooksLikeAPlaceholderOrAFormatStaysAsItIs) {
  const std::string title = "100% {because} %s {{x}} {times";

  EXPECT_EQ(sentence(Phrase::kSimilar, Language::kEnglish, {{"because", title}}),
            "Similar to " + title);
  EXPECT_EQ(sentence(Phrase::kFollowedTimes, Language::kEnglish,
                     {{"because", "{times}"}, {"times", "3"}}),
            "Users who had {times} went on to this 3 times");
}

TEST(Sentences, LanguagesAreKnownByTheirNamesAndOthersAreEnglish) {
  EXPECT_EQ(language_of("de"), Language::kGerman);
  EXPECT_EQ(language_of("zh"), Language::kChinese);
  EXPECT_EQ(language_of("en"), Language::kEnglish);
  EXPECT_EQ(language_of("xx"), Language::kEnglish);
}

}  // namespace
}  // namespace freshet
