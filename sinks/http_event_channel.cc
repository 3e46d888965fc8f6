#include "sinks/http_event_channel.h"

#include <utility>

namespace freshet {

bool EventChannel::send(std::string_view name, std::string_view text) {
  bool sent = false;
  {
    std::lock_guard lock(mutex_);
    if (!open_) return false;
    open_ = sent = waiting_.size() + text.size() <= kWaitingBytesMax;
    if (sent)
      waiting_.append("event: ").append(name).append("\ndata: ").append(text).append("\n\n");
  }
  wake_();  // Also when it is to be cut off.
  return sent;
}

bool EventChannel::open() const {
  std::lock_guard lock(mutex_);
  return open_;
}

std::string EventChannel::take() {
  std::lock_guard lock(mutex_);
  return std::exchange(waiting_, {});
}

void EventChannel::close() {
  std::lock_guard lock(mutex_);
  open_ = false;
  waiting_.clear();
}

}  // namespace freshet
