#pragma once

#include <array>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "sinks/http_event_channel.h"
#include "sinks/http_stream.h"

namespace freshet {

class HttpMailbox;

/// What event senders share with their server.
struct HttpEventLimits {
  std::chrono::milliseconds write_timeout;  ///< A client that takes nothing for so long is cut off.
  std::size_t& open_streams;                ///< Counted here.
};

/// Sends a client what comes through its channel, and a comment from time to time, until the client
/// goes, says anything, or takes too little; then the connection closes. Confined to the server's
/// thread.
class HttpEventSender : public std::enable_shared_from_this<HttpEventSender> {
 public:
  /// Comments tell proxies and clients that the connection lives.
  static constexpr std::chrono::seconds kCommentEvery{15};

  /// `stream` shares the life of the session that it belongs to.
  HttpEventSender(std::shared_ptr<HttpStream> stream, std::shared_ptr<HttpMailbox> mailbox,
                  HttpEventLimits limits);
  ~HttpEventSender();
  HttpEventSender(const HttpEventSender&) = delete;
  HttpEventSender& operator=(const HttpEventSender&) = delete;

  /// Sends `head`, then whatever comes. Returns the way in.
  std::shared_ptr<EventChannel> start(std::string head);

 private:
  void notice_end();
  void comment_later();
  void send_waiting();
  void write(std::string text);
  void end();

  const std::shared_ptr<HttpStream> stream_;
  const std::shared_ptr<HttpMailbox> mailbox_;
  const HttpEventLimits limits_;
  std::shared_ptr<EventChannel> channel_;
  boost::asio::steady_timer comment_timer_;
  std::array<char, 64> unasked_{};  // What the client says, which is nothing.
  std::string on_its_way_;          // Empty = nothing is being written.
  bool ended_ = false;
};

}  // namespace freshet
