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
    ListVersion version;
    fields >> user >> version.offset >> version.epoch >> version.revision >> list >> news;
    const bool is_removal = list == "(removal)";
    const bool is_news = is_removal ? lists.forget(user, version.offset, version.epoch)
                                    : lists.take(user, version, list);
    EXPECT_EQ(is_news, news == "yes") << line;
    if (is_news) expected[user] = is_removal ? "" : list;
    ++count;
  }
  ASSERT_GT(count, 0);
  for (const auto& [user, list] : expected) {
    const std::string* held = lists.list_of(user);
    EXPECT_EQ(held ? *held : "", list) << user;
  }
  EXPECT_EQ(lists.list_of("nobody"), nullptr);
}

}  // namespace
}  // namespace freshet
