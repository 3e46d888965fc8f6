#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "ingest/event.h"
#include "scoring/ranked_list.h"
#include "state/training_example.h"

namespace freshet {

/// A made-up shop: items come in groups, a session stays in its group and mostly walks on to a
/// near neighbour; some groups are more popular. Deterministic from its seed.
class ShopStream {
 public:
  static constexpr std::size_t kGroups = 20;
  static constexpr std::size_t kGroupItems = 15;

  explicit ShopStream(std::uint64_t seed) : random_(seed) {}

  /// The next events of many interleaved sessions, offsets rising from 0.
  std::vector<TrainingExample> take(std::size_t count) {
    std::vector<TrainingExample> examples;
    while (examples.size() < count) examples.push_back(next());
    return examples;
  }

  static std::string name(std::size_t item) { return "item-" + std::to_string(item); }

 private:
  struct Session {
    std::uint64_t number = 0;
    std::size_t group = 0;
    std::size_t place = 0;
    std::size_t left = 0;
    std::vector<HistoryEntry> history;
  };

  std::size_t below(std::size_t bound) { return random_() % bound; }

  TrainingExample next() {
    Session& session = sessions_[below(kSessions)];
    if (session.left == 0) {
      session = {
          .number = ++session_count_, .group = below(1 + below(kGroups)), .left = 3 + below(6)};
      session.place = below(kGroupItems);
    }
    const std::size_t step = below(10);
    if (step < 7)
      session.place = (session.place + 1) % kGroupItems;
    else if (step < 9)
      session.place = below(kGroupItems);
    --session.left;
    const std::string item = name(session.group * kGroupItems + session.place);
    TrainingExample example;
    example.offset = Offset{offset_++};
    example.user = "user-" + std::to_string(session.number);
    example.history = session.history;
    example.item = item_id_of(item);
    example.item_name = item;
    example.session_start = session.history.empty();
    example.event_time = EventTime(std::chrono::seconds(offset_));
    session.history.push_back({.item = example.item,
                               .session_start = example.session_start,
                               .event_time = example.event_time});
    return example;
  }

  static constexpr std::size_t kSessions = 40;

  std::mt19937_64 random_;
  Session sessions_[kSessions];
  std::uint64_t session_count_ = 0;
  std::int64_t offset_ = 0;
};

/// A question for a list after the named items, oldest first, in one session.
inline RankRequest request_after(const std::vector<std::string>& items) {
  RankRequest request;
  request.user = "someone";
  for (const std::string& item : items)
    request.state.history.push_back(
        {.item = item_id_of(item), .session_start = request.state.history.empty()});
  request.event_time = EventTime(std::chrono::hours(24));
  return request;
}

/// Requests after many different histories.
inline std::vector<RankRequest> many_requests() {
  std::vector<RankRequest> requests;
  for (std::size_t item = 0; item + 3 < ShopStream::kGroups * ShopStream::kGroupItems; item += 3)
    requests.push_back(request_after({ShopStream::name(item), ShopStream::name(item + 2)}));
  return requests;
}

/// Everything two equal lists agree on, as text that a failed test shows.
inline std::string text_of(const RankedList& list) {
  std::string text = std::string(to_string(list.fallback)) + ":";
  for (const RankedItem& item : list.items) {
    text += " " + item.name + "=" + std::to_string(item.score);
    for (const Reason& reason : item.reasons)
      text += "(" + std::string(to_string(reason.source)) + " " + reason.because_of_name + " " +
              std::to_string(reason.share) + " " + reason.text + ")";
  }
  return text;
}

}  // namespace freshet
