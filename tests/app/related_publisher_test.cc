#include "app/engine/related_publisher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>

#include "ingest/event.h"
#include "scoring/learning/learner.h"
#include "tests/fakes/manual_clock.h"

namespace freshet {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

/// A shop in which users go from a to b, and the related topic as a map.
class RelatedPublisherTest : public testing::Test {
 protected:
  RelatedPublisherTest() { make({.list_size = 5, .records_per_second = 1'000}); }

  void make(const RelatedTopicConfig& config) {
    publisher_.emplace(config,
                       RelatedPorts{[this](auto item, auto value) { return write(item, value); },
                                    [this] { return failed_; },
                                    [this](const std::string& item) { return item != not_ours_; }},
                       clock_);
  }

  bool write(std::string_view item, std::optional<std::string_view> value) {
    if (full_) return false;
    ++records_;
    if (value) {
      topic_[std::string(item)] = *value;
    } else {
      topic_.erase(std::string(item));
    }
    return true;
  }

  /// Users who were at `from` go on to `to`.
  void walk(const std::string& from, const std::string& to, int users = 30) {
    std::vector<TrainingExample> examples(1);  // The first one is at `from`.
    examples[0].item = item_id_of(from);
    examples[0].item_name = from;
    examples.resize(1 + static_cast<std::size_t>(users));
    for (std::size_t k = 1; k < examples.size(); ++k) {
      examples[k].item = item_id_of(to);
      examples[k].item_name = to;
      examples[k].history.push_back({.item = item_id_of(from), .session_start = true});
    }
    for (TrainingExample& example : examples) {
      example.user = "user-" + std::to_string(offset_);
      example.offset = Offset{offset_++};
      learner_.learn({&example, 1});
    }
  }

  void update(ItemUpdate item) { learner_.update_items(std::vector{std::move(item)}); }

  /// The replica learns what there is, and the publisher looks at everything.
  std::size_t look() {
    if (const auto delta = learner_.take_delta()) {
      EXPECT_TRUE(replica_.apply(*delta));
    }
    std::size_t queued = 0;
    for (int k = 0; k < 100; ++k) queued += publisher_->look(replica_, 4);
    return queued;
  }

  std::vector<std::string> keys() const {
    std::vector<std::string> keys;
    for (const auto& [key, value] : topic_) keys.push_back(key);
    return keys;
  }

  ManualClock clock_;
  const ScoringConfig config_{.guard = {.item_share_max = 1}};
  Learner learner_{config_, nullptr};
  Replica replica_{config_, nullptr};
  std::map<std::string, std::string> topic_;
  std::size_t records_ = 0;
  std::uint64_t failed_ = 0;
  std::string not_ours_;
  bool full_ = false;
  std::int64_t offset_ = 0;
  std::optional<RelatedPublisher> publisher_;
};

TEST_F(RelatedPublisherTest, WritesWhatGoesWithEachItemOnce) {
  walk("a", "b");
  EXPECT_EQ(look(), 2U);
  EXPECT_THAT(keys(), UnorderedElementsAre("a", "b"));
  EXPECT_THAT(topic_["a"], HasSubstr(R"("item_id":"b")"));
  clock_.advance(10s);
  EXPECT_EQ(look(), 0U) << "nothing has changed";
}

TEST_F(RelatedPublisherTest, WritesAnItemAnewOnceItHasChangedEnough) {
  walk("a", "b", 150);
  walk("b", "a", 150);
  look();
  clock_.advance(10s);
  walk("a", "b", 1);
  EXPECT_EQ(look(), 0U) << "a little more of the same";
  clock_.advance(10s);

  walk("a", "c", 600);

  EXPECT_GE(look(), 2U);
  EXPECT_THAT(topic_["a"], HasSubstr(R"("item_id":"c")"));
}

TEST_F(RelatedPublisherTest, ItemsThatAreGoneGetATombstoneAndSoldOutOnesStay) {
  walk("a", "b");
  walk("c", "d");
  look();
  ASSERT_EQ(topic_.size(), 4U);
  clock_.advance(10s);

  update({.id = item_id_of("a"), .name = "a", .removed = true});
  update({.id = item_id_of("c"), .name = "c", .available = false});
  look();

  EXPECT_THAT(keys(), UnorderedElementsAre("c")) << "nothing is left to go with b, nor with d";
}

TEST_F(RelatedPublisherTest, RulesKeepItemsOutOfRecords) {
  walk("a", "b");
  walk("a", "c");
  look();
  ASSERT_THAT(topic_["a"], HasSubstr(R"("item_id":"b")"));
  clock_.advance(10s);

  replica_.set_rules({{.name = "no", .kind = "exclude", .items = {"b"}}});
  look();

  EXPECT_THAT(topic_["a"], testing::Not(HasSubstr(R"("item_id":"b")")));
  EXPECT_THAT(topic_["a"], HasSubstr(R"("item_id":"c")"));
}

TEST_F(RelatedPublisherTest, WritesNoMoreThanTheRateAllows) {
  make({.list_size = 5, .records_per_second = 2});
  for (int k = 0; k < 10; ++k) walk("a" + std::to_string(k), "b" + std::to_string(k));
  std::size_t written = look();
  EXPECT_LE(written, 2U);
  for (int second = 0; second < 4; ++second) {
    clock_.advance(1s);
    const std::size_t more = look();
    EXPECT_LE(more, 2U);
    written += more;
  }
  EXPECT_GE(written, 8U);
  clock_.advance(1h);
  EXPECT_LE(look(), 2U) << "a pause is not made up for";
}

TEST_F(RelatedPublisherTest, WritesOnlyItsOwnItemsAndLeavesThoseItLost) {
  not_ours_ = "a";
  walk("a", "b");
  look();
  EXPECT_THAT(keys(), UnorderedElementsAre("b"));
  clock_.advance(10s);
  not_ours_ = "b";
  walk("a", "b", 1);
  look();
  EXPECT_THAT(keys(), UnorderedElementsAre("a", "b")) << "another instance's record is no concern";
  clock_.advance(10s);
  not_ours_ = "";
  walk("a", "b", 1);
  EXPECT_EQ(look(), 1U) << "b came back, and the other one may have written it";
}

TEST_F(RelatedPublisherTest, WhatFoundNoRoomOrWasGivenUpIsWrittenLater) {
  walk("a", "b");
  full_ = true;
  EXPECT_EQ(look(), 0U);
  full_ = false;
  clock_.advance(10s);
  walk("a", "b", 1);
  EXPECT_EQ(look(), 2U);
  failed_ = 1;
  clock_.advance(10s);
  walk("a", "b", 1);
  EXPECT_EQ(look(), 2U) << "which one was given up is not known";
}

}  // namespace
}  // namespace freshet
