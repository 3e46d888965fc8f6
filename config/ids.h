#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>

namespace freshet {

/// An integer that only compares and assigns to its own kind, so that an offset never lands in a
/// partition's place. Immutable after construction (a value).
template <class Tag, class Rep>
struct StrongId {
  Rep value{};

  friend constexpr auto operator<=>(StrongId, StrongId) = default;

  template <class H>
  friend H AbslHashValue(H h, StrongId id) {
    return H::combine(std::move(h), id.value);
  }
};

/// Index of a partition of the events topic.
using PartitionId = StrongId<struct PartitionIdTag, std::int32_t>;

/// Position of one record in its partition. A "next offset" is the first one not yet processed.
using Offset = StrongId<struct OffsetTag, std::int64_t>;

/// Counts the ownerships of a partition: each owner's epoch is larger than the one before.
using Epoch = StrongId<struct EpochTag, std::int64_t>;

/// Counts the published versions of the model; larger is newer.
using ModelVersion = StrongId<struct ModelVersionTag, std::uint64_t>;

/// XXH3 of the item's id on the wire (its "name"). Stable across machines and runs; never 0.
using ItemId = StrongId<struct ItemIdTag, std::uint64_t>;

/// The user's id as it stands on the wire; also the Kafka key.
using UserId = std::string;

}  // namespace freshet

template <class Tag, class Rep>
struct std::hash<freshet::StrongId<Tag, Rep>> {
  std::size_t operator()(freshet::StrongId<Tag, Rep> id) const noexcept {
    return std::hash<Rep>{}(id.value);
  }
};
