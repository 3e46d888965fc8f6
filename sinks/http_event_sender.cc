#include "sinks/http_event_sender.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "sinks/http_session.h"

namespace freshet {

namespace asio = boost::asio;
using boost::beast::error_code;

HttpEventSender::HttpEventSender(std::shared_ptr<HttpStream> stream,
                                 std::shared_ptr<HttpMailbox> mailbox, HttpEventLimits limits)
    : stream_(std::move(stream)),
      mailbox_(std::move(mailbox)),
      limits_(limits),
      comment_timer_(stream_->get_executor()) {
  ++limits_.open_streams;
}

HttpEventSender::~HttpEventSender() {
  --limits_.open_streams;
  if (channel_) channel_->close();
}

std::shared_ptr<EventChannel> HttpEventSender::start(std::string head) {
  channel_ = std::make_shared<EventChannel>([mailbox = mailbox_, self = weak_from_this()] {
    mailbox->post([self] {
      if (const auto sender = self.lock()) sender->send_waiting();
    });
  });
  stream_->expires_never();
  notice_end();
  comment_later();
  write(std::move(head));
  return channel_;
}

void HttpEventSender::notice_end() {
  stream_->async_read_some(
      asio::buffer(unasked_),
      [self = shared_from_this()](error_code /*failure*/, std::size_t) { self->end(); });
}

void HttpEventSender::comment_later() {
  comment_timer_.expires_after(kCommentEvery);
  comment_timer_.async_wait([self = weak_from_this()](error_code failure) {
    const auto sender = self.lock();
    if (failure || !sender) return;
    if (sender->on_its_way_.empty()) sender->write(": still here\n\n");
    sender->comment_later();
  });
}

void HttpEventSender::send_waiting() {
  if (ended_) return;
  if (!channel_->open()) return end();
  if (on_its_way_.empty()) write(channel_->take());
}

void HttpEventSender::write(std::string text) {
  if (text.empty() || ended_) return;
  on_its_way_ = std::move(text);
  stream_->expires_after(limits_.write_timeout);
  asio::async_write(*stream_, asio::buffer(on_its_way_),
                    [self = shared_from_this()](error_code failure, std::size_t) {
                      self->on_its_way_.clear();
                      if (failure) return self->end();
                      self->send_waiting();
                    });
}

void HttpEventSender::end() {
  if (std::exchange(ended_, true)) return;
  channel_->close();
  comment_timer_.cancel();
  stream_->close();
}

}  // namespace freshet
