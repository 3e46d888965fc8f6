#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ingest/kafka_consumer.h"

namespace freshet {

/// What the owners of one test, together, have folded: their "databases", which survive a handover.
struct Books {
  std::map<PartitionId, Offset> next;
  std::map<PartitionId, std::vector<std::string>> values;
};

/// Reads its partitions on the test's own thread and books every record with its position.
class BookingOwner final : public PartitionOwner {
 public:
  explicit BookingOwner(Books& books) : books_(books) {}

  Status counted(std::size_t partition_count) override {
    if (counts_.empty() || !fixed_count_) {
      counts_.push_back(partition_count);
      return {};
    }
    return error(ErrorCode::kInvalidConfig, "the topic has more partitions");
  }

  Result<Offset> assigned(PartitionId partition, Watermarks broker,
                          std::unique_ptr<RecordSource> source) override {
    if (refuse_) return error(ErrorCode::kUnavailable, "the directory is locked");
    sources_[partition] = std::move(source);
    return books_.next.try_emplace(partition, broker.low).first->second;
  }

  void revoked(PartitionId partition) override { sources_.erase(partition); }

  void confirmed(BootTime asked) override { confirmed_ = asked; }

  /// When the newest request was sent by which the group knew its member.
  std::optional<BootTime> newest_confirmation() const { return confirmed_; }

  std::size_t read_some() {
    std::size_t count = 0;
    for (auto& [partition, source] : sources_) {
      const auto polled = source->poll(200, std::chrono::milliseconds{0});
      EXPECT_TRUE(polled) << polled.error().text;
      if (!polled) continue;
      for (const Record& record : *polled) {
        EXPECT_EQ(record.partition, partition);
        EXPECT_GE(record.offset, books_.next[partition]);
        books_.next[partition] = Offset{record.offset.value + 1};
        books_.values[partition].emplace_back(record.value.value_or("tombstone"));
        ++count;
      }
    }
    return count;
  }

  std::size_t owned_count() const { return sources_.size(); }
  RecordSource& source(PartitionId partition) const { return *sources_.at(partition); }
  void refuse() { refuse_ = true; }
  void refuse_more_partitions() { fixed_count_ = true; }
  const std::vector<std::size_t>& counts() const { return counts_; }

 private:
  std::optional<BootTime> confirmed_;
  Books& books_;
  std::map<PartitionId, std::unique_ptr<RecordSource>> sources_;
  std::vector<std::size_t> counts_;
  bool fixed_count_ = false;
  bool refuse_ = false;
};

}  // namespace freshet
