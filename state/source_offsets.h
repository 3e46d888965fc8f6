#pragma once

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "ingest/source_position.h"

namespace freshet {

/// Newest source offsets by source partition.
using SourceOffsetMap = std::map<SourcePartition, Offset>;

/// Which records of a rekeyed log are repeats.
///
/// The writer of the log (app/kafka/rekeyer) writes the records of one source partition in their
/// order, from a place below which every record has been acknowledged. So when a record is in this
/// log, all records of its source partition before it, as far as they belong here, are in it before
/// it: one whose source offset is not above the highest seen is a repeat, and no other is. Exactly
/// once over two hops, without transactions. Confined to one thread.
class SourceOffsets {
 public:
  void restore(SourceOffsetMap highest) { highest_ = std::move(highest); }

  /// Notes the record and returns true, or returns false for a repeat.
  bool admit(const SourceRecord& record) {
    const auto [it, is_new] = highest_.try_emplace(record.from, record.offset);
    if (!is_new && record.offset <= it->second) return false;
    it->second = record.offset;
    changed_[record.from] = record.offset;
    return true;
  }

  /// Returns what changed since the last call: it belongs into the commit.
  SourceOffsetMap take_changes() { return std::exchange(changed_, {}); }

 private:
  SourceOffsetMap highest_;
  SourceOffsetMap changed_;
};

}  // namespace freshet
