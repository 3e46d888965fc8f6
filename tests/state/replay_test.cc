// The fold is deterministic: the bytes depend on the events alone, not on where a batch, a restart
// or a reload from disk falls.

#include <gtest/gtest.h>

#include <random>

#include "state/fold.h"
#include "state/user_state_codec.h"
#include "state_samples.h"

namespace freshet {
namespace {

StateConfig small_limits() {
  StateConfig config;
  config.history_max = 8;
  config.learn_history_max = 5;
  config.bought_max = config.shown_max = config.disliked_max = 4;
  config.recent_event_ids_max = 6;
  config.bot_events_per_minute_max = 4;
  config.late_grace = std::chrono::hours{1};
  config.history_age_max = std::chrono::minutes{40};
  return config;
}

std::vector<Event> random_events(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Event> events(300);
  for (Event& event : events) event = random_event(random);
  return events;
}

/// Folds `events` into one state, which goes through its bytes after each where `reload` says so.
template <class Reload>
std::string replay(const std::vector<Event>& events, const Reload& reload) {
  const Fold fold(small_limits());
  UserState state;
  std::vector<TrainingExample> examples;
  for (std::size_t i = 0; i < events.size(); ++i) {
    fold.apply(events[i], {PartitionId{0}, Offset{static_cast<std::int64_t>(i)}}, state, examples);
    if (!reload()) continue;
    auto decoded = decode_user_state(encode(state));
    EXPECT_TRUE(decoded) << decoded.error().text;
    EXPECT_EQ(*decoded, state);
    state = std::move(*decoded);
  }
  return encode(state);
}

TEST(Replay, GivesTheSameBytesHoweverOftenTheStateIsReloaded) {
  const std::uint64_t seed = printed_seed();
  for (std::uint64_t round = 0; round < 20; ++round) {
    const auto events = random_events(seed + round);
    std::mt19937_64 random(seed + round);
    const std::string never = replay(events, [] { return false; });
    EXPECT_EQ(replay(events, [] { return true; }), never) << "seed " << seed + round;
    EXPECT_EQ(replay(events, [&] { return random() % 3 == 0; }), never) << "seed " << seed + round;
  }
}

TEST(Replay, MeetsEveryOutcome) {
  // Guards the test above: a generator that misses a branch would prove nothing about it.
  const Fold fold(small_limits());
  UserState state;
  std::vector<TrainingExample> examples;
  std::array<int, kFoldOutcomeCount> counts{};
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    state = {};
    for (const Event& event : random_events(seed)) {
      ++counts[static_cast<std::size_t>(fold.apply(event, {}, state, examples))];
    }
  }
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (static_cast<FoldOutcome>(i) == FoldOutcome::kForgotten) continue;  // The task's, not ours.
    EXPECT_GT(counts[i], 0) << to_string(static_cast<FoldOutcome>(i));
  }
}

}  // namespace
}  // namespace freshet
