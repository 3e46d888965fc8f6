#include "tests/simulator/clickstream.h"

#include <array>

#include "tests/simulator/simulated_clock.h"

namespace freshet::sim {
namespace {

constexpr std::size_t kUsers = 6;
constexpr std::size_t kItems = 9;
constexpr std::array kActions{"click", "impression", "purchase", "cart", "like", "dislike"};
constexpr std::array kBroken{"{broken", R"({"type":"click"})", R"({"type":"wave","user_id":"u"})",
                             "\xff\xfe"};

}  // namespace

void Clickstream::append(SimulatedLog& log, PartitionId home) {
  const EventTime now{SimulatedClock::kEpochStart + world_.now()};
  const double choice = world_.random.uniform();
  const auto& records = log.records();
  // In a log made anew a gap where the old one had a record would hide that it is another one.
  if (choice < 0.05 && log.incarnation() == 0) {
    log.leave_gap(1 + static_cast<std::int64_t>(world_.random.below(3)));
  } else if (choice < 0.12) {
    log.append(now, kBroken[world_.random.below(kBroken.size())]);
  } else if (choice < 0.15) {
    log.append(now, std::nullopt);
  } else if (choice < 0.25 && !records.empty()) {
    log.append(now, records[world_.random.below(records.size())].value);  // A producer's retry.
  } else {
    log.append(now, event(home, now));
  }
}

UserId Clickstream::any_user(PartitionId partition) {
  return fmt::format("p{}-u{}", partition.value, world_.random.below(kUsers));
}

std::string Clickstream::event(PartitionId partition, EventTime log_time) {
  std::int64_t time_ms = log_time.time_since_epoch().count();
  if (world_.random.chance(0.1)) time_ms -= world_.between(1, 200'000'000).count();
  if (world_.random.chance(world_.rates.clock_ahead)) time_ms += world_.between(1, 10'000).count();
  UserId user = any_user(partition);
  if (world_.random.chance(world_.rates.poison)) user = kPoisonUser;
  return fmt::format(
      R"({{"event_id":"{}","type":"{}","user_id":"{}","item_id":"i{}","event_time":{}}})",
      ++next_id_, kActions[world_.random.below(kActions.size())], user, world_.random.below(kItems),
      time_ms);
}

}  // namespace freshet::sim
