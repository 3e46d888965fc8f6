#include "state/expiry.h"

#include <algorithm>
#include <utility>

#include "state/user_state_codec.h"

namespace freshet {

using namespace std::chrono_literals;

bool has_expired(EventTime newest, const EventWatermark& watermark, std::chrono::seconds age_max) {
  if (age_max == 0s) return false;
  const auto time = watermark.time();
  return time && newest < *time - age_max;
}

bool ExpirySearch::is_due(const EventWatermark& watermark, SteadyTime now) {
  const auto time = watermark.time();
  if (age_max_ == 0s || !time || now < next_time_) return false;
  const std::chrono::milliseconds age = age_max_;
  if (!walking_ && walked_from_ && *time - *walked_from_ < age / kWalksPerAge) return false;
  if (!walking_) walked_from_ = *time;
  return true;
}

UserId ExpirySearch::end() const {
  const auto mark = std::upper_bound(marks_.begin(), marks_.end(), begin_);
  return mark == marks_.end() ? UserId() : *mark;
}

// Two neighbours that have become small are one in the next walk; no more than two, for there may
// be deleted rows in both.
void ExpirySearch::go_on(const UserId& begin, std::size_t looked_at) {
  joined_ = !joined_ && !new_marks_.empty() && last_looked_at_ + looked_at <= kSliceUsersMax / 2;
  if (!joined_) {
    new_marks_.push_back(begin_);
    last_looked_at_ = 0;
  }
  last_looked_at_ += looked_at;
  walking_ = !begin.empty();
  begin_ = begin;
  if (!walking_) marks_ = std::exchange(new_marks_, {});
}

Result<std::vector<UserId>> ExpirySearch::next(StateStore& store, const EventWatermark& watermark,
                                               std::size_t max, SteadyTime now) {
  std::vector<UserId> found;
  if (!is_due(watermark, now)) return found;
  next_time_ = now + kPause;
  std::size_t looked_at = 0;
  UserId next_begin = end();
  Status readable;
  FRESHET_RETURN_IF_ERROR(store.visit_users_between(
      begin_, next_begin, [&](std::string_view user, std::string_view state) {
        if (looked_at == kSliceUsersMax || found.size() == std::min(max, kSliceFoundMax)) {
          next_begin = user;
          return false;
        }
        ++looked_at;
        const auto newest = newest_event_time_of(state);
        if (!newest) {
          readable =
              error(newest.error().code, "user " + UserId(user) + ": " + newest.error().text);
        } else if (has_expired(*newest, watermark, age_max_)) {
          found.emplace_back(user);
        }
        return readable.has_value();
      }));
  FRESHET_RETURN_IF_ERROR(readable);
  go_on(next_begin, looked_at);
  return found;
}

}  // namespace freshet
