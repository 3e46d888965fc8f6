#include "tests/simulator/simulated_producer.h"

#include <algorithm>
#include <utility>

#include "ingest/kafka_partitioner.h"

namespace freshet::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kKnownBatches = 5;  // Of each producer, by a partition's broker.
constexpr std::size_t kBatchMax = 4;
constexpr std::size_t kParallel = 5;
constexpr WorldTime kRequestTimeout = 60ms;

}  // namespace

PartitionId SimulatedBrokers::partition_of(std::string_view key) const {
  for (const SimulatedLog& log : logs_) {
    if (key.starts_with(fmt::format("p{}-", log.partition().value))) return log.partition();
  }
  return freshet::partition_of(key, static_cast<std::int32_t>(logs_.size()), Partitioner::kMurmur2);
}

SimulatedBrokers::Verdict SimulatedBrokers::append(PartitionId partition, ProducerId producer,
                                                   int first,
                                                   const std::vector<LogRecord>& records) {
  std::deque<Batch>& known = batches_[{partition, producer}];
  const int next = first + static_cast<int>(records.size());
  const bool repeated = std::any_of(known.begin(), known.end(), [&](const Batch& batch) {
    return batch.first == first && batch.next == next;
  });
  if (repeated) return Verdict::kRepeated;
  if (!known.empty() && known.back().next != first) return Verdict::kOutOfOrder;
  known.push_back({first, next});
  if (known.size() > kKnownBatches) known.pop_front();
  SimulatedLog& log = logs_[static_cast<std::size_t>(partition.value)];
  for (const LogRecord& record : records) log.append(record);
  return Verdict::kAppended;
}

Status SimulatedProducer::send(const OutgoingRecord& outgoing, OnAnswer on_answer) {
  client_->world.may_die("before rekeying a record");
  if (client_->failed) return error(ErrorCode::kUnavailable, "the producer has failed for good");
  Message message{{{}, *outgoing.timestamp, {}}, std::move(on_answer)};
  if (outgoing.value) message.record.value = std::string(*outgoing.value);
  message.record.key = outgoing.key;
  for (const auto& header : outgoing.headers) {
    if (header.name == kSourceHeader) message.record.source = parse_source_record(header.value);
  }
  const PartitionId partition = client_->brokers.partition_of(outgoing.key);
  client_->lanes[partition].queue.push_back(std::move(message));
  ++client_->in_flight;
  client_->transmit(partition);
  return {};
}

Status SimulatedProducer::flush(std::chrono::milliseconds wait) {
  World& world = client_->world;
  for (const WorldTime end = world.now() + wait; in_flight() > 0; wait_(world.between(1, 20))) {
    world.may_die("while rekeyed records are in flight");
    if (world.now() >= end) return error(ErrorCode::kTimedOut, "records are unanswered");
  }
  return {};
}

std::size_t SimulatedProducer::in_flight() const {
  return client_->world.has(Mutation::kRekeyedBeforeAcknowledgement) ? 0 : client_->in_flight;
}

void SimulatedProducer::Client::transmit(PartitionId partition) {
  Lane& lane = lanes[partition];
  const std::size_t parallel = world.has(Mutation::kRekeyedInParallel) ? kParallel : 1;
  const auto on_their_way = [&] {
    return static_cast<std::size_t>(
        std::count_if(lane.batches.begin(), lane.batches.end(),
                      [](const auto& batch) { return batch->on_its_way; }));
  };
  while (!failed && on_their_way() < parallel) {
    const auto batch = next_batch(lane);
    if (!batch) return;
    batch->on_its_way = true;
    ++batch->attempt;
    deliver(partition, batch);
  }
}

std::shared_ptr<SimulatedProducer::Batch> SimulatedProducer::Client::next_batch(Lane& lane) {
  for (const auto& batch : lane.batches) {
    if (!batch->on_its_way) return batch;
  }
  if (lane.queue.empty()) return nullptr;
  auto batch = std::make_shared<Batch>();
  batch->first = lane.next_number;
  const std::size_t size = std::min(lane.queue.size(), 1 + world.random.below(kBatchMax));
  for (std::size_t i = 0; i < size; ++i) {
    batch->messages.push_back(std::move(lane.queue.front()));
    lane.queue.pop_front();
  }
  lane.next_number += static_cast<int>(size);
  lane.batches.push_back(batch);
  return batch;
}

void SimulatedProducer::Client::deliver(PartitionId partition,
                                        const std::shared_ptr<Batch>& batch) {
  Lane& lane = lanes[partition];
  lane.arrival = std::max(lane.arrival, world.now() + world.between(1, 10));
  const WorldTime arrival = lane.arrival - world.now();
  if (!world.random.chance(world.rates.append_trouble)) return post(partition, batch, arrival, 1ms);
  switch (world.random.below(6)) {
    case 0:
      world.count("rekeyed batch lost");
      return answer_later(partition, batch, kRequestTimeout, Answer::kAgain);
    case 1:  // Behind the retry, which comes over a new connection.
      world.count("rekeyed batch stuck");
      post(partition, batch, world.between(kRequestTimeout.count(), 400), std::nullopt);
      return answer_later(partition, batch, kRequestTimeout, Answer::kAgain);
    case 2:
      world.count("rekeyed batch put off by the broker");
      return answer_later(partition, batch, arrival, Answer::kAgain);
    case 3:
      world.count("rekeyed batch not acknowledged");
      post(partition, batch, arrival, std::nullopt);
      return answer_later(partition, batch, kRequestTimeout, Answer::kAgain);
    case 4:
      world.count("rekeyed batch acknowledged late");
      return post(partition, batch, arrival, world.between(1, 40));
    default:
      if (!world.random.chance(0.2)) return post(partition, batch, arrival, 1ms);
      world.count("rekeyed batch refused for good");
      return answer_later(partition, batch, arrival, Answer::kRefused);
  }
}

void SimulatedProducer::Client::post(PartitionId partition, const std::shared_ptr<Batch>& batch,
                                     WorldTime arrival, std::optional<WorldTime> way_back) {
  std::vector<LogRecord> records;
  for (const Message& message : batch->messages) records.push_back(message.record);
  // What is on the wire comes to the broker, whatever becomes of the process.
  world.later(
      arrival, [&to = brokers, producer = id, first = batch->first, partition, way_back,
                records = std::move(records), answer = answers_to(partition, batch), &at = world] {
        const auto verdict = to.append(partition, producer, first, records);
        if (verdict == SimulatedBrokers::Verdict::kRepeated)
          at.count("rekeyed batch told as a retry");
        if (verdict == SimulatedBrokers::Verdict::kOutOfOrder)
          at.count("rekeyed batch out of order");
        const bool stands = verdict != SimulatedBrokers::Verdict::kOutOfOrder;
        if (!way_back) return;
        at.later(*way_back, [=] { answer(stands ? Answer::kDelivered : Answer::kOutOfOrder); });
      });
}

void SimulatedProducer::Client::answer_later(PartitionId partition,
                                             const std::shared_ptr<Batch>& batch, WorldTime delay,
                                             Answer what) {
  world.later(delay, [answer = answers_to(partition, batch), what] { answer(what); });
}

/// Answers to the attempt that is now on its way; later they find nobody.
std::function<void(SimulatedProducer::Answer)> SimulatedProducer::Client::answers_to(
    PartitionId partition, const std::shared_ptr<Batch>& batch) {
  return [self = weak_from_this(), batch, partition, attempt = batch->attempt](Answer answer) {
    const auto client = self.lock();
    const bool awaited = client && batch->on_its_way && batch->attempt == attempt;
    if (awaited && !client->failed) client->read(partition, batch, answer);
  };
}

void SimulatedProducer::Client::read(PartitionId partition, const std::shared_ptr<Batch>& batch,
                                     Answer answer) {
  batch->on_its_way = false;
  Lane& lane = lanes[partition];
  const bool is_first = lane.batches.front() == batch;
  switch (answer) {
    case Answer::kDelivered:
      settle(lane, batch, {.delivered = true});
      if (!is_first) fail();  // One before it may be lost: librdkafka ends there.
      break;
    case Answer::kOutOfOrder:
      if (is_first) fail();
      break;
    case Answer::kAgain:
      break;
    case Answer::kRefused:
      settle(lane, batch, {.too_large = true});
      if (world.has(Mutation::kRefusedRekeyingGoesOn)) {
        number_anew();
      } else {
        fail();
      }
      break;
  }
  transmit(partition);
}

void SimulatedProducer::Client::settle(Lane& lane, const std::shared_ptr<Batch>& batch,
                                       const KafkaAnswer& answer) {
  std::erase(lane.batches, batch);
  in_flight -= batch->messages.size();
  for (const Message& message : batch->messages) message.on_answer(answer);
}

void SimulatedProducer::Client::number_anew() {
  id = brokers.new_producer();
  for (auto& [partition, lane] : lanes) {
    lane.next_number = 0;
    for (const auto& batch : lane.batches) {
      batch->first = lane.next_number;
      lane.next_number += static_cast<int>(batch->messages.size());
    }
  }
}

void SimulatedProducer::Client::fail() {
  world.count("rekeying ended by its producer");
  failed = true;
  for (auto& [partition, lane] : lanes) {
    while (!lane.batches.empty()) settle(lane, std::shared_ptr(lane.batches.front()), {});
    in_flight -= lane.queue.size();
    for (const Message& message : std::exchange(lane.queue, {})) message.on_answer({});
  }
}

}  // namespace freshet::sim
