#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>

#include "app/kafka/rekeyer.h"
#include "tests/simulator/simulated_group.h"
#include "tests/simulator/simulated_log.h"
#include "tests/simulator/simulated_producer.h"

namespace freshet::sim {

inline constexpr const char* kSourceTopic = "clicks";

/// The un-keyed clickstream of a schedule, and what brokers keep of its way to the events topic.
/// Confined to one thread.
class RekeyedStream {
 public:
  /// `world` and `events`, the logs of the events topic, outlive the stream.
  RekeyedStream(World& world, std::deque<SimulatedLog>& events, int partitions,
                WorldTime session_timeout);

  SimulatedLog& log(PartitionId partition) {
    return logs[static_cast<std::size_t>(partition.value)];
  }
  SimulatedLog& any_log() { return logs[world_.random.below(logs.size())]; }

  /// A fault of the group, of the brokers, or the source's retention.
  void strike();

  /// Whether all of the source is in the events topic. The group may not know it yet: a commit that
  /// is lost is made up for by the next one.
  bool is_done() const;

  /// Checks that each record of the source stands in the log of its key, as it was, first come in
  /// the source's order, and that the logs hold no other. Throws Violation.
  void check() const;

  std::deque<SimulatedLog> logs;  ///< Of the source's partitions.
  SimulatedGroup group;
  SimulatedBrokers brokers;
  MemberId next_member = 0;

 private:
  void check_order(const SimulatedLog& events,
                   std::map<SourceRecord, const LogRecord*>& copies) const;
  Offset committed(const SimulatedLog& log) const;

  World& world_;
  const std::deque<SimulatedLog>& events_;
};

/// The real rekeyer between simulated ports. `wait` lets the others work for so long; all outlive
/// the rekeyer.
std::unique_ptr<Rekeyer> make_rekeyer(World& world, RekeyedStream& stream,
                                      const IngestConfig& config, PipelineFigures& figures,
                                      const Clock& clock, std::function<void(WorldTime)> wait);

}  // namespace freshet::sim
