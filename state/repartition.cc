#include "state/repartition.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "config/assert.h"

namespace freshet {
namespace {

constexpr std::size_t kBatchUsers = 1'000;

tl::unexpected<Error> difference(const std::string& what) {
  return error(ErrorCode::kCorrupt, "the states after are not those before: " + what);
}

}  // namespace

/// One database after the change, and what is not yet written to it.
struct Repartition::Target {
  RocksDbStore* store;
  Commit batch;
  std::map<std::uint64_t, ForgottenUser> forgotten;
  EventWatermark watermark;

  /// Adds what another partition knew, as of this one's position.
  void forget(ForgottenUser row) {
    row.next_offset = batch.next_offset;
    ForgottenUser& mine = forgotten.try_emplace(row.user_hash, row).first->second;
    mine.time = std::max(mine.time, row.time);
  }

  /// What has expired elsewhere must not come back here: the furthest watermark holds for all.
  void reach(const EventWatermark& other) {
    if (other.time() > watermark.time()) watermark = other;
  }

  Status flush() {
    FRESHET_RETURN_IF_ERROR(store->commit(batch));
    batch.states.clear();
    batch.owed.clear();
    batch.dead_letters.clear();
    return {};
  }
};

Repartition::Repartition(const Stores& from, const Stores& to, PartitionOfUser partition_of)
    : from_(from), to_(to), partition_of_(std::move(partition_of)) {
  FRESHET_ASSERT(!from.empty() && from.size() <= to.size(), "partitions only become more");
}

PartitionId Repartition::place(std::string_view user) const {
  return partition_of_(user, static_cast<std::int32_t>(to_.size()));
}

Result<std::uint64_t> Repartition::check_places(const Progress& progress) {
  std::uint64_t users = 0;
  std::uint64_t elsewhere = 0;
  std::string example;
  for (std::size_t p = 0; p < from_.size(); ++p) {
    FRESHET_RETURN_IF_ERROR(from_[p]->visit_users([&](std::string_view user, std::string_view) {
      if (++users % kBatchUsers == 0) progress(users);
      const auto expected = partition_of_(user, static_cast<std::int32_t>(from_.size()));
      if (expected.value == static_cast<std::int32_t>(p)) return;
      if (elsewhere++ == 0) {
        example = std::string(user) + " is in partition " + std::to_string(p) + ", not " +
                  std::to_string(expected.value);
      }
    }));
  }
  if (elsewhere == 0) return users;
  return error(ErrorCode::kInvalidConfig,
               std::to_string(elsewhere) + " of " + std::to_string(users) +
                   " users are not where the partitioner puts them (" + example +
                   "): name the one your producers use with --partitioner; if they do not key "
                   "events by user, states cannot be dealt out: reset them");
}

Result<RepartitionFigures> Repartition::move(const Progress& progress) {
  std::vector<Target> targets;
  for (const auto& store : to_) targets.push_back({store.get(), {}});
  Epoch newest{0};
  for (std::size_t p = 0; p < from_.size(); ++p) {
    const auto position = from_[p]->position();
    if (!position) return tl::unexpected(position.error());
    newest = std::max(newest, position->epoch);
    targets[p].batch.next_offset = position->next_offset.value_or(Offset{0});
    targets[p].batch.newest_record = position->newest_record;
  }
  RepartitionFigures figures;
  for (std::size_t p = 0; p < from_.size(); ++p) {
    FRESHET_RETURN_IF_ERROR(move_partition(p, targets, figures, progress));
  }
  for (Target& target : targets) {
    target.batch.watermark = target.watermark;
    for (const auto& [hash, row] : target.forgotten) target.batch.forgotten.push_back(row);
    FRESHET_RETURN_IF_ERROR(target.flush());
    FRESHET_RETURN_IF_ERROR(target.store->raise_epoch(Epoch{newest.value + 1}));
  }
  return figures;
}

Status Repartition::move_partition(std::size_t partition, std::vector<Target>& targets,
                                   RepartitionFigures& figures, const Progress& progress) {
  auto recovery = from_[partition]->recover();
  if (!recovery) return tl::unexpected(recovery.error());
  for (Target& target : targets) {
    target.reach(recovery->watermark);
    for (const ForgottenUser& row : recovery->forgotten) target.forget(row);
  }
  Status written;
  const auto target_of = [&](std::string_view user) -> Target& {
    return targets[static_cast<std::size_t>(place(user).value)];
  };
  FRESHET_RETURN_IF_ERROR(
      from_[partition]->visit_users([&](std::string_view user, std::string_view state) {
        Target& target = target_of(user);
        target.batch.states.emplace_back(user, state);
        figures.moved_users += &target == &targets[partition] ? 0 : 1;
        if (++figures.users % kBatchUsers == 0) progress(figures.users);
        if (target.batch.states.size() >= kBatchUsers && written) written = target.flush();
      }));
  FRESHET_RETURN_IF_ERROR(written);
  figures.owed_lists += recovery->owed.size();
  figures.dead_letters += recovery->dead_letters.size();
  for (OwedList& owed : recovery->owed) {
    Target& target = target_of(owed.user);
    // Offsets of another partition mean nothing here; lists of events to come must count as newer.
    owed.offset = Offset{target.batch.next_offset.value - 1};
    target.batch.owed.push_back(std::move(owed));
  }
  targets[partition].batch.dead_letters = std::move(recovery->dead_letters);
  return {};
}

Status Repartition::verify(const Progress& progress) {
  std::uint64_t before = 0;
  std::uint64_t after = 0;
  std::vector<UserId> users;
  std::vector<std::string> states;
  Status compared;
  const auto compare = [&] {
    if (compared) compared = compare_users(users, states);
    users.clear();
    states.clear();
  };
  for (const auto& store : from_) {
    FRESHET_RETURN_IF_ERROR(store->visit_users([&](std::string_view user, std::string_view state) {
      users.emplace_back(user);
      states.emplace_back(state);
      if (++before % kBatchUsers == 0) progress(before);
      if (users.size() == kBatchUsers) compare();
    }));
    compare();
    FRESHET_RETURN_IF_ERROR(compared);
  }
  for (const auto& store : to_) {
    FRESHET_RETURN_IF_ERROR(store->visit_users([&](auto, auto) { ++after; }));
  }
  if (before != after) {
    return difference(std::to_string(before) + " users before, " + std::to_string(after) +
                      " after");
  }
  FRESHET_RETURN_IF_ERROR(compare_forgotten());
  return compare_rows();
}

Status Repartition::compare_users(const std::vector<UserId>& users,
                                  const std::vector<std::string>& states) {
  for (std::size_t i = 0; i < users.size(); ++i) {
    const auto after = to_[static_cast<std::size_t>(place(users[i]).value)]->load({&users[i], 1});
    if (!after) return tl::unexpected(after.error());
    if (after->front() != states[i]) return difference("user " + users[i]);
  }
  return {};
}

Status Repartition::compare_forgotten() {
  const auto add_rows = [](RocksDbStore& store,
                           std::map<std::uint64_t, EventTime>& times) -> Status {
    const auto recovery = store.recover();
    if (!recovery) return tl::unexpected(recovery.error());
    for (const ForgottenUser& row : recovery->forgotten)
      times[row.user_hash] = std::max(times[row.user_hash], row.time);
    return {};
  };
  std::map<std::uint64_t, EventTime> before;
  for (const auto& store : from_) FRESHET_RETURN_IF_ERROR(add_rows(*store, before));
  for (const auto& store : to_) {
    std::map<std::uint64_t, EventTime> after;
    FRESHET_RETURN_IF_ERROR(add_rows(*store, after));
    if (before != after) return difference("the users who were forgotten");
  }
  return {};
}

Status Repartition::compare_rows() {
  // The users who are owed a list, and the dead letters with their partition.
  const auto rows_of =
      [](const Stores& stores) -> Result<std::set<std::tuple<std::string, std::string>>> {
    std::set<std::tuple<std::string, std::string>> rows;
    for (const auto& store : stores) {
      const auto recovery = store->recover();
      if (!recovery) return tl::unexpected(recovery.error());
      for (const OwedList& owed : recovery->owed) rows.emplace("owed", owed.user);
      for (const DeadLetter& letter : recovery->dead_letters) {
        rows.emplace(
            std::to_string(letter.partition.value) + " " + std::to_string(letter.offset.value),
            letter.value);
      }
    }
    return rows;
  };
  const auto before = rows_of(from_);
  if (!before) return tl::unexpected(before.error());
  const auto after = rows_of(to_);
  if (!after) return tl::unexpected(after.error());
  return *before == *after ? Status{} : difference("owed lists or dead letters");
}

}  // namespace freshet
