#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/time.h"
#include "sinks/record_producer.h"

namespace freshet {

/// A record that waits for its turn, with all that its views pointed to.
class HeldRecord {
 public:
  /// `ticket` is the owner's, handed back untouched.
  HeldRecord(const OutgoingRecord& record, void* ticket, SteadyTime queued);

  /// Calls `use` with the record, whose views live as long as the call.
  template <class Use>
  auto visit(Use use) const {
    std::vector<OutgoingRecord::Header> headers;
    headers.reserve(headers_.size());
    for (const auto& [name, value] : headers_) headers.push_back({name, value});
    return use(OutgoingRecord{.topic = topic_,
                              .key = key_,
                              .value = value_,
                              .headers = headers,
                              .timestamp = timestamp_,
                              .partition = partition_});
  }

  void* ticket() const { return ticket_; }
  SteadyTime queued() const { return queued_; }
  std::size_t bytes() const { return bytes_; }

 private:
  std::string topic_;
  std::string key_;
  std::optional<std::string> value_;
  std::vector<std::pair<std::string, std::string>> headers_;
  std::optional<EventTime> timestamp_;
  std::optional<PartitionId> partition_;
  void* ticket_;
  SteadyTime queued_;
  std::size_t bytes_;
};

/// Says which records librdkafka may have now and which wait: a partition's go in waves, each once
/// the one before is answered, so that a batch is what came during one round trip (Nagle's
/// algorithm, RFC 896). A record that finds nothing on its way goes at once.
///
/// Why they are not simply handed over: an idempotent librdkafka lets no more than five *records*
/// of a partition be on their way before it waits for all of them, and while others wait behind
/// these its thread polls without a pause: a whole core, until the answer (ADR 0028).
///
/// Guarded by its owner's lock, but for Topic::partition_count.
class SendGate {
 public:
  struct Limits {
    bool holds = true;                     ///< Off: every record passes.
    std::size_t wave_bytes_max = 900'000;  ///< Fits into one batch, whose own limit is 1 MB.
    std::chrono::milliseconds linger{0};   ///< What a first record waits for others.
    /// A record waits no longer for answers: then it is librdkafka's to give it up in time.
    std::chrono::milliseconds held_max{2'000};
  };

  struct Topic;

  /// A partition's records.
  struct Lane {
    explicit Lane(Topic& of) : topic(of) {}
    Topic& topic;
    std::deque<HeldRecord> held;
    std::size_t on_their_way = 0;
  };

  struct Topic {
    explicit Topic(std::string_view named) : name(named) {}
    const std::string name;
    /// As librdkafka has told its partitioner; 0 = not yet.
    std::atomic<std::int32_t> partition_count{0};
    Lane of_none{*this};  ///< Records whose partition nobody knows before they are sent.
    std::vector<std::unique_ptr<Lane>> lanes;
  };

  explicit SendGate(const Limits& limits) : limits_(limits) {}

  /// Returns where `record` belongs; valid as long as the gate.
  Lane& lane_of(const OutgoingRecord& record);

  /// Whether the lane's next record may go by itself; then sent() is due. Else hold() it.
  bool passes(const Lane& lane) const;
  void sent(Lane& lane);
  void hold(Lane& lane, HeldRecord record);

  /// Returns the records whose turn it is, each lane's in their order, which count as sent. Until
  /// handed() is called no other passes, so that they keep it.
  std::vector<HeldRecord> next_wave(SteadyTime now);
  void handed() { handing_ = false; }

  /// A record that was sent is answered. Returns whether a wave waited for just that.
  bool answered(Lane& lane);

  /// When the next wave may go if nothing is answered meanwhile; `latest`, if later.
  SteadyTime next_due(SteadyTime latest) const;

  /// Gives back all that wait, which count as sent, as the producer ends.
  std::vector<HeldRecord> give_up();

  std::size_t on_their_way() const { return on_their_way_; }
  std::size_t held_bytes() const { return held_bytes_; }

 private:
  Topic& topic_named(std::string_view name);
  SteadyTime due(const Lane& lane) const;
  void take(Lane& lane, std::size_t bytes_max, std::vector<HeldRecord>& taken);

  const Limits limits_;
  std::vector<std::unique_ptr<Topic>> topics_;
  std::vector<Lane*> waiting_;  // Those that hold records.
  std::size_t held_bytes_ = 0;
  std::size_t on_their_way_ = 0;
  bool handing_ = false;
};

}  // namespace freshet
