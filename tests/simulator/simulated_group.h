#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "config/ids.h"
#include "tests/simulator/world.h"

namespace freshet::sim {

/// One run of the program, as the group knows it.
using MemberId = int;

/// The group coordinator: decides which member owns which partition. A member that is silent for
/// the session timeout is put out and its partitions go to others; a partition that moves in good
/// order is given on once its owner says that it let go. Confined to one thread.
class SimulatedGroup {
 public:
  /// A heartbeat, which also joins a member that is new.
  struct Heartbeat {
    MemberId member = 0;
    int sequence = 0;  ///< Rises with every heartbeat of the member.
    std::set<PartitionId> held;
  };
  struct Answer {
    bool is_member = false;       ///< False: put out; all that was held is lost.
    std::set<PartitionId> owned;  ///< What the member may hold from now on.
  };

  SimulatedGroup(World& world, int partitions, WorldTime session_timeout);

  Answer answer(const Heartbeat& heartbeat);
  /// Decides anew who shall own one partition.
  void rebalance();
  /// The member leaves, or another process took its static membership.
  void put_out(MemberId member);
  /// The session of one of the members expires.
  void put_out_any();

  /// Whether the group takes `member` for the owner of `partition` now.
  bool owns(MemberId member, PartitionId partition);
  bool is_member(MemberId member);

  /// The offset that members commit: for lag tools, and where the rekeying goes on.
  void commit(PartitionId partition, Offset next) { committed_[partition] = next; }
  std::optional<Offset> committed(PartitionId partition) const;

 private:
  struct Member {
    WorldTime expires;
    int sequence = 0;
  };
  struct Ownership {
    std::optional<MemberId> owner;
    std::optional<MemberId> heir;  ///< Who gets it once the owner let go.
  };

  void expire();
  void give_out();
  std::optional<MemberId> any_member();

  World& world_;
  const WorldTime session_timeout_;
  std::map<MemberId, Member> members_;
  std::set<MemberId> put_out_;
  std::map<PartitionId, Ownership> partitions_;
  std::map<PartitionId, Offset> committed_;
};

}  // namespace freshet::sim
