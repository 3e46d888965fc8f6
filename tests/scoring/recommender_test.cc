#include "scoring/ranking/recommender.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "fakes/fake_network.h"
#include "scoring/learning/learner.h"
#include "scoring/replica.h"
#include "shop_stream.h"

namespace freshet {
namespace {

using namespace std::chrono_literals;

bool holds(const RankedList& list, const std::string& name) {
  return std::any_of(list.items.begin(), list.items.end(),
                     [&](const RankedItem& item) { return item.name == name; });
}

/// A replica that has learned the made-up shop.
class Recommending : public testing::Test {
 protected:
  void learn(ScoringConfig config, const NetworkFactory& factory = nullptr) {
    learner_ = std::make_unique<Learner>(config, factory);
    replica_ = std::make_unique<Replica>(config, factory);
    learner_->learn(ShopStream(5).take(3'000));
    ASSERT_TRUE(replica_->apply(*learner_->take_delta()));
  }

  void update(const ItemUpdate& update) {
    learner_->update_items({&update, 1});
    ASSERT_TRUE(replica_->apply(*learner_->take_delta()));
  }

  RankedList rank(const RankRequest& request, RankEffort effort = RankEffort::kFull) {
    return replica_->rank({&request, 1}, effort).at(0);
  }

  std::unique_ptr<Learner> learner_;
  std::unique_ptr<Replica> replica_;
};

TEST_F(Recommending, ForetellsTheNextItemOfAGroup) {
  learn({});

  const RankedList list = rank(request_after({"item-3", "item-4"}));

  EXPECT_EQ(list.fallback, Fallback::kNone);
  ASSERT_EQ(list.items.size(), 20U);
  EXPECT_EQ(list.items[0].name, "item-5");
  EXPECT_TRUE(std::is_sorted(list.items.begin(), list.items.end(),
                             [](const auto& a, const auto& b) { return a.score > b.score; }));
}

/// Pairs of listed items that are neighbours in the made-up shop: of the same group.
std::size_t alike(const RankedList& list) {
  std::size_t pairs = 0;
  const auto group = [](const RankedItem& item) {
    return std::stoul(item.name.substr(5)) / ShopStream::kGroupItems;
  };
  for (std::size_t a = 0; a < 10; ++a)
    for (std::size_t b = 0; b < a; ++b) pairs += group(list.items[a]) == group(list.items[b]);
  return pairs;
}

TEST_F(Recommending, DiversityMixesGroupsAndKeepsTheBestItemFirst) {
  learn({});
  const RankedList relevant = rank(request_after({"item-3", "item-4"}));
  learn({.diversity = 0.7});
  const RankedList diverse = rank(request_after({"item-3", "item-4"}));

  ASSERT_EQ(diverse.items.size(), 20U);
  EXPECT_EQ(diverse.items[0].name, relevant.items[0].name);
  EXPECT_LT(alike(diverse), alike(relevant));
}

TEST_F(Recommending, EveryItemHasReasonsWithSharesBetweenZeroAndOne) {
  learn({});

  for (const RankedList& list : replica_->rank(many_requests())) {
    for (const RankedItem& item : list.items) {
      ASSERT_FALSE(item.reasons.empty());
      float shares = 0;
      for (const Reason& reason : item.reasons) {
        EXPECT_GE(reason.share, 0);
        EXPECT_FALSE(reason.text.empty());
        shares += reason.share;
      }
      EXPECT_LE(shares, 1.0001F);
    }
  }
}

TEST_F(Recommending, ReasonNamesTheTitleOfTheItemThatCausedIt) {
  learn({});
  update({.id = item_id_of("item-4"), .name = "item-4", .title = "A lamp"});

  const RankedList list = rank(request_after({"item-4"}));

  const Reason& reason = list.items.at(0).reasons.at(0);
  EXPECT_EQ(reason.because_of_name, "item-4");
  EXPECT_EQ(reason.because_of, item_id_of("item-4"));
  EXPECT_NE(reason.text.find("A lamp"), std::string::npos) << reason.text;
}

TEST_F(Recommending, UnavailableAndDislikedItemsStayOut) {
  learn({});
  update({.id = item_id_of("item-5"), .name = "item-5", .available = false});
  RankRequest request = request_after({"item-4"});
  request.state.disliked = {item_id_of("item-6")};

  const RankedList list = rank(request);

  EXPECT_FALSE(holds(list, "item-5"));
  EXPECT_FALSE(holds(list, "item-6"));
  EXPECT_TRUE(holds(list, "item-7"));
}

TEST_F(Recommending, BoughtItemsComeBackAfterTheRepurchaseTime) {
  ScoringConfig config;
  config.filters.repurchase_after = 3600s;
  learn(config);
  RankRequest request = request_after({"item-4"});
  request.state.bought = {
      {.item = item_id_of("item-5"), .last_time = request.event_time - 3599s, .count = 1}};

  EXPECT_FALSE(holds(rank(request), "item-5"));
  request.event_time += 1s;
  EXPECT_TRUE(holds(rank(request), "item-5"));
}

TEST_F(Recommending, BoughtItemsStayOutForEverByDefault) {
  learn({});
  RankRequest request = request_after({"item-4"});
  request.state.bought = {{.item = item_id_of("item-5"), .last_time = EventTime{}, .count = 1}};

  EXPECT_FALSE(holds(rank(request), "item-5"));
}

TEST_F(Recommending, SeenItemsStayOutWhenAsked) {
  ScoringConfig config;
  config.filters.seen = true;
  learn(config);

  EXPECT_FALSE(holds(rank(request_after({"item-5", "item-4"})), "item-5"));
}

TEST_F(Recommending, ItemsThatOneRequestExcludesStayOutOfItsListAlone) {
  learn({});
  RankRequest request = request_after({"item-3", "item-4"});
  request.exclude = {item_id_of("item-5"), item_id_of("unheard-of")};
  const std::vector<RankRequest> requests{request, request_after({"item-3", "item-4"})};

  const auto lists = replica_->rank(requests);

  EXPECT_FALSE(holds(lists[0], "item-5"));
  EXPECT_TRUE(holds(lists[1], "item-5"));
}

/// The part of the list's items that `source` is a reason of.
double share_of(const RankedList& list, Source source) {
  double share = 0;
  for (const RankedItem& item : list.items)
    for (const Reason& reason : item.reasons) share += reason.source == source ? reason.share : 0;
  return share / static_cast<double>(list.items.size());
}

TEST_F(Recommending, RanksAsIfOneSourceDidNotExist) {
  FakeNetwork::Levers levers;
  learn({}, [&levers] { return std::make_unique<FakeNetwork>(&levers); });
  const RankRequest plain = request_after({"item-3", "item-4"});
  for (std::size_t m = 0; m < kSourceCount; ++m) {
    const auto source = static_cast<Source>(m);
    RankRequest request = plain;
    request.without = source;
    const std::vector<RankRequest> requests{plain, request, plain};
    const auto lists = replica_->rank(requests);
    EXPECT_EQ(share_of(lists[1], source), 0) << to_string(source);
    EXPECT_FALSE(lists[1].items.empty()) << to_string(source);
    ASSERT_EQ(lists[0].items.size(), lists[2].items.size());
    for (std::size_t i = 0; i < lists[0].items.size(); ++i) {
      EXPECT_EQ(lists[0].items[i].name, lists[2].items[i].name) << "the next list has it again";
      EXPECT_EQ(lists[0].items[i].score, lists[2].items[i].score);
    }
  }
  EXPECT_GT(share_of(rank(plain), Source::kCovisitation), 0);
}

TEST_F(Recommending, ListIsFilledUpWithPopularItems) {
  ScoringConfig config;
  config.candidates_per_expert = 4;
  learn(config);
  RankRequest request = request_after({"item-4"});
  request.count = 50;

  const RankedList list = rank(request);

  EXPECT_EQ(list.items.size(), 50U);
  EXPECT_EQ(list.items.back().reasons.at(0).source, Source::kPopular);
}

TEST_F(Recommending, UserWithoutHistoryGetsPopularItems) {
  learn({});

  const RankedList list = rank(RankRequest{.user = "new"});

  EXPECT_EQ(list.fallback, Fallback::kUnknownUser);
  ASSERT_EQ(list.items.size(), 20U);
  EXPECT_EQ(list.items[0].id, replica_->popular(1).at(0));
}

TEST_F(Recommending, UserWhoOptedOutGetsPopularItemsAndIsToldWhy) {
  learn({});

  const RankedList list = rank(RankRequest{.user = "u", .opted_out = true});

  EXPECT_EQ(list.fallback, Fallback::kOptedOut);
  EXPECT_EQ(to_string(list.fallback), "opted_out");
  ASSERT_EQ(list.items.size(), 20U);
  EXPECT_EQ(list.items[0].id, replica_->popular(1).at(0));
}

TEST_F(Recommending, RanksNothingForARemoval) {
  learn({});

  EXPECT_TRUE(rank(RankRequest{.user = "gone", .forgets = true}).items.empty());
}

TEST_F(Recommending, EmptyModelSaysThatItIsMissing) {
  Replica replica(ScoringConfig{}, nullptr);
  const RankRequest request = request_after({"item-4"});

  const auto lists = replica.rank({&request, 1});

  EXPECT_EQ(lists.at(0).fallback, Fallback::kModelMissing);
  EXPECT_TRUE(lists.at(0).items.empty());
}

TEST_F(Recommending, LateUsersGetCountsAlone) {
  learn({});

  const RankedList list = rank(request_after({"item-3", "item-4"}), RankEffort::kCounts);

  EXPECT_EQ(list.fallback, Fallback::kDeadline);
  EXPECT_EQ(list.items.size(), 20U);
}

TEST_F(Recommending, NetworkThatGivesNanLeavesCounts) {
  FakeNetwork::Levers levers;
  learn({}, [&levers] { return std::make_unique<FakeNetwork>(&levers); });
  const RankRequest request = request_after({"item-3", "item-4"});
  ASSERT_EQ(rank(request).fallback, Fallback::kNone);

  levers.gives_nan = true;
  const RankedList list = rank(request);

  EXPECT_EQ(list.fallback, Fallback::kModelFailed);
  ASSERT_EQ(list.items.size(), 20U);
  for (const RankedItem& item : list.items) EXPECT_TRUE(std::isfinite(item.score));
  EXPECT_TRUE(holds(list, "item-5"));
}

TEST_F(Recommending, NetworkThatFailsLeavesCounts) {
  FakeNetwork::Levers levers;
  learn({}, [&levers] { return std::make_unique<FakeNetwork>(&levers); });

  levers.fails = true;

  EXPECT_EQ(rank(request_after({"item-3", "item-4"})).fallback, Fallback::kModelFailed);
}

TEST_F(Recommending, SecondStageThatGivesNanLeavesTheMixture) {
  learn({});
  Delta delta;
  delta.second_stage = learner_->knowledge().second_stage();
  // Finite, as all that is applied, but the scores are not.
  for (float& value : delta.second_stage->values) value = std::numeric_limits<float>::max();
  ASSERT_TRUE(replica_->apply(delta));

  const RankedList list = rank(request_after({"item-3", "item-4"}));

  EXPECT_EQ(list.fallback, Fallback::kModelFailed);
  EXPECT_TRUE(holds(list, "item-5"));
}

}  // namespace
}  // namespace freshet
