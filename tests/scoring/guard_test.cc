#include "scoring/learning/guard.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <random>

#include "fakes/fake_network.h"
#include "scoring/learning/learner.h"
#include "scoring/replica.h"
#include "shop_stream.h"

namespace freshet {
namespace {

constexpr std::uint64_t kSeed = 11;
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

/// Reciprocal ranks of five rankers that hit with a probability each. Live weights and copy mostly
/// agree, as they do in truth.
class Ranks {
 public:
  explicit Ranks(std::uint64_t seed) : random_(seed) {
    std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  }

  GuardSample next() {
    const float common = uniform_(random_);
    return {.live = rank(common, live),
            .of = {rank(common, last_good), rank(common, mixture), rank(common, neighbours),
                   rank(common, popularity)}};
  }

  void all_harder(float factor) {
    for (float* share : {&live, &last_good, &mixture, &neighbours, &popularity}) *share *= factor;
  }

  float live = 0.5F, last_good = 0.5F, mixture = 0.45F, neighbours = 0.4F, popularity = 0.1F;

 private:
  float rank(float common, float hit_share) {
    const float own = uniform_(random_) < 0.8F ? common : uniform_(random_);
    return own < hit_share ? 1 / std::ceil(1 + 10 * uniform_(random_)) + 0.3F : 0;
  }

  std::mt19937_64 random_;
  std::uniform_real_distribution<float> uniform_{0, 1};
};

/// Runs `events`; returns the actions that were not kNone, in order.
std::vector<GuardAction> run(Guard& guard, Ranks& ranks, std::size_t events) {
  std::vector<GuardAction> actions;
  for (std::size_t k = 0; k < events; ++k)
    if (const GuardAction action = guard.observe(ranks.next()); action != GuardAction::kNone)
      actions.push_back(action);
  return actions;
}

/// Runs until an action other than keeping; returns it and how many events it took.
std::pair<GuardAction, std::size_t> run_to_action(Guard& guard, Ranks& ranks) {
  for (std::size_t k = 1; k <= 200'000; ++k) {
    const GuardAction action = guard.observe(ranks.next());
    if (action != GuardAction::kNone && action != GuardAction::kKeep) return {action, k};
  }
  return {GuardAction::kNone, 0};
}

std::uint64_t trips(const Guard& guard) {
  std::uint64_t sum = 0;
  for (const std::uint64_t count : guard.figures().trips) sum += count;
  return sum;
}

TEST(Guard, NoiseDoesNotTripIt) {
  Guard guard(GuardConfig{});
  Ranks ranks(kSeed);

  run(guard, ranks, 500'000);

  EXPECT_EQ(trips(guard), 0U);
  EXPECT_EQ(guard.state(), GuardState::kHealthy);
}

TEST(Guard, StreamThatGetsHarderForAllDoesNotTripIt) {
  Guard guard(GuardConfig{});
  Ranks ranks(kSeed);
  run(guard, ranks, 50'000);

  ranks.all_harder(0.4F);
  run(guard, ranks, 100'000);

  EXPECT_EQ(trips(guard), 0U);
}

TEST(Guard, LiveWeightsWorseThanTheirCopyAreRolledBackWithinHundreds) {
  Guard guard(GuardConfig{});
  Ranks ranks(kSeed);
  run(guard, ranks, 50'000);

  ranks.live = 0.3F;
  const auto [action, events] = run_to_action(guard, ranks);

  EXPECT_EQ(action, GuardAction::kRollBack);
  EXPECT_LT(events, 1'000U);
  EXPECT_EQ(guard.figures().trips[static_cast<std::size_t>(Reference::kLastGood)], 1U);
  EXPECT_EQ(guard.state(), GuardState::kFrozen);
}

TEST(Guard, ComesBackByItselfFirstAtHalfRateThenFull) {
  Guard guard(GuardConfig{});
  Ranks ranks(kSeed);
  run(guard, ranks, 50'000);
  ranks.live = 0.3F;
  ASSERT_EQ(run_to_action(guard, ranks).first, GuardAction::kRollBack);

  ranks.live = 0.5F;
  const auto [resumed, frozen_events] = run_to_action(guard, ranks);
  const auto [recovered, watched_events] = run_to_action(guard, ranks);

  EXPECT_EQ(resumed, GuardAction::kResume);
  EXPECT_EQ(frozen_events, 3'000U);
  EXPECT_EQ(recovered, GuardAction::kRecover);
  EXPECT_GE(watched_events, 3'000U);
  EXPECT_LT(watched_events, 30'000U);
  EXPECT_EQ(guard.state(), GuardState::kHealthy);
}

TEST(Guard, RelapseDoublesThePause) {
  Guard guard(GuardConfig{});
  Ranks ranks(kSeed);
  run(guard, ranks, 50'000);
  ranks.live = 0.3F;

  std::vector<std::size_t> pauses;
  while (pauses.size() < 3) {
    ASSERT_EQ(run_to_action(guard, ranks).first, GuardAction::kRollBack);
    const auto [action, events] = run_to_action(guard, ranks);
    ASSERT_EQ(action, GuardAction::kResume);
    pauses.push_back(events);
  }

  EXPECT_EQ(pauses, (std::vector<std::size_t>{3'000, 6'000, 12'000}));
}

TEST(Guard, BrokenStreamStopsLearningUntilItIsWholeAgain) {
  Guard guard(GuardConfig{});
  Ranks ranks(kSeed);
  run(guard, ranks, 50'000);
  const Ranks healthy = ranks;

  ranks.all_harder(0.02F);
  const auto [action, events] = run_to_action(guard, ranks);
  const auto during = run(guard, ranks, 20'000);
  const GuardState state_during = guard.state();
  ranks = healthy;
  const auto [resumed, events_after] = run_to_action(guard, ranks);

  EXPECT_EQ(action, GuardAction::kRollBack);
  EXPECT_LT(events, 1'000U);
  EXPECT_TRUE(during.empty());
  EXPECT_EQ(state_during, GuardState::kFrozen);
  EXPECT_EQ(guard.figures().trips[static_cast<std::size_t>(Reference::kPast)], 1U);
  EXPECT_EQ(resumed, GuardAction::kResume);
  EXPECT_LE(events_after, 4'000U);
}

TEST(Guard, StreamThatStaysHardBecomesUsual) {
  Guard guard(GuardConfig{});
  Ranks ranks(kSeed);
  run(guard, ranks, 50'000);

  ranks.all_harder(0.1F);
  run(guard, ranks, 400'000);

  EXPECT_EQ(guard.state(), GuardState::kHealthy);
}

TEST(Guard, CopyThatIsNoBetterIsGivenUp) {
  Guard guard(GuardConfig{});
  Ranks ranks(kSeed);
  run(guard, ranks, 50'000);

  ranks.live = ranks.last_good = 0.2F;

  EXPECT_EQ(run_to_action(guard, ranks).first, GuardAction::kRestart);
  EXPECT_EQ(guard.figures().trips[static_cast<std::size_t>(Reference::kMixture)], 1U);
}

TEST(Guard, NumberThatIsNotFiniteTripsAtOnce) {
  Guard guard(GuardConfig{});

  EXPECT_EQ(guard.observe({.live = kNan}), GuardAction::kRollBack);
  EXPECT_EQ(guard.figures().trips[kNotFiniteCause], 1U);
}

TEST(Guard, SwitchedOffItSaysNothing) {
  Guard guard(GuardConfig{.enabled = false});
  Ranks ranks(kSeed);
  ranks.live = 0;

  EXPECT_TRUE(run(guard, ranks, 20'000).empty());
}

// What follows: the guard at work in the learner.

ScoringConfig small_config() {
  ScoringConfig config;
  config.guard.window = 200;
  config.guard.keep_windows = 2;
  config.guard.threshold = 10;
  return config;
}

/// Gradients that are far too long, and lead uphill.
GradientFault explosion_while(const bool& is_on) {
  return [&is_on](std::span<float> gradient) {
    if (!is_on) return;
    for (float& value : gradient) value *= -1e6F;
  };
}

TEST(GuardedLearner, ExplodingGradientsAreClippedThenRolledBackThenForgotten) {
  Learner learner(small_config(), nullptr);
  bool explodes = false;
  learner.plant(explosion_while(explodes));
  ShopStream stream(kSeed);
  learner.learn(stream.take(4'000));
  ASSERT_EQ(learner.figures().guard.state, GuardState::kHealthy);
  ASSERT_EQ(learner.figures().clipped_gradients, 0U);

  const std::uint64_t learned = learner.figures().examples;
  explodes = true;
  while (learner.figures().guard.state == GuardState::kHealthy) learner.learn(stream.take(32));
  const std::uint64_t events = learner.figures().examples - learned;
  const std::uint64_t clipped = learner.figures().clipped_gradients;
  explodes = false;
  while (learner.figures().guard.state != GuardState::kHealthy) learner.learn(stream.take(32));

  RecordProperty("events", std::to_string(events));
  EXPECT_LT(events, 4'000U);
  EXPECT_GT(clipped, 10U);
  EXPECT_EQ(learner.figures().clipped_gradients, clipped);
}

TEST(GuardedLearner, ServesTheLastGoodWeightsWhileItDoesNotTrustTheLiveOnes) {
  Learner learner(small_config(), nullptr);
  bool explodes = false;
  learner.plant(explosion_while(explodes));
  ShopStream stream(kSeed);
  learner.learn(stream.take(4'000));
  explodes = true;
  while (learner.figures().guard.state == GuardState::kHealthy) learner.learn(stream.take(32));
  const SecondStageWeights served = learner.knowledge().second_stage();
  explodes = false;

  while (learner.figures().guard.state != GuardState::kHealthy) {
    EXPECT_EQ(learner.knowledge().second_stage(), served);
    learner.learn(stream.take(32));
  }

  EXPECT_NE(learner.knowledge().second_stage(), served);
}

TEST(GuardedLearner, GradientThatIsNotFiniteIsRefused) {
  Learner learner(small_config(), nullptr);
  learner.plant([](std::span<float> gradient) { gradient[3] = kNan; });

  learner.learn(ShopStream(kSeed).take(1'000));

  EXPECT_GT(learner.figures().refused_gradients, 10U);
  EXPECT_TRUE(is_finite(learner.knowledge().second_stage()));
}

TEST(GuardedLearner, SameEventsGiveTheSameGuard) {
  std::vector<std::string> bytes;
  for (int k = 0; k < 2; ++k) {
    Learner learner(small_config(), nullptr);
    const bool explodes = true;
    learner.plant(explosion_while(explodes));
    learner.learn(ShopStream(kSeed).take(3'000));
    bytes.push_back(learner.knowledge().to_bytes() + std::to_string(learner.figures().guard.usual));
  }
  EXPECT_EQ(bytes[0], bytes[1]);
}

TEST(GuardedLearner, CheckpointKeepsTheGuardAndTheLastGoodCopy) {
  const std::string directory = testing::TempDir() + "freshet_guard_" + std::to_string(::getpid());
  std::filesystem::remove_all(directory);
  Learner saved(small_config(), nullptr), loaded(small_config(), nullptr);
  bool explodes = false;
  saved.plant(explosion_while(explodes));
  ShopStream stream(kSeed);
  saved.learn(stream.take(4'000));
  explodes = true;
  while (saved.figures().guard.state == GuardState::kHealthy) saved.learn(stream.take(32));
  explodes = false;

  ASSERT_TRUE(saved.save(directory));
  ASSERT_TRUE(loaded.load(directory));
  std::filesystem::remove_all(directory);
  EXPECT_EQ(loaded.figures().guard.state, GuardState::kFrozen);
  const auto more = stream.take(6'000);
  saved.learn(more);
  loaded.learn(more);

  EXPECT_EQ(loaded.figures().guard.trips, saved.figures().guard.trips);
  EXPECT_EQ(loaded.figures().guard.state, saved.figures().guard.state);
  EXPECT_EQ(loaded.knowledge().to_bytes(), saved.knowledge().to_bytes());
}

TEST(GuardedLearner, FloodedItemTeachesItsShareAndNoMore) {
  ShopStream stream(kSeed);
  for (const bool guarded : {false, true}) {
    ScoringConfig config;
    config.guard.enabled = guarded;
    Learner learner(config, nullptr);
    learner.learn(stream.take(4'000));
    auto examples = stream.take(4'000);
    for (std::size_t k = 0; k < examples.size(); k += 2) {
      examples[k].item = item_id_of("flooded");
      examples[k].item_name = "flooded";
    }

    learner.learn(examples);

    const ItemRow row = learner.knowledge().catalogue().find(item_id_of("flooded"));
    const float share = learner.knowledge().popularity().share(0, row);
    if (guarded) {
      EXPECT_LT(share, 0.11F);
      EXPECT_GT(learner.figures().capped, 1'000U);
    } else {
      EXPECT_GT(share, 0.4F);
      EXPECT_EQ(learner.figures().capped, 0U);
    }
  }
}

TEST(Delta, ThatHoldsANumberThatIsNotFiniteIsRefusedWhole) {
  Replica replica(ScoringConfig{}, nullptr);
  Learner learner(ScoringConfig{}, nullptr);
  learner.learn(ShopStream(kSeed).take(200));
  Delta delta = *learner.take_delta();
  const std::string before = replica.knowledge().to_bytes();

  for (float* value :
       {&delta.second_stage->values[5], &delta.second_stage->mean[2], &delta.mixture->of[1][0]}) {
    const float kept = *value;
    *value = kNan;
    const Status applied = replica.apply(delta);
    ASSERT_FALSE(applied);
    EXPECT_EQ(applied.error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(replica.knowledge().to_bytes(), before);
    *value = kept;
  }
  delta.network.dense = {1, std::numeric_limits<float>::infinity()};
  EXPECT_FALSE(replica.apply(delta));
  delta.network = {};
  EXPECT_TRUE(replica.apply(delta));
}

/// A network whose changes turn bad at the pull of a lever, until it is loaded anew.
class BreakableNetwork final : public FakeNetwork {
 public:
  BreakableNetwork(Levers* levers, bool* breaks) : FakeNetwork(levers), breaks_(breaks) {}

  NetworkDelta take_changes() override {
    NetworkDelta delta = FakeNetwork::take_changes();
    if (*breaks_ && !delta.row_values.empty()) delta.row_values.front() = kNan;
    return delta;
  }

  Status load(const std::string& bytes) override {
    *breaks_ = false;
    return FakeNetwork::load(bytes);
  }

 private:
  bool* breaks_;
};

TEST(GuardedLearner, NetworkThatIsNotFiniteBeginsAnewAndIsNeverPublished) {
  FakeNetwork::Levers levers;
  bool breaks = false;
  const NetworkFactory factory = [&] {
    return std::make_unique<BreakableNetwork>(&levers, &breaks);
  };
  Learner learner(ScoringConfig{}, factory);
  Replica replica(ScoringConfig{}, factory);
  ShopStream stream(kSeed);
  learner.learn(stream.take(500));
  ASSERT_TRUE(replica.apply(*learner.take_delta()));

  breaks = true;
  learner.learn(stream.take(500));
  const auto delta = learner.take_delta();

  EXPECT_EQ(learner.figures().network_renewals, 1U);
  EXPECT_TRUE(is_finite(*delta));
  EXPECT_EQ(delta->network.rows.size(), learner.knowledge().catalogue().size());
  EXPECT_TRUE(replica.apply(*delta));
}

}  // namespace
}  // namespace freshet
