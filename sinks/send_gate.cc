#include "sinks/send_gate.h"

#include <algorithm>
#include <limits>

#include "config/assert.h"
#include "ingest/kafka_partitioner.h"

namespace freshet {

HeldRecord::HeldRecord(const OutgoingRecord& record, void* ticket, SteadyTime queued)
    : topic_(record.topic),
      key_(record.key),
      value_(record.value),
      timestamp_(record.timestamp),
      partition_(record.partition),
      ticket_(ticket),
      queued_(queued),
      bytes_(record.key.size() + record.value.value_or(std::string_view{}).size()) {
  headers_.reserve(record.headers.size());
  for (const auto& header : record.headers) {
    headers_.emplace_back(header.name, header.value);
    bytes_ += header.name.size() + header.value.size();
  }
}

SendGate::Topic& SendGate::topic_named(std::string_view name) {
  const auto it = std::find_if(topics_.begin(), topics_.end(),
                               [&](const auto& topic) { return topic->name == name; });
  if (it != topics_.end()) return **it;
  return *topics_.emplace_back(std::make_unique<Topic>(name));
}

SendGate::Lane& SendGate::lane_of(const OutgoingRecord& record) {
  Topic& topic = topic_named(record.topic);
  const std::int32_t count = topic.partition_count.load(std::memory_order_relaxed);
  auto partition = record.partition;
  // What was held while nobody knew goes first: a key's records keep their order.
  if (!partition && !record.key.empty() && count > 0 && topic.of_none.held.empty())
    partition = partition_of(record.key, count, Partitioner::kMurmur2);
  if (!partition) return topic.of_none;
  const auto place = static_cast<std::size_t>(partition->value);
  while (topic.lanes.size() <= place) topic.lanes.push_back(std::make_unique<Lane>(topic));
  return *topic.lanes[place];
}

bool SendGate::passes(const Lane& lane) const {
  if (!limits_.holds) return true;
  return lane.on_their_way == 0 && lane.held.empty() && !handing_ && limits_.linger.count() == 0;
}

void SendGate::sent(Lane& lane) {
  ++lane.on_their_way;
  ++on_their_way_;
}

void SendGate::hold(Lane& lane, HeldRecord record) {
  if (lane.held.empty()) waiting_.push_back(&lane);
  held_bytes_ += record.bytes();
  lane.held.push_back(std::move(record));
}

void SendGate::take(Lane& lane, std::size_t bytes_max, std::vector<HeldRecord>& taken) {
  std::size_t bytes = 0;
  do {
    bytes += lane.held.front().bytes();
    taken.push_back(std::move(lane.held.front()));
    lane.held.pop_front();
    sent(lane);
  } while (!lane.held.empty() && bytes + lane.held.front().bytes() <= bytes_max);
  held_bytes_ -= bytes;
}

std::vector<HeldRecord> SendGate::next_wave(SteadyTime now) {
  std::vector<HeldRecord> wave;
  for (Lane* lane : waiting_)
    if (due(*lane) <= now) take(*lane, limits_.wave_bytes_max, wave);
  std::erase_if(waiting_, [](const Lane* lane) { return lane->held.empty(); });
  handing_ = true;
  return wave;
}

bool SendGate::answered(Lane& lane) {
  FRESHET_ASSERT(lane.on_their_way > 0, "an answer belongs to a record that was sent");
  --lane.on_their_way;
  --on_their_way_;
  return lane.on_their_way == 0 && !lane.held.empty();
}

SteadyTime SendGate::due(const Lane& lane) const {
  const auto waits = lane.on_their_way == 0 ? limits_.linger : limits_.held_max;
  return lane.held.front().queued() + waits;
}

SteadyTime SendGate::next_due(SteadyTime latest) const {
  for (const Lane* lane : waiting_) latest = std::min(latest, due(*lane));
  return latest;
}

std::vector<HeldRecord> SendGate::give_up() {
  std::vector<HeldRecord> all;
  for (Lane* lane : std::exchange(waiting_, {}))
    take(*lane, std::numeric_limits<std::size_t>::max(), all);
  return all;
}

}  // namespace freshet
