#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "config/ingest_config.h"
#include "config/result.h"
#include "ingest/group_reader.h"

namespace freshet {

/// A consumer group of its own, `group` + ".rekey". Confined to one thread.
/// With each offset it commits a mark of the record before it, and looks for it when it begins
/// there: a topic that was made anew is an error of poll(), kCorrupt.
class KafkaGroupReader final : public GroupReader {
 public:
  /// Joins the group `config.group` + ".rekey". Errors: kUnavailable (no broker within `timeout`),
  /// kNotFound (no such topic), kInvalidConfig.
  static Result<std::unique_ptr<KafkaGroupReader>> open(
      const KafkaSourceConfig& config, const std::string& topic,
      std::chrono::milliseconds timeout = std::chrono::seconds{10});
  /// Leaves the group; commits nothing.
  ~KafkaGroupReader() override;

  Result<std::span<const Record>> poll(std::size_t max, std::chrono::milliseconds wait) override;
  void commit() override;

 private:
  class Impl;
  explicit KafkaGroupReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace freshet
