#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <string>

#include "config/ingest_config.h"
#include "config/result.h"

namespace freshet {

/// A topic to be made.
struct NewTopic {
  std::string name;
  std::size_t partition_count = 1;
  /// 0 = the broker's default.
  std::size_t replica_count = 0;
  /// The topic's own settings, for example cleanup.policy = compact.
  std::map<std::string, std::string> config{};
};

/// Looks at topics and makes them. Confined to one thread.
class KafkaAdmin {
 public:
  /// `timeout` holds for each call. Nothing is contacted yet. Errors: kInvalidConfig.
  static Result<std::unique_ptr<KafkaAdmin>> open(
      const KafkaSourceConfig& config,
      std::chrono::milliseconds timeout = std::chrono::seconds{10});
  ~KafkaAdmin();

  /// Errors: kNotFound (no such topic), kUnavailable (no broker).
  Result<std::size_t> partition_count(const std::string& topic);

  /// Errors: kUnavailable.
  Result<bool> exists(const std::string& topic);

  /// Returns once the brokers know the topic; false when it was there already, and left as it is.
  /// Errors: kUnavailable (no broker), kInvalidConfig (the broker refuses, with its reason).
  Result<bool> create(const NewTopic& topic);

 private:
  class Impl;
  explicit KafkaAdmin(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace freshet
