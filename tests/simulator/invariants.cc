#include "tests/simulator/invariants.h"

#include <algorithm>

#include "state/user_state_codec.h"

namespace freshet::sim {
namespace {

/// What is compared for one database.
struct Subject {
  World& world;
  PartitionId partition;
  const Reference& reference;
  const Reference::Replay& replay;
  const SimulatedOutput::Partition& output;
  std::set<Offset> refused;  ///< Undecodable, or set aside.
  Recovery recovery;
  Offset next;
  bool epochs_shared;  ///< Else two machines may count the same.
};

/// What readers see of a user; null = nothing.
const Reference::Change* seen(const Subject& s, const std::vector<Reference::Change>& changes) {
  const auto* newest = Reference::newest_before(changes, s.next);
  return newest && !s.reference.has_expired(s.replay, *newest, s.next) ? newest : nullptr;
}

// A history that has expired may be stored for a while: then as it was.
void check_states(const Subject& s, MemoryStore& image) {
  std::size_t stored = 0;
  ignore_error(image.visit_users([&](std::string_view user, std::string_view state) {
    const auto it = s.replay.users.find(UserId(user));
    if (it != s.replay.users.end() && seen(s, it->second)) ++stored;
    const auto* expected =
        it == s.replay.users.end() ? nullptr : Reference::newest_before(it->second, s.next);
    s.world.require(expected && expected->state == state,
                    "partition {}: the state of {} at {} is not that of the replay",
                    s.partition.value, user, s.next.value);
  }),
               "memory can be read");
  const auto expected =
      std::count_if(s.replay.users.begin(), s.replay.users.end(),
                    [&](const auto& user) { return seen(s, user.second) != nullptr; });
  s.world.require(static_cast<std::ptrdiff_t>(stored) == expected,
                  "partition {}: {} users at {}, the replay has {}", s.partition.value, stored,
                  s.next.value, expected);
}

void check_watermark(const Subject& s) {
  const auto expected = Reference::watermark_before(s.replay, s.next);
  s.world.require(s.recovery.watermark.time() == expected,
                  "partition {}: the watermark at {} is not that of the replay", s.partition.value,
                  s.next.value);
}

void check_debts(const Subject& s) {
  std::map<UserId, Offset> owed;
  for (const OwedList& list : s.recovery.owed) owed[list.user] = list.offset;
  for (const auto& [user, changes] : s.replay.users) {
    const auto due = Reference::newest_owed_before(changes, s.next);
    const auto list = s.output.newest_lists.find(user);
    const auto* erasure = Reference::newest_erasure_before(changes, s.next);
    if (erasure && s.epochs_shared && list != s.output.newest_lists.end()) {
      const Position& held = list->second;
      const bool is_older = held.offset <= erasure->offset && held.epoch <= erasure->epoch;
      s.world.require(!is_older || owed.contains(user),
                      "partition {}: the list of {} for offset {} is neither removed nor owed its "
                      "removal after {}",
                      s.partition.value, user, held.offset.value, erasure->offset.value);
    }
    if (!due) continue;
    // A second owner that forgets the user later takes a list of the first one's away, too.
    const bool removed =
        s.output.removed.contains(user) && s.output.newest_offsets.at(user) >= *due;
    const bool published =
        removed || (list != s.output.newest_lists.end() && list->second.offset >= *due);
    const auto row = owed.find(user);
    // An impression after the event in its batch may have moved the row's offset on.
    const bool stored = row != owed.end() && row->second >= *due && row->second < s.next;
    s.world.require(published || stored,
                    "partition {}: the list of {} for offset {} is neither published nor owed",
                    s.partition.value, user, due->value);
  }
}

void check_refused(const Subject& s) {
  std::set<Offset> kept;
  for (const DeadLetter& letter : s.recovery.dead_letters) {
    kept.insert(letter.offset);
    s.world.require(s.refused.contains(letter.offset),
                    "partition {}: record {} is a dead letter for no reason", s.partition.value,
                    letter.offset.value);
  }
  for (const Offset offset : s.refused) {
    if (offset >= s.next) break;
    s.world.require(kept.contains(offset) || s.output.dead_letters.contains(offset),
                    "partition {}: the dead letter of record {} is lost", s.partition.value,
                    offset.value);
  }
}

}  // namespace

void check_database(World& world, Broker& broker, PartitionId partition, const Image& database,
                    std::size_t owed_max) {
  MemoryStore image = database.store;
  Recovery recovery = *image.recover();
  if (!recovery.next_offset) return;
  const Offset next = *recovery.next_offset;
  const Lineage& lineage = database.lineage;
  Reference& reference = broker.reference(partition);
  const auto& replay = reference.replay(lineage);
  std::set<Offset> refused = replay.refused;
  refused.insert(lineage.set_aside.begin(), lineage.set_aside.end());
  const Subject subject{world,
                        partition,
                        reference,
                        replay,
                        broker.output.partition(lineage.incarnation, partition),
                        std::move(refused),
                        std::move(recovery),
                        next,
                        broker.has_snapshots};
  check_states(subject, image);
  check_watermark(subject);
  check_debts(subject);
  check_refused(subject);
  const std::size_t debts = subject.recovery.owed.size() + subject.recovery.dead_letters.size();
  world.require(debts <= owed_max, "partition {}: {} debts, the bound is {}", partition.value,
                debts, owed_max);
}

void check_removal(World& world, Broker& broker, const Lineage& lineage,
                   const RankRequest& request) {
  const bool asked = std::any_of(broker.users.begin(), broker.users.end(),
                                 [&](const auto& update) { return update.user == request.user; });
  Reference& reference = broker.reference(request.position.partition);
  const auto& replay = reference.replay(lineage);
  const auto user = replay.users.find(request.user);
  const Offset next{request.position.offset.value + 1};
  const auto* newest =
      user == replay.users.end() ? nullptr : Reference::newest_before(user->second, next);
  world.require(asked || (newest && reference.has_expired(replay, *newest, next)),
                "partition {}: the list of {} is removed at {} for no reason",
                request.position.partition.value, request.user, next.value);
}

void check_request(World& world, Broker& broker, const Lineage& lineage,
                   const RankRequest& request) {
  Reference& reference = broker.reference(request.position.partition);
  const auto& replay = reference.replay(lineage);
  const auto user = replay.users.find(request.user);
  const std::string state = encode(request.state);
  const bool empty = request.state == UserState{};
  bool known = false;
  for (std::size_t i = 0; user != replay.users.end() && i < user->second.size(); ++i) {
    const Reference::Change& change = user->second[i];
    if (change.offset < request.position.offset) continue;
    const bool is_last = i + 1 == user->second.size();
    const Offset until = is_last ? replay.next : user->second[i + 1].offset;
    known |= change.state == state || (empty && reference.has_expired(replay, change, until));
  }
  world.require(known, "partition {}: the list of {} does not reflect offset {}",
                request.position.partition.value, request.user, request.position.offset.value);
}

void check_dead_letters(World& world, Broker& broker, PartitionId partition,
                        const Lineage& lineage) {
  const auto& replay = broker.reference(partition).replay(lineage);
  for (const auto& [offset, reason] :
       broker.output.partition(lineage.incarnation, partition).dead_letters) {
    // A record that another machine set aside is one of its own; see check_set_aside.
    if (reason == BadRecordReason::kPoison) continue;
    // One that began after a gap may not know what stood before it.
    const bool was_cut = broker.log(partition).watermarks().low > Offset{0};
    const bool not_read = offset < lineage.begin || lineage.set_aside.contains(offset) ||
                          (was_cut && replay.repeats.contains(offset));
    world.require(not_read || replay.refused.contains(offset),
                  "partition {}: record {} went to the dead letters for no reason", partition.value,
                  offset.value);
  }
}

}  // namespace freshet::sim
