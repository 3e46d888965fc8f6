#pragma once

#include "scoring/ranked_list.h"
#include "tests/simulator/broker.h"
#include "tests/simulator/simulated_store.h"

namespace freshet::sim {

/// Checks a database against the plain replay of its log up to the offset where it stands: the
/// bytes of every state; that every list and dead letter that is due stands in it or has reached
/// its topic; that it holds no more debts than `owed_max`. Throws Violation.
void check_database(World& world, Broker& broker, PartitionId partition, const Image& database,
                    std::size_t owed_max);

/// Checks that a list is removed since its user asked to be forgotten, or since the history had
/// expired at the offset that the removal names. Throws Violation.
void check_removal(World& world, Broker& broker, const Lineage& lineage,
                   const RankRequest& request);

/// Checks that a request for a list carries a state of its user as the replay knows it, no older
/// than the offset that the list will claim; an empty one once that history expired. Throws
/// Violation.
void check_request(World& world, Broker& broker, const Lineage& lineage,
                   const RankRequest& request);

/// Checks that the dead-letter topic holds refused records and no others. Throws Violation.
void check_dead_letters(World& world, Broker& broker, PartitionId partition,
                        const Lineage& lineage);

}  // namespace freshet::sim
