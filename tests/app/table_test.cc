#include "app/commands/table.h"

#include <gtest/gtest.h>

namespace freshet {
namespace {

TEST(Table, AlignsTextLeftAndNumbersRight) {
  Table table({"item", "score"});
  table.add({"lamp", "0.5"});
  table.add({"a", "12.25"});
  EXPECT_EQ(table.text(false), "item  score\nlamp    0.5\na     12.25\n");
}

TEST(Table, CountsCharactersNotBytes) {
  Table table({"title", "n"});
  table.add({"Käse", "1"});
  table.add({"bread", "2"});
  EXPECT_EQ(table.text(false), "title  n\nKäse   1\nbread  2\n");
}

TEST(Table, TakesOutWhatCouldSteerATerminal) {
  Table table({"title"});
  table.add({"\033[2Jcleared\n"});
  EXPECT_EQ(table.text(false), "title\n [2Jcleared\n");
}

TEST(Table, CutsWhatIsTooWide) {
  Table table({"title"});
  table.add({std::string(500, 'x')});
  EXPECT_LT(table.text(false).size(), 100U);
  EXPECT_NE(table.text(false).find("…"), std::string::npos);
}

}  // namespace
}  // namespace freshet
