#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/result.h"

namespace freshet::test {

/// A real Kafka cluster of one or three nodes on free ports, with its data in a directory of its
/// own.
///
/// The nodes die with the thread that started them, even when that one is killed. Confined to one
/// thread.
class KafkaBroker {
 public:
  /// Says why no broker can run here (no Java, no jars); empty when one can.
  static std::optional<std::string> why_unavailable();

  /// Starts `node_count` (1 or 3) nodes and waits until clients can use all of them.
  /// Clients that come to `port_behind_proxy()` are told that the first node is at `proxy_port`.
  /// Errors: kUnavailable with the broker's last log line; kTimedOut after a minute.
  static Result<std::unique_ptr<KafkaBroker>> start(int node_count = 1, int proxy_port = 0);

  /// Kills what still runs and removes the data.
  ~KafkaBroker();
  KafkaBroker(const KafkaBroker&) = delete;
  KafkaBroker& operator=(const KafkaBroker&) = delete;

  /// bootstrap.servers for clients.
  const std::string& brokers() const { return brokers_; }
  /// Where the proxy forwards to; 0 = started without one.
  int port_behind_proxy() const { return port_behind_proxy_; }
  int node_count() const { return static_cast<int>(nodes_.size()); }

  /// Stops `node` (from 1) in an orderly way; the data stays.
  void stop(int node = 1);
  /// Kills `node` as a crash would; the data stays.
  void kill9(int node = 1);
  /// Starts `node` again on its ports and data, and waits until clients can use all that run.
  Status restart(int node = 1);

 private:
  struct Node {
    int client_port;
    int controller_port;
    pid_t process;  // 0 = does not run.
  };

  explicit KafkaBroker(std::string directory);
  void reserve_ports(int node_count, int proxy_port);
  Status spawn(int node);
  Status wait_until_ready();
  void end(int node, int signal);
  std::string last_log_line(int node) const;

  std::string directory_;
  std::string ports_;  // As broker.sh wants them.
  std::string brokers_;
  int port_behind_proxy_ = 0;
  std::vector<Node> nodes_;
};

/// The single-node broker all tests of this program share; started at the first call.
/// A test skips itself with the error when there is none: see FRESHET_KAFKA_OR_SKIP.
Result<KafkaBroker*> shared_kafka_broker();

}  // namespace freshet::test

/// Declares `broker`, the program's KafkaBroker&; skips the test when no broker can run here,
/// fails it when one should but does not.
#define FRESHET_KAFKA_OR_SKIP(broker)                                       \
  if (auto why = ::freshet::test::KafkaBroker::why_unavailable())           \
    GTEST_SKIP() << "no Kafka broker here: " << *why;                       \
  auto broker##_result = ::freshet::test::shared_kafka_broker();            \
  ASSERT_TRUE(broker##_result.has_value()) << broker##_result.error().text; \
  ::freshet::test::KafkaBroker& broker = **broker##_result
