#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "config/sinks_config.h"
#include "config/time.h"
#include "config/token_bucket.h"
#include "scoring/related/related_book.h"
#include "scoring/replica.h"

namespace freshet {

/// Where records of the related topic go, and which items are ours to write.
struct RelatedPorts {
  /// Queues a record of the key; no value = a tombstone. False when too many are on their way.
  std::function<bool(std::string_view item, std::optional<std::string_view> value)> write;
  /// Records that were queued and given up since the start.
  std::function<std::uint64_t()> failed_total;
  /// Whether this instance writes the item of this name.
  std::function<bool(const std::string& item)> is_ours;
};

/// Writes what goes with each item once it has changed enough, and a tombstone once the item is
/// gone. Walks round the catalogue, then round what it has written, a few items at a time and no
/// more often than the model changes. Confined to one thread (scoring's).
class RelatedPublisher {
 public:
  /// `clock` outlives it.
  RelatedPublisher(const RelatedTopicConfig& config, RelatedPorts ports, const Clock& clock);

  /// Looks at the next `items` items at most; returns how many records it queued.
  std::size_t look(Replica& replica, std::size_t items);

 private:
  bool begins_walk(const Replica& replica);
  std::size_t look_at(Replica& replica, ItemRow row);
  std::size_t look_at_written(const Replica& replica);
  bool write(std::string_view item, std::optional<std::string_view> value);
  bool remove(ItemId item);

  const RelatedTopicConfig config_;
  const RelatedPorts ports_;
  const Clock& clock_;
  RelatedBook book_;
  bool walking_ = false;
  std::optional<std::pair<ModelVersion, std::uint64_t>> walked_;  // Model and rules of this walk.
  ItemRow next_row_ = 0;
  std::optional<ItemId> last_written_;  // Looked at last among what was written.
  std::uint64_t failed_ = 0;
  TokenBucket rate_;  // Of records; a second's may be made up for.
};

}  // namespace freshet
