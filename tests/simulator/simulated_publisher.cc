#include "tests/simulator/simulated_publisher.h"

#include <algorithm>
#include <utility>

namespace freshet::sim {
namespace {

/// An idempotent producer answers a record that the broker took within a few round trips.
constexpr std::int64_t kRoundTripMsMax = 30;

void note(SimulatedOutput::Partition& topic, const UserId& user, Offset offset) {
  Offset& newest = topic.newest_offsets.try_emplace(user, offset).first->second;
  newest = std::max(newest, offset);
}

}  // namespace

void SimulatedOutput::append(int incarnation, const UserId& user, const Position& position) {
  Partition& topic = partitions_[{incarnation, position.partition}];
  note(topic, user, position.offset);
  if (topic.consumer.take(user, {position.offset.value, position.epoch.value, position.revision},
                          {}))
    topic.newest_lists[user] = position;
}

void SimulatedOutput::remove(int incarnation, const UserId& user, const Position& position) {
  Partition& topic = partitions_[{incarnation, position.partition}];
  if (topic.consumer.forget(user, position.offset.value, position.epoch.value))
    topic.newest_lists.erase(user);
  topic.removed.insert(user);
  note(topic, user, position.offset);
}

void SimulatedOutput::append(int incarnation, const DeadLetter& letter) {
  partitions_[{incarnation, letter.partition}].dead_letters[letter.offset] = letter.why.reason;
}

const SimulatedOutput::Partition& SimulatedOutput::partition(int incarnation,
                                                             PartitionId partition) const {
  static const Partition kNothing;
  const auto it = partitions_.find({incarnation, partition});
  return it == partitions_.end() ? kNothing : it->second;
}

Status SimulatedPublisher::publish(const RankedList& list) {
  world_.may_die("before publish");
  on_list_(list.position);
  const int incarnation = incarnations_[list.position.partition];
  send(
      [&output = output_, incarnation, user = list.user, position = list.position,
       forgets = list.forgets] {
        forgets ? output.remove(incarnation, user, position)
                : output.append(incarnation, user, position);
      },
      [handlers = handlers_,
       delivery = ListDelivery{list.user, list.position, false, {}, list.forgets}](
          bool delivered) mutable {
        delivery.delivered = delivered;
        handlers.on_list(delivery);
      });
  world_.may_die("after publish");
  return {};
}

Status SimulatedPublisher::publish(const DeadLetter& letter) {
  world_.may_die("before publish of a dead letter");
  const int incarnation = incarnations_[letter.partition];
  send([&output = output_, incarnation, letter] { output.append(incarnation, letter); },
       [handlers = handlers_,
        delivery = DeadLetterDelivery{letter.partition, letter.offset}](bool delivered) mutable {
         delivery.delivered = delivered;
         handlers.on_dead_letter(delivery);
       });
  world_.may_die("after publish of a dead letter");
  return {};
}

void SimulatedPublisher::send(std::function<void()> append, std::function<void(bool)> answer) {
  ++*in_flight_;
  append = [&world = world_, alive = std::weak_ptr(in_flight_), append = std::move(append)] {
    if (alive.expired() && world.random.chance(0.5)) return;  // It had not left the process yet.
    append();
  };
  const WorldTime append_delay = world_.between(1, kRoundTripMsMax);
  if (!world_.random.chance(world_.rates.publish_trouble)) {
    world_.later(append_delay, std::move(append));
    return answer_later(append_delay + world_.between(0, kRoundTripMsMax), true, std::move(answer));
  }
  switch (world_.random.below(4)) {
    case 0:
      world_.count("list lost");
      return answer_later(timeout_, false, std::move(answer));
    case 1:
      world_.count("acknowledgement lost");
      world_.later(append_delay, std::move(append));
      return answer_later(timeout_, false, std::move(answer));
    case 2:
      world_.count("list appended after it was given up");
      world_.later(timeout_ + world_.between(1, 500), std::move(append));
      return answer_later(timeout_, false, std::move(answer));
    default:
      world_.count("slow publish");
      const WorldTime slow = world_.between(1, timeout_.count() - 1);
      world_.later(slow, std::move(append));
      return answer_later(slow, true, std::move(answer));
  }
}

void SimulatedPublisher::answer_later(WorldTime delay, bool delivered,
                                      std::function<void(bool)> answer) {
  if (world_.has(Mutation::kClearedBeforeAcknowledgement)) {
    --*in_flight_;
    return answer(true);
  }
  if (world_.has(Mutation::kFailureCountsAsDelivered)) delivered = true;
  world_.later(delay, [in_flight = std::weak_ptr(in_flight_), delivered,
                       forgotten = !delivered && world_.has(Mutation::kFailureForgotten),
                       answer = std::move(answer)] {
    const auto alive = in_flight.lock();
    if (!alive) return;
    --*alive;
    if (!forgotten) answer(delivered);
  });
}

}  // namespace freshet::sim
