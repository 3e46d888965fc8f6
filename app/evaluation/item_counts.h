#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>

#include "config/ids.h"

namespace freshet {

/// How often each item was acted on so far: what novelty, serendipity and cold items are measured
/// by. One for all models that are judged on the same events. Confined to one thread.
class ItemCounts {
 public:
  /// Counts an event on `item`; after the event was judged.
  void add(ItemId item);

  /// Events on `item`; 0 = never seen.
  std::uint64_t events(ItemId item) const;

  /// Events on all items.
  std::uint64_t events() const { return events_; }

  /// Share of all events, 0..1. An item never seen counts as seen once, as in RecTools'
  /// MeanInvUserFreq, so that its novelty is finite.
  double share(ItemId item) const;

  /// Place among the items by events: 1 = most; items with as many events share a place and the
  /// next place follows without a gap, as in RecTools' Serendipity. 0 = never seen.
  std::size_t place(ItemId item) const;

 private:
  std::uint64_t events_ = 0;
  absl::flat_hash_map<ItemId, std::uint64_t> counts_;
  std::map<std::uint64_t, std::uint64_t, std::greater<>> items_with_;  // [events] items.
};

}  // namespace freshet
