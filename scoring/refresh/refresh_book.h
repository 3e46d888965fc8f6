#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "config/refresh_config.h"
#include "config/time.h"
#include "config/token_bucket.h"
#include "scoring/ranked_list.h"

namespace freshet {

/// A list that should be made again.
struct RefreshWish {
  UserId user;
  Position position;  ///< Of the list to be made: the one it replaces, one revision on.
  ListCause cause = ListCause::kAge;
};

/// An active user of whose newest list nothing is known, not even how old it is.
struct ActiveUser {
  UserId user;
  Position position;  ///< Of a list that is made from the state as it was found.
  EventTime event_time;
};

/// The newest lists of active users, and which of them should be made again without an event of
/// their user. Walks round its users a few at a time, so that nothing that changes for all of them
/// costs much at once; each user waits at most once, whatever the causes.
///
/// In memory alone and bounded (RefreshConfig::users_max): after a start, users are known again
/// once they are found in the store, or with their next event. Confined to one thread (scoring's).
class RefreshBook {
 public:
  /// An asked-for list that did not come is asked for again.
  static constexpr std::chrono::seconds kAskedAgainAfter{60};
  /// The longest time between two walks round all users.
  static constexpr std::chrono::seconds kWalkEvery{10};

  explicit RefreshBook(const RefreshConfig& config);

  /// Notes a list that is about to be published, and sets its revision: larger than that of every
  /// list before of the same offset and epoch. `now` and `time`: on the two clocks.
  void made(RankedList& list, SteadyTime now, EventTime time);

  /// Notes a user, whose list is due for its age, unless a list of the same owner is known already
  /// or there is no room: those of whom more is known stay.
  void found(const ActiveUser& user, SteadyTime now, EventTime time);

  /// Whether the user's newest list is still the one that a list of this position would replace.
  bool is_current(std::string_view user, const Position& position) const;

  /// Drops what is known of the user.
  void forget(std::string_view user);

  /// These items became unavailable: lists that have one are due.
  void lost(std::span<const ItemId> items);

  /// Rules changed (kRule), or began or ceased to hold (kCampaign): all lists made so far are due.
  void rules_changed(ListCause cause);

  /// Looks at the next few users.
  void look(std::size_t users_max, SteadyTime now, EventTime time);

  /// The most urgent list that is due, if the rate allows one now.
  std::optional<RefreshWish> next(SteadyTime now);
  /// The list that next() named is on its way.
  void asked(const RefreshWish& wish, SteadyTime now);
  /// It found no room: others of its cause go before it.
  void postpone(const RefreshWish& wish);

  /// Users known.
  std::size_t size() const { return users_.size(); }
  /// Lists that are due and not asked for.
  std::size_t waiting() const;

 private:
  struct Entry;
  using Queue = std::list<Entry*>;
  struct Entry {
    UserId user;
    Position position;
    EventTime event_time;
    SteadyTime made_time;
    std::uint64_t made = 0;                // changes_ when it was made.
    std::vector<ItemId> items;             // Sorted.
    std::optional<ListCause> due;          // Until the list is made anew.
    std::optional<Queue::iterator> place;  // In due_, while it waits.
    SteadyTime asked_time{};               // Of a list that is due and does not wait.
  };
  using Users = std::list<Entry>;

  bool is_active(EventTime event_time, EventTime time) const;
  bool begins_walk(SteadyTime now);
  void check(Entry& entry, SteadyTime now);
  std::optional<ListCause> cause_of(const Entry& entry, SteadyTime now) const;
  void enqueue(Entry& entry, ListCause cause);
  void dequeue(Entry& entry);
  void step_over(Users::iterator user);
  void erase(Users::iterator user);

  const RefreshConfig config_;
  Users users_;  // Newest event first, then those who were found.
  absl::flat_hash_map<std::string_view, Users::iterator> places_;  // Names are those of users_.
  std::array<Queue, kListCauseCount> due_;
  std::uint64_t changes_ = 0;  // Of rules, so far.
  ListCause change_cause_ = ListCause::kRule;
  absl::flat_hash_set<ItemId> lost_;      // Looked for in this walk.
  absl::flat_hash_set<ItemId> lost_new_;  // To be looked for in the next one.
  bool walking_ = false;
  Users::iterator next_look_ = users_.end();
  std::uint64_t walked_changes_ = 0;  // changes_ when this walk began.
  SteadyTime next_walk_{};
  TokenBucket rate_;  // Of lists that are asked for.
};

}  // namespace freshet
