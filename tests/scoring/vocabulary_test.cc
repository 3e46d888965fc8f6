#include "scoring/content/vocabulary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/temporary_directory.h"

namespace freshet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class VocabularyTest : public testing::Test {
 protected:
  Result<Vocabulary> read(const std::string& lines) {
    return Vocabulary::read(directory_.write("vocabulary.txt", lines));
  }

  const TemporaryDirectory directory_;
};

TEST_F(VocabularyTest, CutsTextIntoLowerCaseWords) {
  const auto vocabulary = *read("red\nshoe\n42\n");

  EXPECT_THAT(vocabulary.ids_of("Red SHOE, red; 42!", 16), ElementsAre(0, 1, 0, 2));
  EXPECT_THAT(vocabulary.ids_of(" -- ", 16), IsEmpty());
  EXPECT_THAT(vocabulary.ids_of("", 16), IsEmpty());
}

TEST_F(VocabularyTest, TakesTheLongestKnownPiecesOfAWord) {
  const auto vocabulary = *read("shoe\nshoes\n##box\n##b\n##ox\n");

  EXPECT_THAT(vocabulary.ids_of("shoebox", 16), ElementsAre(0, 2));
  EXPECT_THAT(vocabulary.ids_of("shoes", 16), ElementsAre(1));
}

TEST_F(VocabularyTest, WordThatCannotBeCutIsUnknownOrNothing) {
  EXPECT_THAT(read("red\n[UNK]\n##a\n")->ids_of("red redx blue", 16), ElementsAre(0, 1, 1));
  EXPECT_THAT(read("red\n##a\n")->ids_of("red redx blue", 16), ElementsAre(0));
}

TEST_F(VocabularyTest, BordersStandAroundTheTextWithinTheLimit) {
  const auto vocabulary = *read("[PAD]\n[CLS]\n[SEP]\na\nb\nc\n");

  EXPECT_THAT(vocabulary.ids_of("a b", 16), ElementsAre(1, 3, 4, 2));
  EXPECT_THAT(vocabulary.ids_of("a b c", 4), ElementsAre(1, 3, 4, 2));
  EXPECT_THAT(vocabulary.ids_of("...", 16), IsEmpty());
  EXPECT_EQ(vocabulary.padding(), 0);
}

TEST_F(VocabularyTest, WordsBeyondAsciiStayWhole) {
  EXPECT_THAT(read("größe\r\nschuh\r\n")->ids_of("Schuh größe", 16), ElementsAre(1, 0));
}

TEST_F(VocabularyTest, FileThatIsNoneIsAnErrorThatNamesIt) {
  const auto missing = Vocabulary::read(directory_.path() + "/none.txt");
  const auto twice = read("a\nb\na\n");
  const auto empty = read("");

  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(missing.error().text, HasSubstr("none.txt cannot be read"));
  ASSERT_FALSE(twice);
  EXPECT_THAT(twice.error().text, HasSubstr("\"a\" twice"));
  EXPECT_FALSE(empty);
}

}  // namespace
}  // namespace freshet
