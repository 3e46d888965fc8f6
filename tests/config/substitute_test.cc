#include "config/substitute.h"

#include <gmock/gmock.h>

namespace freshet {
namespace {

using testing::HasSubstr;

std::optional<std::string> environment(const std::string& name) {
  if (name == "HOST") return "kafka-1";
  if (name == "EMPTY") return "";
  if (name == "NESTED") return "${HOST}";
  return std::nullopt;
}

TEST(Substitution, PutsVariablesIn) {
  EXPECT_EQ(substitute_environment("${HOST}:9092,${HOST}:9093", environment),
            "kafka-1:9092,kafka-1:9093");
  EXPECT_EQ(substitute_environment("plain $ text {}", environment), "plain $ text {}");
}

TEST(Substitution, TakesTheDefaultForUnsetAndEmptyVariables) {
  EXPECT_EQ(substitute_environment("${NO:-127.0.0.1:9092}", environment), "127.0.0.1:9092");
  EXPECT_EQ(substitute_environment("${EMPTY:-x}", environment), "x");
  EXPECT_EQ(substitute_environment("${NO:-}", environment), "");
  EXPECT_EQ(substitute_environment("${EMPTY}", environment), "");
}

TEST(Substitution, NeverLooksIntoWhatItPutIn) {
  EXPECT_EQ(substitute_environment("${NESTED}", environment), "${HOST}");
}

TEST(Substitution, NamesAVariableThatIsNotSet) {
  EXPECT_THAT(substitute_environment("${PASSWORD}", environment).error(),
              HasSubstr("environment variable PASSWORD is not set"));
  EXPECT_THAT(substitute_environment("${HOST}", {}).error(), HasSubstr("HOST is not set"));
}

TEST(Substitution, RefusesWhatIsNoReference) {
  EXPECT_THAT(substitute_environment("${HOST", environment).error(), HasSubstr("not closed"));
  EXPECT_THAT(substitute_environment("${}", environment).error(), HasSubstr("names no"));
  EXPECT_THAT(substitute_environment("${A B}", environment).error(), HasSubstr("names no"));
}

TEST(Substitution, LeavesEscapedReferencesAlone) {
  for (const char* text : {"${HOST}", "$${HOST}", "a${", "$", "$$", "", "${HOST}${HOST}"}) {
    EXPECT_EQ(substitute_environment(escape_environment(text), environment), text);
  }
}

}  // namespace
}  // namespace freshet
