#pragma once

#include <cstdint>

#include "config/config.h"
#include "config/time.h"
#include "ingest/kafka_partitioner.h"
#include "state/repartition.h"

namespace freshet {

/// What `freshet state repartition` is asked for.
struct RepartitionOptions {
  std::int32_t from = 0;  ///< Partitions for which the states were made.
  std::int32_t to = 0;    ///< Partitions that the topic has now.
  Partitioner partitioner = Partitioner::kMurmur2;
  bool allow_missing = false;  ///< A partition without any state has no users.
};

/// Deals the states under state.directory, or newer snapshots of them, out to more partitions, and
/// writes snapshots of the new ones if such are kept. All instances are stopped. The states before
/// stay under "of-FROM" in state.directory. Broken off at any point, it can be run again. Errors:
/// kInvalidConfig (other counts than those kept), kNotFound (a state is missing), those of
/// Repartition.
Result<RepartitionFigures> repartition_state(const Config& config,
                                             const RepartitionOptions& options, const Clock& clock);

}  // namespace freshet
