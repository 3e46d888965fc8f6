#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "config/state_config.h"
#include "scoring/experts/context.h"
#include "scoring/experts/network_expert.h"
#include "scoring/learning/learner.h"
#include "scoring/network/conditions.h"
#include "scoring/network/fused_network.h"
#include "scoring/replica.h"
#include "shop_stream.h"
#include "state/fold.h"

namespace freshet {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr SequenceOptions kAll{.steps_max = 20, .values = true, .clock = true};

TEST(Conditions, HoursAndWeekdaysAreOfUtc) {
  // 2024-02-29 was a Thursday; 1969-12-31 a Wednesday.
  const EventTime leap_day{std::chrono::sys_days{std::chrono::year{2024} / 2 / 29} + 23h + 59min};
  const EventTime before_epoch{-1ms};

  EXPECT_EQ(hour_row(leap_day), kHoursBegin + 23);
  EXPECT_EQ(weekday_row(leap_day), kWeekdaysBegin + 3);
  EXPECT_EQ(hour_row(before_epoch), kHoursBegin + 23);
  EXPECT_EQ(weekday_row(before_epoch), kWeekdaysBegin + 2);
}

TEST(Conditions, ValuesOfDifferentKeysHaveRowsOfTheirOwnWithinTheTable) {
  std::set<ConditionRow> rows;
  for (std::size_t key = 0; key < 16; ++key)
    for (const char* value : {"DE", "FR", "phone", "desktop"}) rows.insert(value_row(key, value));

  EXPECT_GT(rows.size(), 58U) << "a few may share a row";
  EXPECT_GE(*rows.begin(), kValuesBegin);
  EXPECT_LT(*rows.rbegin(), kConditionRows);
  EXPECT_EQ(value_row(3, "DE"), value_row(3, "DE"));
}

/// A user's events through the fold, from midnight 1970-01-01 on.
class FoldedUser : public testing::Test {
 protected:
  TrainingExample after(const std::string& item, Action action, std::chrono::milliseconds time,
                        std::vector<std::string> context) {
    Event event;
    event.user = "u";
    event.action = action;
    event.items = {{.id = item_id_of(item), .name = item}};
    event.event_time = EventTime(time);
    event.context = std::move(context);
    std::vector<TrainingExample> examples;
    fold_.apply(event, {.offset = Offset{offset_++}}, state_, examples);
    if (catalogue_.find(item_id_of(item)) == kNoRow) catalogue_.add({item_id_of(item), item});
    return examples.empty() ? TrainingExample{} : examples.front();
  }

  Fold fold_{StateConfig{}};
  UserState state_;
  Catalogue catalogue_{CatalogueConfig{}};
  std::int64_t offset_ = 0;
};

TEST_F(FoldedUser, LearningKnowsOfTheMomentWhatServingKnew) {
  after("a", Action::kClick, 1h, {"phone", "DE"});
  after("b", Action::kImpression, 2h, {"phone", "FR"});
  const Context served = make_context(known_user(state_), catalogue_, kAll);

  const TrainingExample example = after("c", Action::kCart, 30h, {"desktop", "IT"});
  const Context learned = make_context(known_user(example), catalogue_, kAll);

  EXPECT_EQ(learned.sequence, served.sequence);
  EXPECT_THAT(learned.sequence.conditions, ElementsAre(kHoursBegin + 1, kWeekdaysBegin + 3,
                                                       value_row(0, "phone"), value_row(1, "FR")));
  EXPECT_THAT(example.context, ElementsAre("desktop", "IT"));
  EXPECT_EQ(learned.last_action, Action::kClick);
}

TEST_F(FoldedUser, AStreamWithoutContextHasNoConditions) {
  after("a", Action::kClick, 1h, {});
  const SequenceOptions with_context = sequence_options({.context = true});

  EXPECT_THAT(make_context(known_user(state_), catalogue_, with_context).sequence.conditions,
              IsEmpty());
  after("b", Action::kClick, 2h, {"", ""});
  EXPECT_THAT(make_context(known_user(state_), catalogue_, with_context).sequence.conditions,
              IsEmpty());
}

ScoringConfig with_network() {
  ScoringConfig config;
  config.network = {
      .enabled = true, .dim = 16, .heads = 2, .negatives = 32, .context = true, .device = "cpu"};
  config.learning.batch_size_max = 8;
  return config;
}

NetworkFactory fused(const ScoringConfig& config) {
  return [config] { return make_fused_network(config.network, config.learning.seed); };
}

/// The shop's stream, in which users also buy, from two countries.
std::vector<TrainingExample> shop_with_actions(std::size_t count) {
  auto examples = ShopStream(11).take(count);
  for (TrainingExample& example : examples) {
    const std::size_t kind = example.item.value % 5;
    example.action = kind == 0 ? Action::kPurchase : kind == 1 ? Action::kCart : Action::kClick;
    for (HistoryEntry& entry : example.history) {
      const std::size_t of = entry.item.value % 5;
      entry.action = of == 0 ? Action::kPurchase : of == 1 ? Action::kCart : Action::kClick;
    }
    example.context = example.known_context = {example.user.back() % 2 == 0 ? "DE" : "FR"};
  }
  return examples;
}

TEST(NetworkConditions, ReplicaFollowsALearnerOfContextAndActions) {
  const ScoringConfig config = with_network();
  Learner learner(config, fused(config));
  Replica replica(config, fused(config));
  const auto examples = shop_with_actions(1'500);
  for (std::size_t k = 0; k < examples.size(); k += 100) {
    learner.learn(std::span(examples).subspan(k, 100));
    ASSERT_TRUE(replica.apply(*learner.take_delta()));
  }
  auto requests = many_requests();
  for (std::size_t k = 0; k < requests.size(); ++k) {
    requests[k].state.context = {k % 2 == 0 ? "DE" : "FR"};
    requests[k].state.history.back().action = k % 3 == 0 ? Action::kCart : Action::kClick;
  }

  Recommender of_learner(config, learner.knowledge());
  const auto expected = of_learner.rank(requests, RankEffort::kFull);
  const auto lists = replica.rank(requests);

  for (std::size_t k = 0; k < lists.size(); ++k) ASSERT_EQ(text_of(lists[k]), text_of(expected[k]));
  EXPECT_EQ(replica.knowledge().to_bytes(), learner.knowledge().to_bytes());
  requests[0].state.context = {"FR"};
  EXPECT_NE(text_of(replica.rank(requests)[0]), text_of(lists[0])) << "context is not read";
}

TEST(ActionShares, AreMeansByTheActionBefore) {
  ActionShares shares;
  EXPECT_EQ(shares.share(Action::kClick, Action::kClick), 0);

  for (int k = 0; k < 400; ++k) {
    shares.observe(Action::kClick, k % 4 == 0 ? Action::kCart : Action::kClick);
    shares.observe(Action::kCart, Action::kPurchase);
  }

  EXPECT_NEAR(shares.share(Action::kClick, Action::kCart), 0.25, 0.01);
  EXPECT_NEAR(shares.share(Action::kClick, Action::kClick), 0.75, 0.01);
  EXPECT_EQ(shares.share(Action::kCart, Action::kPurchase), 1);
}

/// A network whose query is the action that is asked for: item `action` has nearly all probability.
class AskedNetwork final : public Network {
 public:
  void grow(std::size_t) override {}
  void reset(std::span<const ItemRow>) override {}
  void truncate(std::size_t) override {}
  void compress(TableFormat) override {}
  Result<std::vector<float>> queries(std::span<const Sequence> sequences) override {
    asked_ += sequences.size();
    std::vector<float> queries;
    for (const Sequence& sequence : sequences)
      for (std::size_t item = 0; item < kItems; ++item) {
        const auto task = sequence.conditions.empty() ? task_row(1) : sequence.conditions.back();
        queries.push_back(item == task ? 20.0F : 0.0F);
      }
    return queries;
  }
  Result<float> train(std::span<const SequenceExample>, const Negatives&) override { return 0.0F; }
  NetworkDelta take_changes() override { return {}; }
  void apply(const NetworkDelta&) override {}
  ItemTableView item_table() const override {
    static const std::vector<float> identity = [] {
      std::vector<float> values(kItems * kItems, 0.0F);
      for (std::size_t k = 0; k < kItems; ++k) values[k * kItems + k] = 1;
      return values;
    }();
    static const std::vector<float> biases(kItems, 0.0F);
    return {identity.data(), biases.data(), kItems, kItems};
  }
  Result<std::string> save() override { return std::string(); }
  Status load(const std::string&) override { return {}; }

  std::size_t asked() const { return asked_; }

 private:
  static constexpr std::size_t kItems = 6;
  std::size_t asked_ = 0;
};

class NetworkTasks : public testing::Test {
 protected:
  /// Asks after a click; returns the probability of the item that each action leads to.
  std::vector<float> ask(const TaskConfig& worth) {
    NetworkExpert expert(&network_, shares_, worth);
    Context context;
    context.steps = {{0, true}};
    context.sequence.steps = {{0, 1, 0}};
    const Context* const batch[] = {&context};
    expert.start_batch(batch, 6, {});
    expert.prepare(context, 6);
    expert.candidates(6, best_);
    std::vector<float> probabilities;
    for (const Action action : {Action::kClick, Action::kCart, Action::kPurchase})
      probabilities.push_back(expert.probability(static_cast<ItemRow>(action)));
    return probabilities;
  }

  AskedNetwork network_;
  ActionShares shares_;
  std::vector<ScoredRow> best_;
};

TEST_F(NetworkTasks, AskForClicksAloneWhereThereIsNothingElse) {
  const auto unknown = ask({});
  for (int k = 0; k < 100; ++k) shares_.observe(Action::kClick, Action::kClick);
  const auto clicks = ask({});

  EXPECT_EQ(unknown, clicks);
  EXPECT_GT(clicks[0], 0.99F);
  EXPECT_EQ(network_.asked(), 2U) << "one query each";
}

TEST_F(NetworkTasks, MixActionsByFrequencyTimesWorth) {
  for (int k = 0; k < 1'000; ++k)
    shares_.observe(Action::kClick, k % 20 < 16   ? Action::kClick
                                    : k % 20 < 19 ? Action::kCart
                                                  : Action::kPurchase);

  const auto even = ask({});
  EXPECT_NEAR(even[0], 0.80 / 0.95, 0.02);
  EXPECT_NEAR(even[1], 0.15 / 0.95, 0.02);
  EXPECT_LT(even[2], 0.01F) << "one in twenty is too rare to be asked for";
  EXPECT_EQ(best_.front().row, static_cast<ItemRow>(Action::kClick));
  EXPECT_NEAR(best_.front().score, even[0], 1e-6);

  const auto sales = ask({.click = 0.1, .cart = 0, .purchase = 10});
  EXPECT_GT(sales[2], 0.8F);
  EXPECT_LT(sales[1], 0.01F);
  EXPECT_EQ(best_.front().row, static_cast<ItemRow>(Action::kPurchase));
}

}  // namespace
}  // namespace freshet
