#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "config/ids.h"
#include "config/result.h"
#include "config/time.h"
#include "state/event_watermark.h"
#include "state/state_store.h"

namespace freshet {

/// Whether the history of a user whose newest event was at `newest` has expired: nothing is known
/// of that user any more, whether or not the row is still stored. `age_max` 0 = none expires.
bool has_expired(EventTime newest, const EventWatermark& watermark, std::chrono::seconds age_max);

/// Finds stored histories that have expired, by walking round the users of a partition, a few at a
/// time. Where it stands is known in memory alone: when a row is found makes no difference to what
/// is known of its user. Confined to one thread.
class ExpirySearch {
 public:
  /// A slice looks at no more users than this.
  static constexpr std::size_t kSliceUsersMax = 256;
  /// And finds no more than this: each is a list to be removed.
  static constexpr std::size_t kSliceFoundMax = 32;
  /// Between two slices.
  static constexpr std::chrono::milliseconds kPause{100};
  /// Walks while the watermark moves by one `age_max`: expired rows are found at most this part of
  /// it later, and the time of a walk.
  static constexpr int kWalksPerAge = 32;

  /// `age_max`: StateConfig::history_age_max.
  explicit ExpirySearch(std::chrono::seconds age_max) : age_max_(age_max) {}

  /// Looks at the next slice if it is time to, and returns at most `max` users whose history has
  /// expired; `max` is not 0. Errors: those of the store, kCorrupt.
  Result<std::vector<UserId>> next(StateStore& store, const EventWatermark& watermark,
                                   std::size_t max, SteadyTime now);

  /// Whether the walk goes on with the next slice; else it was the last one.
  bool walking() const { return walking_; }

 private:
  bool is_due(const EventWatermark& watermark, SteadyTime now);
  /// The user before whom the slice from begin_ on ends; empty = it may reach to the last one.
  UserId end() const;
  /// Goes on from `begin`, where the slice looked at so many users.
  void go_on(const UserId& begin, std::size_t looked_at);

  const std::chrono::seconds age_max_;
  bool walking_ = false;
  UserId begin_;                          // Of the next slice.
  std::optional<EventTime> walked_from_;  // The watermark when the walk began.
  SteadyTime next_time_{};
  // Where slices of the walk before began, in order, and those of this walk. A slice ends there
  // again, for it meets the deleted rows of those that were erased, too.
  std::vector<UserId> marks_;
  std::vector<UserId> new_marks_;
  std::size_t last_looked_at_ = 0;  // By the slices since the last of the new marks.
  bool joined_ = false;             // More than one.
};

}  // namespace freshet
