#include "app/http/list_watchers.h"

#include <gtest/gtest.h>

#include "tests/sinks/sample_lists.h"

namespace freshet {
namespace {

class ListWatchersTest : public ::testing::Test {
 protected:
  static std::shared_ptr<EventChannel> channel() {
    return std::make_shared<EventChannel>([] {});
  }

  void publish(const UserId& user, std::int64_t offset, bool delivered = true) {
    const RankedList list = list_of(user, Offset{offset});
    watchers_.leaves(list);
    watchers_.arrived({user, list.position, delivered, {}});
  }

  const StoppedClock clock_{at_ms(777)};
  ListWatchers watchers_{clock_, nullptr};
};

TEST_F(ListWatchersTest, TellsThoseWhoWatchTheUser) {
  const auto first = channel(), second = channel(), other = channel();
  watchers_.watch("anna", first);
  watchers_.watch("anna", second);
  watchers_.watch("bob", other);
  publish("anna", 41);

  const std::string expected =
      "event: list\ndata: " + encode_list(list_of("anna", Offset{41}), at_ms(777)) + "\n\n";
  EXPECT_EQ(first->take(), expected);
  EXPECT_EQ(second->take(), expected);
  EXPECT_EQ(other->take(), "");
}

TEST_F(ListWatchersTest, TellsOfAListOnceTheTopicHasIt) {
  const auto watcher = channel();
  watchers_.watch("anna", watcher);
  const RankedList list = list_of("anna");
  watchers_.leaves(list);
  EXPECT_EQ(watcher->take(), "");
  watchers_.arrived({"anna", list.position, true, {}});
  EXPECT_NE(watcher->take(), "");
  watchers_.arrived({"anna", list.position, true, {}});
  EXPECT_EQ(watcher->take(), "") << "told once";
}

TEST_F(ListWatchersTest, SaysNothingOfWhatWasNotPublished) {
  const auto watcher = channel();
  watchers_.watch("anna", watcher);
  publish("anna", 41, /*delivered=*/false);
  EXPECT_EQ(watcher->take(), "");
}

TEST_F(ListWatchersTest, ForgetsThoseWhoHaveGone) {
  const auto gone = channel();
  watchers_.watch("anna", gone);
  gone->close();
  publish("anna", 41);
  const auto next = channel();
  watchers_.watch("anna", next);
  publish("anna", 42);
  EXPECT_EQ(gone->take(), "");
  EXPECT_EQ(gone.use_count(), 1) << "nobody else keeps it";
  EXPECT_NE(next->take(), "");
}

TEST_F(ListWatchersTest, KeepsFewListsThatAreNeverAnswered) {
  const auto watcher = channel();
  watchers_.watch("anna", watcher);
  constexpr auto kMore = static_cast<std::int64_t>(ListWatchers::kOnTheirWayMax) + 1;
  for (std::int64_t n = 0; n < kMore; ++n) watchers_.leaves(list_of("anna", Offset{n}));
  watchers_.arrived({"anna", list_of("anna", Offset{0}).position, true, {}});
  EXPECT_EQ(watcher->take(), "") << "the oldest made room";
  watchers_.arrived({"anna", list_of("anna", Offset{1}).position, true, {}});
  EXPECT_NE(watcher->take(), "");
}

}  // namespace
}  // namespace freshet
