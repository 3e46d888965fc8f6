#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "config/ids.h"
#include "state/rocksdb_store.h"

namespace freshet {

/// Where producers send a user's events, of so many partitions.
using PartitionOfUser = std::function<PartitionId(std::string_view user, std::int32_t count)>;

/// What a change of the partition count did.
struct RepartitionFigures {
  std::uint64_t users = 0;
  std::uint64_t moved_users = 0;  ///< Of them, those whose partition is another now.
  std::uint64_t owed_lists = 0;
  std::uint64_t dead_letters = 0;
};

/// Deals the users of a topic's partitions out anew after the partition count was raised, offline.
///
/// A partition that was there before keeps its position; a new one stands at offset 0. Users take
/// their states and owed lists along; dead letters stay, for they name their partition. That a user
/// was forgotten goes to every partition, for nobody knows any more who it was. Confined to one
/// thread.
class Repartition {
 public:
  using Stores = std::vector<std::unique_ptr<RocksDbStore>>;
  /// Told how many users are done in the step that runs.
  using Progress = std::function<void(std::uint64_t users)>;

  /// One store per partition before and after; those of `to`, at least as many, are new. All
  /// outlive this.
  Repartition(const Stores& from, const Stores& to, PartitionOfUser partition_of);

  /// Checks that every user stands where `partition_of` says, else it is not what the producers do.
  /// Returns the count of users. Errors: kInvalidConfig, those of the stores.
  Result<std::uint64_t> check_places(const Progress& progress);

  /// Fills `to`. Epochs there are larger than all before, so that lists of the new layout are newer
  /// than those of the old one.
  Result<RepartitionFigures> move(const Progress& progress);

  /// Compares every user, owed list and dead letter before with those after, and their numbers.
  /// Errors: kCorrupt, naming the first difference.
  Status verify(const Progress& progress);

 private:
  struct Target;
  PartitionId place(std::string_view user) const;
  Status move_partition(std::size_t partition, std::vector<Target>& targets,
                        RepartitionFigures& figures, const Progress& progress);
  Status compare_users(const std::vector<UserId>& users, const std::vector<std::string>& states);
  Status compare_rows();
  Status compare_forgotten();

  const Stores& from_;
  const Stores& to_;
  const PartitionOfUser partition_of_;
};

}  // namespace freshet
