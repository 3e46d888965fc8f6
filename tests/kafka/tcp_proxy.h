#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

namespace freshet::test {

/// A network between clients and a server on this machine that can be slow or cut.
///
/// Thread-safe; connections live on a thread of its own.
class TcpProxy {
 public:
  /// Listens on a free port of 127.0.0.1.
  TcpProxy();
  /// Ends every connection.
  ~TcpProxy();
  TcpProxy(const TcpProxy&) = delete;
  TcpProxy& operator=(const TcpProxy&) = delete;

  std::uint16_t port() const;

  /// Where connections go from now on.
  void forward_to(std::uint16_t server_port);

  /// How long each piece of data takes from one end to the other, both ways.
  void delay(std::chrono::milliseconds one_way);

  /// From now on nothing passes and nobody is told: connections stay open and silent, new ones get
  /// no answer. What was sent waits, as a kernel that repeats its packets would have it.
  void cut();
  void heal();

  /// Bytes passed so far, both ways.
  std::uint64_t passed_bytes() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace freshet::test
