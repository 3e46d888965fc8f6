#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

namespace freshet {

/// Server-sent events on their way to one client: what others give, the server's thread takes.
/// Bounded: a client that leaves more than kWaitingBytesMax untaken is cut off. Thread-safe.
class EventChannel {
 public:
  static constexpr std::size_t kWaitingBytesMax = 256 << 10;

  /// `wake` is called, on any thread, when there is something to take; must not block.
  explicit EventChannel(std::function<void()> wake) : wake_(std::move(wake)) {}

  /// Queues an event; `text` has no line end, as compact JSON has none. False once the client has
  /// gone or was cut off: then nothing will ever be taken again.
  bool send(std::string_view name, std::string_view text);

  /// False once send() fails.
  bool open() const;

  /// What waits, as it goes over the wire; empty = nothing.
  std::string take();

  /// No one takes any more.
  void close();

 private:
  const std::function<void()> wake_;
  mutable std::mutex mutex_;
  std::string waiting_;  // guarded by mutex_
  bool open_ = true;     // guarded by mutex_
};

}  // namespace freshet
