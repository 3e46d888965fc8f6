#include "tests/simulator/simulated_group.h"

#include <iterator>

namespace freshet::sim {

SimulatedGroup::SimulatedGroup(World& world, int partitions, WorldTime session_timeout)
    : world_(world), session_timeout_(session_timeout) {
  for (int i = 0; i < partitions; ++i) partitions_[PartitionId{i}];
}

SimulatedGroup::Answer SimulatedGroup::answer(const Heartbeat& heartbeat) {
  expire();
  if (put_out_.contains(heartbeat.member)) return {};
  Member& member = members_[heartbeat.member];
  member.expires = world_.now() + session_timeout_;
  if (heartbeat.sequence > member.sequence) {  // Else it was overtaken: what it held then is past.
    member.sequence = heartbeat.sequence;
    for (auto& [partition, ownership] : partitions_) {
      const bool lets_go = ownership.owner == heartbeat.member &&
                           ownership.heir != heartbeat.member &&
                           !heartbeat.held.contains(partition);
      if (lets_go) ownership.owner = ownership.heir;
    }
  }
  give_out();
  Answer answer{true, {}};
  for (const auto& [partition, ownership] : partitions_) {
    if (ownership.owner == heartbeat.member && ownership.heir == heartbeat.member)
      answer.owned.insert(partition);
  }
  return answer;
}

void SimulatedGroup::rebalance() {
  expire();
  if (members_.empty()) return;
  auto it = partitions_.begin();
  std::advance(it, world_.random.below(partitions_.size()));
  it->second.heir = any_member();
  world_.trace("group: partition {} shall go to member {}", it->first.value, *it->second.heir);
  world_.count("rebalance");
}

void SimulatedGroup::put_out(MemberId member) {
  if (members_.erase(member) == 0) return;
  put_out_.insert(member);
  world_.trace("group: member {} is put out", member);
  for (auto& [partition, ownership] : partitions_) {
    if (ownership.heir == member) ownership.heir.reset();
    if (ownership.owner == member) ownership.owner = ownership.heir;
  }
  give_out();
}

void SimulatedGroup::put_out_any() {
  if (const auto member = any_member()) put_out(*member);
}

bool SimulatedGroup::owns(MemberId member, PartitionId partition) {
  expire();
  return partitions_.at(partition).owner == member;
}

bool SimulatedGroup::is_member(MemberId member) {
  expire();
  return members_.contains(member);
}

std::optional<Offset> SimulatedGroup::committed(PartitionId partition) const {
  const auto it = committed_.find(partition);
  return it == committed_.end() ? std::nullopt : std::optional(it->second);
}

void SimulatedGroup::expire() {
  for (auto it = members_.begin(); it != members_.end();) {
    const auto [member, state] = *it++;
    if (state.expires < world_.now()) put_out(member);
  }
}

void SimulatedGroup::give_out() {
  for (auto& [partition, ownership] : partitions_) {
    if (!ownership.heir) ownership.heir = any_member();
    if (!ownership.owner) ownership.owner = ownership.heir;
  }
}

std::optional<MemberId> SimulatedGroup::any_member() {
  if (members_.empty()) return std::nullopt;
  auto it = members_.begin();
  std::advance(it, world_.random.below(members_.size()));
  return it->first;
}

}  // namespace freshet::sim
