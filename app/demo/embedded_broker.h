#pragma once

#include <memory>
#include <string>

#include "config/result.h"

namespace freshet {

/// A Kafka broker inside the process, for the demo: librdkafka's mock cluster. It keeps at most
/// about 5 MiB per partition (older records are dropped, so producers must be paced by lag) and
/// nothing outlives it. Thread-safe.
class EmbeddedBroker {
 public:
  /// Starts a broker on a free port of this machine. Errors: kInternal.
  static Result<std::unique_ptr<EmbeddedBroker>> start();
  ~EmbeddedBroker();

  /// Addresses for clients, "host:port".
  std::string brokers() const;

  Status create_topic(const std::string& topic, int partitions);

 private:
  struct Parts;
  explicit EmbeddedBroker(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace freshet
