#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "config/time.h"
#include "sinks/http_event_channel.h"
#include "sinks/list_codec.h"
#include "sinks/list_publisher.h"

namespace freshet {

/// Those who watch the lists of a user: each list goes to them once the output topic has it. Costs
/// a published list nothing while nobody watches. Bounded: a list per user that is watched and
/// kOnTheirWayMax of them on their way; slow watchers are cut off by their channels. Thread-safe.
class ListWatchers {
 public:
  static constexpr std::size_t kOnTheirWayMax = 8;

  /// `clock` outlives it; titles as in encode_list.
  ListWatchers(const Clock& clock, TitleOf title_of)
      : clock_(clock), title_of_(std::move(title_of)) {}

  /// Sends the user's lists from now on, while the channel is open.
  void watch(const UserId& user, std::shared_ptr<EventChannel> channel);

  /// A list is about to be published.
  void leaves(const RankedList& list);
  /// A list was answered: what was published goes to those who watch.
  void arrived(const ListDelivery& delivery);

 private:
  struct Leaving {
    Position position;
    std::string text;
  };
  struct Watched {
    std::vector<std::shared_ptr<EventChannel>> channels;
    std::deque<Leaving> leaving;  // Oldest first.
  };

  void forget_closed();

  const Clock& clock_;
  const TitleOf title_of_;
  std::atomic<bool> any_{false};
  std::mutex mutex_;
  std::unordered_map<UserId, Watched> watched_;  // guarded by mutex_
};

/// Tells watchers of every list that it publishes. Thread-safe.
class WatchedPublisher final : public ListPublisher {
 public:
  /// Both outlive it; the handlers of `publisher` tell `watchers` of what arrived.
  WatchedPublisher(ListPublisher& publisher, ListWatchers& watchers)
      : publisher_(publisher), watchers_(watchers) {}

  Status publish(const RankedList& list) override {
    watchers_.leaves(list);  // First: the answer may come before publish() returns.
    return publisher_.publish(list);
  }
  Status publish(const DeadLetter& letter) override { return publisher_.publish(letter); }
  Status flush(std::chrono::milliseconds wait) override { return publisher_.flush(wait); }

 private:
  ListPublisher& publisher_;
  ListWatchers& watchers_;
};

}  // namespace freshet
