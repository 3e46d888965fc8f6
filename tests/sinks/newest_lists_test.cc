#include "docs/examples/newest_lists.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace freshet {
namespace {

TEST(NewestLists, NeverStepsBack) {
  NewestLists lists;
  std::map<std::string, std::string> expected;
  std::ifstream samples(FRESHET_SAMPLES);
  int count = 0;
  for (std::string line; std::getline(samples, line);) {
    if (line.starts_with('#')) continue;
    std::istringstream fields(line);
    std::string user, list, news;
    std::int64_t offset = 0, epoch = 0;
    fields >> user >> offset >> epoch >> list >> news;
    EXPECT_EQ(lists.take(user, offset, epoch, list), news == "yes") << line;
    if (news == "yes") expected[user] = list;
    ++count;
  }
  ASSERT_GT(count, 0);
  for (const auto& [user, list] : expected) {
    ASSERT_NE(lists.list_of(user), nullptr);
    EXPECT_EQ(*lists.list_of(user), list);
  }
  EXPECT_EQ(lists.list_of("nobody"), nullptr);
}

}  // namespace
}  // namespace freshet
