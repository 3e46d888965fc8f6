#include "tests/simulator/simulation.h"

#include "tests/simulator/cluster.h"

namespace freshet::sim {
namespace {

using namespace std::chrono_literals;

/// Small bounds, so that a short schedule reaches them.
Config draw_config(World& world) {
  Config config;
  config.ingest.poll_wait = 0ms;  // Waiting is the world's.
  config.ingest.batch_records_max = 1 + world.random.below(12);
  config.ingest.kafka.session_timeout = 1000ms;
  config.ingest.catch_up.lag_records = 1 + world.random.below(60);
  if (world.random.chance(0.5)) config.ingest.catch_up.lists = "hold";
  config.state.history_max = 1 + world.random.below(6);
  config.state.shown_max = 4;
  config.state.bought_max = 4;
  config.state.disliked_max = 3;
  config.state.recent_event_ids_max = 1 + world.random.below(8);
  if (world.random.chance(0.5))
    config.state.history_age_max = std::chrono::seconds(1 + world.random.below(4));
  config.state.owed_max = 1 + world.random.below(12);
  config.scoring.queue_max = 1 + world.random.below(8);
  config.sinks.kafka.in_flight_max = 1 + world.random.below(12);
  config.sinks.kafka.delivery_timeout = 800ms;
  if (world.random.chance(0.25)) config.ingest.rekey.from_topic = kSourceTopic;
  return config;
}

/// A schedule has some of the faults, often or seldom: all at once would hide what one does.
FaultRates draw_rates(World& world) {
  const auto draw = [&](double max) {
    return world.random.chance(0.5) ? max * world.random.uniform() : 0;
  };
  FaultRates rates;
  rates.process_crash = draw(0.04);
  rates.machine_crash = draw(0.2);
  rates.publish_trouble = draw(0.6);
  rates.group_message_lost = draw(0.4);
  rates.rebalance = draw(0.5);
  rates.suspension = draw(0.02);
  rates.clock_jump = draw(0.5);
  rates.poison = draw(0.02);
  rates.snapshot_damage = draw(0.3);
  rates.forget = draw(0.4);
  rates.clock_ahead = draw(0.1);
  rates.truncation = draw(0.1);
  rates.recreation = draw(0.05);
  rates.full_disk = draw(0.5);
  rates.append_trouble = draw(0.4);
  rates.group_offset_back = draw(0.3);
  rates.producer_unknown = draw(0.3);
  return rates;
}

}  // namespace

Outcome run_schedule(std::uint64_t seed, Mutation mutation, bool tracing,
                     PipelineFigures& figures) {
  World world(seed, mutation, tracing);
  const Config config = draw_config(world);
  world.rates = draw_rates(world);
  Outcome outcome;
  try {
    Cluster cluster(world, config, 1 + static_cast<int>(world.random.below(3)), figures);
    for (std::size_t steps = 100 + world.random.below(500); steps > 0; --steps) cluster.step();
    cluster.calm_down();
    cluster.check();
  } catch (const Violation& violation) {
    world.trace("VIOLATION: {}", violation.text);
    outcome.violation = violation.text;
  }
  outcome.trace = world.trace();
  outcome.counts = world.counts();
  return outcome;
}

}  // namespace freshet::sim
