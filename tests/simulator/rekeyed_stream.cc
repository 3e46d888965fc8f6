#include "tests/simulator/rekeyed_stream.h"

#include <algorithm>
#include <utility>

#include "tests/simulator/simulated_group_reader.h"

namespace freshet::sim {
namespace {

SourcePartition source_of(const SimulatedLog& log) { return {kSourceTopic, log.partition()}; }

}  // namespace

RekeyedStream::RekeyedStream(World& world, std::deque<SimulatedLog>& events, int partitions,
                             WorldTime session_timeout)
    : group(world, partitions, session_timeout), brokers(events), world_(world), events_(events) {
  for (int i = 0; i < partitions; ++i) logs.emplace_back(PartitionId{i});
}

void RekeyedStream::strike() {
  const FaultRates& rates = world_.rates;
  SimulatedLog& log = any_log();
  if (world_.random.chance(rates.rebalance)) group.rebalance();
  if (world_.random.chance(rates.rebalance)) group.put_out_any();
  if (world_.random.chance(rates.producer_unknown)) {
    world_.count("rekeying's producers forgotten");
    brokers.forget_producers();
  }
  const Offset low = log.watermarks().low;
  const WorldTime back = world_.between(low.value, committed(log).value);
  if (world_.random.chance(rates.group_offset_back) && back.count() < committed(log).value) {
    world_.count("rekeying's offset set back");
    world_.trace("rekeying: the group's offset of source {} goes back from {} to {}",
                 log.partition().value, committed(log).value, back.count());
    group.commit(log.partition(), Offset{back.count()});
  }
  if (world_.random.chance(rates.truncation)) {
    world_.count("source truncated");
    log.truncate(Offset{world_.between(low.value, committed(log).value).count()});
  }
}

Offset RekeyedStream::committed(const SimulatedLog& log) const {
  return group.committed(log.partition()).value_or(log.watermarks().low);
}

bool RekeyedStream::is_done() const {
  std::set<SourceRecord> copied;
  for (const SimulatedLog& events : events_) {
    for (const LogRecord& record : events.records()) copied.insert(*record.source);
  }
  return std::all_of(logs.begin(), logs.end(), [&](const SimulatedLog& log) {
    return std::all_of(log.records().begin(), log.records().end(), [&](const LogRecord& record) {
      return copied.contains({source_of(log), record.offset});
    });
  });
}

void RekeyedStream::check() const {
  std::map<SourceRecord, const LogRecord*> copies;
  for (const SimulatedLog& events : events_) check_order(events, copies);
  std::size_t count = 0;
  for (const SimulatedLog& log : logs) {
    for (const LogRecord& record : log.records()) {
      const auto copy = copies.find({source_of(log), record.offset});
      world_.require(copy != copies.end(), "record {} of source {} is lost on its way",
                     record.offset.value, log.partition().value);
      world_.require(
          copy->second->value == record.value && copy->second->timestamp == record.timestamp,
          "record {} of source {} is altered on its way", record.offset.value,
          log.partition().value);
      ++count;
    }
  }
  world_.require(copies.size() == count, "the events topic holds {} source records, the source {}",
                 copies.size(), count);
}

void RekeyedStream::check_order(const SimulatedLog& events,
                                std::map<SourceRecord, const LogRecord*>& copies) const {
  std::map<SourcePartition, std::set<Offset>> came;
  for (const LogRecord& record : events.records()) {
    world_.require(record.source.has_value(), "record {} of partition {} has no source",
                   record.offset.value, events.partition().value);
    const auto [source, offset] = *record.source;
    std::set<Offset>& before = came[source];
    if (before.contains(offset)) {
      world_.count("record rekeyed again");
      continue;
    }
    const Offset newest = before.empty() ? Offset{-1} : *before.rbegin();
    world_.require(newest < offset,
                   "partition {}: record {} of source {} first comes after record {}",
                   events.partition().value, offset.value, source.partition.value, newest.value);
    before.insert(offset);
    world_.count("record rekeyed");
    world_.require(copies.emplace(*record.source, &record).second,
                   "record {} of source {} stands in two partitions", offset.value,
                   source.partition.value);
  }
}

std::unique_ptr<Rekeyer> make_rekeyer(World& world, RekeyedStream& stream,
                                      const IngestConfig& config, PipelineFigures& figures,
                                      const Clock& clock, std::function<void(WorldTime)> wait) {
  return std::make_unique<Rekeyer>(
      config, figures, clock,
      Rekeyer::Ports{std::make_unique<SimulatedGroupReader>(world, stream),
                     std::make_unique<SimulatedProducer>(world, stream.brokers, std::move(wait))});
}

}  // namespace freshet::sim
