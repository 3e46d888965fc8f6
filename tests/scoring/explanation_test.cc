#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "scoring/learning/learner.h"
#include "scoring/network/fused_network.h"
#include "scoring/replica.h"
#include "shop_stream.h"

namespace freshet {
namespace {

constexpr std::uint64_t kSeed = 5;

ItemUpdate described(std::size_t k) {
  const std::string name = ShopStream::name(k);
  const std::string group = "group" + std::to_string(k / ShopStream::kGroupItems);
  return {.id = item_id_of(name),
          .name = name,
          .title = group + " thing no" + std::to_string(k),
          .category = {"all", group}};
}

/// A replica that has learned the made-up shop, described or not.
class Explaining : public testing::Test {
 protected:
  void learn(const ScoringConfig& config, bool describe = true,
             const NetworkFactory& factory = nullptr) {
    learner_ = std::make_unique<Learner>(config, factory);
    replica_ = std::make_unique<Replica>(config, factory);
    std::vector<ItemUpdate> updates;
    for (std::size_t k = 0; describe && k < ShopStream::kGroups * ShopStream::kGroupItems; ++k)
      updates.push_back(described(k));
    learner_->update_items(updates);
    learner_->learn(ShopStream(kSeed).take(4'000));
    ASSERT_TRUE(replica_->apply(*learner_->take_delta()));
  }

  Explanation explain(const RankRequest& request, const std::string& item,
                      std::string_view language = "en") {
    return replica_->explain(request, item, language);
  }
  RankedList rank(const RankRequest& request) { return replica_->rank({&request, 1}).at(0); }

  std::unique_ptr<Learner> learner_;
  std::unique_ptr<Replica> replica_;
};

/// The request without any entry of one item.
RankRequest without(RankRequest request, ItemId item) {
  std::erase_if(request.state.bought, [item](const Bought& b) { return b.item == item; });
  std::vector<HistoryEntry>& history = request.state.history;
  for (std::size_t k = 0; k < history.size();) {
    if (history[k].item != item) {
      ++k;
      continue;
    }
    if (history[k].session_start && k + 1 < history.size()) history[k + 1].session_start = true;
    history.erase(history.begin() + static_cast<std::ptrdiff_t>(k));
  }
  return request;
}

/// Users in the midst of a session: histories of the shop's next events, at least `steps` long.
std::vector<RankRequest> users_of_the_shop(std::size_t count, std::size_t steps) {
  std::vector<RankRequest> requests;
  for (const TrainingExample& example : ShopStream(kSeed + 1).take(20'000)) {
    if (requests.size() == count) break;
    if (example.history.size() < steps) continue;
    RankRequest& request = requests.emplace_back();
    request.user = example.user;
    request.state.history = example.history;
    request.event_time = example.event_time;
  }
  return requests;
}

TEST_F(Explaining, ListedItemHasThePlaceScoreAndReasonsOfTheList) {
  learn({});
  for (const RankRequest& request : users_of_the_shop(40, 2)) {
    const RankedList list = rank(request);
    for (std::size_t place = 0; place < list.items.size(); ++place) {
      const RankedItem& item = list.items[place];
      const Explanation explanation = explain(request, item.name);
      ASSERT_EQ(explanation.verdict, Verdict::kInList) << item.name;
      EXPECT_EQ(explanation.rank, place + 1);
      EXPECT_EQ(explanation.score, item.score);
      EXPECT_EQ(explanation.score_needed, list.items.back().score);
      ASSERT_EQ(explanation.reasons.size(), item.reasons.size());
      for (std::size_t k = 0; k < item.reasons.size(); ++k) {
        EXPECT_EQ(explanation.reasons[k].text, item.reasons[k].text);
        EXPECT_EQ(explanation.reasons[k].share, item.reasons[k].share);
      }
      EXPECT_FALSE(explanation.sentence.empty());
    }
  }
}

TEST_F(Explaining, SharesOfTheExpertsAddUpToOne) {
  learn({});
  for (const RankRequest& request : users_of_the_shop(10, 2)) {
    for (std::size_t k = 0; k < 300; k += 7) {
      const Explanation explanation = explain(request, ShopStream::name(k));
      float shares = 0;
      for (const ExpertOpinion& expert : explanation.experts) shares += expert.share;
      EXPECT_NEAR(shares, 1, 1e-4) << ShopStream::name(k);
      for (const Reason& reason : explanation.reasons) {
        const auto expert = std::find_if(
            explanation.experts.begin(), explanation.experts.end(),
            [&](const ExpertOpinion& opinion) { return opinion.source == reason.source; });
        ASSERT_NE(expert, explanation.experts.end());
        EXPECT_LE(reason.share, expert->share + 1e-6F);
      }
    }
  }
}

TEST_F(Explaining, CandidateBelowTheListIsRankedBelowWithALowerScore) {
  ScoringConfig config;
  config.list_size = 3;
  learn(config);
  const RankRequest request = request_after({"item-3", "item-4"});
  RankRequest longer = request;
  longer.count = 10;
  const RankedList list = rank(longer);

  const Explanation explanation = explain(request, list.items.at(7).name);

  EXPECT_EQ(explanation.verdict, Verdict::kRankedBelow);
  EXPECT_EQ(explanation.rank, 8U);
  EXPECT_LT(*explanation.score, *explanation.score_needed);
  EXPECT_NE(explanation.sentence.find("place 8"), std::string::npos) << explanation.sentence;
}

TEST_F(Explaining, FilteredItemNamesItsFilterAndWhereItWouldStand) {
  ScoringConfig config;
  config.filters.seen = true;
  learn(config);
  RankRequest request = request_after({"item-3", "item-4"});
  request.state.disliked = {item_id_of("item-5")};
  request.state.bought = {{.item = item_id_of("item-6"), .last_time = {}, .count = 1}};
  ItemUpdate gone = described(7);
  gone.available = false;
  learner_->update_items({&gone, 1});
  ASSERT_TRUE(replica_->apply(*learner_->take_delta()));

  const std::vector<std::pair<std::string, std::string>> filters{
      {"item-5", "disliked"}, {"item-6", "bought"}, {"item-7", "unavailable"}, {"item-3", "seen"}};
  for (const auto& [item, filter] : filters) {
    const Explanation explanation = explain(request, item);
    EXPECT_EQ(explanation.verdict, Verdict::kFiltered) << item;
    EXPECT_EQ(explanation.filter, filter);
    EXPECT_NE(explanation.sentence.find("left out"), std::string::npos) << explanation.sentence;
  }
  EXPECT_EQ(explain(request, "item-5").rank, 1U);
}

TEST_F(Explaining, ItemThatNobodyNamesIsNotACandidate) {
  ScoringConfig config;
  config.candidates_per_expert = 10;
  config.list_size = 5;
  learn(config, false);
  const RankRequest request = request_after({"item-3", "item-4"});
  std::size_t others = 0;
  for (std::size_t k = 0; k < 300; ++k) {
    const Explanation explanation = explain(request, ShopStream::name(k));
    if (explanation.verdict != Verdict::kNotACandidate) continue;
    ++others;
    EXPECT_FALSE(explanation.rank);
    EXPECT_FALSE(explanation.score);
    for (const ExpertOpinion& expert : explanation.experts) EXPECT_FALSE(expert.rank);
  }
  EXPECT_GT(others, 100U);
}

TEST_F(Explaining, UnknownItemIsSaidToBeUnknown) {
  learn({});

  const Explanation explanation = explain(request_after({"item-3"}), "no {item} at all");

  EXPECT_EQ(explanation.verdict, Verdict::kUnknownItem);
  EXPECT_EQ(explanation.sentence, "No item is known as no {item} at all.");
  EXPECT_TRUE(explanation.reasons.empty());
}

TEST_F(Explaining, UserWithoutHistoryIsToldOfPopularity) {
  learn({});
  const RankRequest request{.user = "new"};
  const RankedList list = rank(request);

  const Explanation explanation = explain(request, list.items.at(2).name);

  EXPECT_EQ(explanation.fallback, Fallback::kUnknownUser);
  EXPECT_EQ(explanation.verdict, Verdict::kInList);
  EXPECT_EQ(explanation.rank, 3U);
  ASSERT_EQ(explanation.experts.size(), 1U);
  EXPECT_EQ(explanation.experts[0].source, Source::kPopular);
}

TEST_F(Explaining, SpeaksTheLanguageThatIsAskedFor) {
  ScoringConfig config;
  config.language = "de";
  learn(config);
  const RankRequest request = request_after({"item-4"});

  EXPECT_NE(explain(request, "item-5", "de").sentence.find("steht auf Platz"), std::string::npos);
  EXPECT_NE(explain(request, "item-5", "zh").sentence.find("排在第"), std::string::npos);
  EXPECT_NE(explain(request, "item-5").sentence.find("stands at place"), std::string::npos);
  const RankedList list = rank(request);
  for (const RankedItem& item : list.items)
    EXPECT_EQ(item.reasons.at(0).text, explain(request, item.name, "de").reasons.at(0).text);
}

/// Of the items in lists whose first reason names another item: how many lose probability without
/// it.
struct Faithful {
  std::size_t named = 0;
  std::size_t lower = 0;
  double share() const { return static_cast<double>(lower) / static_cast<double>(named); }
};

TEST_F(Explaining, ReasonsAreFaithfulWithoutTheNamedItemTheProbabilityIsLower) {
  for (const bool network : {false, true}) {
    ScoringConfig config;
    config.network = {.enabled = network, .dim = 16, .heads = 2, .history_max = 10};
    const NetworkFactory factory = [&] { return make_fused_network(config.network, kSeed); };
    learn(config, true, network ? factory : nullptr);
    Faithful faithful;
    for (const RankRequest& request : users_of_the_shop(150, 3)) {
      for (const RankedItem& item : rank(request).items) {
        const Reason& reason = item.reasons.front();
        if (reason.because_of_name.empty() || reason.because_of == item.id) continue;
        const float before = explain(request, item.name).probability;
        const float after = explain(without(request, reason.because_of), item.name).probability;
        ++faithful.named;
        if (after < before) ++faithful.lower;
      }
    }
    std::printf("network %d: items with a faithful reason %.4f (of %zu)\n", network,
                faithful.share(), faithful.named);
    RecordProperty(network ? "faithful_with_network" : "faithful",
                   std::to_string(faithful.share()));
    EXPECT_GT(faithful.named, 1'000U);
    EXPECT_GE(faithful.share(), 0.78);
  }
}

}  // namespace
}  // namespace freshet
