#include "tests/simulator/simulated_group_reader.h"

#include <algorithm>
#include <utility>

namespace freshet::sim {
namespace {

constexpr double kCallsGroup = 0.5;
constexpr std::size_t kBatchMax = 8;

}  // namespace

Result<std::span<const Record>> SimulatedGroupReader::poll(std::size_t max,
                                                           std::chrono::milliseconds) {
  world_.may_die("before reading the source");
  if (world_.random.chance(kCallsGroup)) call_group();
  copies_.clear();
  batch_.clear();
  for (const auto& [partition, next] : std::map(positions_))
    read(partition, std::min(max - copies_.size(), world_.random.below(kBatchMax)));
  for (const auto& [partition, copy] : copies_) batch_.push_back(copy.view(partition));
  return std::span<const Record>(batch_);
}

void SimulatedGroupReader::call_group() {
  if (world_.random.chance(world_.rates.group_message_lost)) return;
  if (!member_) member_ = stream_.next_member++;
  SimulatedGroup::Heartbeat heartbeat{*member_, ++sequence_, {}};
  for (const auto& [partition, next] : positions_) heartbeat.held.insert(partition);
  const auto answer = stream_.group.answer(heartbeat);
  if (!world_.random.chance(world_.rates.group_message_lost)) obey(answer);
}

void SimulatedGroupReader::obey(const SimulatedGroup::Answer& answer) {
  if (!answer.is_member) member_.reset();
  std::erase_if(positions_, [&](const auto& entry) { return !answer.owned.contains(entry.first); });
  for (const PartitionId partition : answer.owned) {
    if (positions_.contains(partition)) continue;
    positions_[partition] = stream_.group.committed(partition).value_or(Offset{0});
    world_.trace("rekeying: member {} takes source {} at {}", *member_, partition.value,
                 positions_[partition].value);
  }
}

void SimulatedGroupReader::read(PartitionId partition, std::size_t max) {
  Offset& position = positions_.at(partition);
  // Retention went by; auto.offset.reset is "earliest".
  position = std::max(position, stream_.log(partition).watermarks().low);
  const auto& records = stream_.log(partition).records();
  auto it = std::lower_bound(records.begin(), records.end(), position,
                             [](const LogRecord& r, Offset offset) { return r.offset < offset; });
  const bool is_owner = member_ && stream_.group.owns(*member_, partition);
  for (; it != records.end() && max > 0; ++it, --max) {
    if (!is_owner) world_.count("record rekeyed by a zombie");
    copies_.emplace_back(partition, *it);
    next_[partition] = position = Offset{it->offset.value + 1};
  }
}

void SimulatedGroupReader::commit() {
  world_.may_die("before the rekeying commits");
  for (const auto& [partition, next] : std::exchange(next_, {})) {
    if (world_.random.chance(world_.rates.group_message_lost)) {
      world_.count("rekeying's commit lost");
      continue;
    }
    if (!member_) continue;
    // Of a member the group takes an offset of any partition, also one that it lost meanwhile.
    world_.later(world_.between(0, 50), [&stream = stream_, member = *member_, partition, next] {
      if (stream.group.is_member(member)) stream.group.commit(partition, next);
    });
  }
  world_.may_die("after the rekeying commits");
}

}  // namespace freshet::sim
