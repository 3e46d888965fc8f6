#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "ingest/item_update.h"

namespace freshet {

/// Makes embeddings of items from what their updates say, once per update, before the learner
/// takes it: the vectors travel in the deltas, so that a replica needs no encoder.
///
/// Port. Confined to one thread (the learner's).
class ItemEncoder {
 public:
  virtual ~ItemEncoder() = default;

  /// Returns a vector per update, in their order: unit length, or empty where the item says nothing
  /// that could be encoded, or the encoder failed.
  virtual std::vector<std::vector<float>> encode(std::span<const ItemUpdate> updates) = 0;

  /// Updates that it failed on so far, and what was wrong with the newest of them.
  virtual std::uint64_t failures() const = 0;
  virtual const std::string& newest_failure() const = 0;
};

}  // namespace freshet
