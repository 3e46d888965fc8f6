#include "app/partition/active_user_walk.h"

#include "state/user_state_codec.h"

namespace freshet {

ActiveUserWalk::ActiveUserWalk(const RefreshConfig& config, ActiveUserQueue* found)
    : active_(config.active), found_(found), done_(!config.enabled || found == nullptr) {}

Status ActiveUserWalk::look(StateStore& store, const Position& position, EventTime time) {
  if (done_) return {};
  std::size_t looked_at = 0;
  bool ended = true;
  FRESHET_RETURN_IF_ERROR(
      store.visit_users_between(next_, {}, [&](std::string_view user, std::string_view state) {
        if (const auto event_time = active_since(state, time)) {
          ActiveUser found{UserId(user), position, *event_time};
          ended = found_->try_push(found);
        }
        // The smallest key after the user's.
        next_ = ended ? UserId(user) + '\0' : UserId(user);
        ended = ended && ++looked_at < kUsersLookedAt;
        return ended;
      }));
  done_ = ended;
  return {};
}

/// The newest event's time, if the user is active and ever got a list: who was only shown items
/// has none. A state that cannot be read is for the user's next event to complain of.
std::optional<EventTime> ActiveUserWalk::active_since(std::string_view state,
                                                      EventTime time) const {
  const auto newest = newest_event_time_of(state);
  if (!newest || *newest + active_ <= time) return std::nullopt;
  const auto decoded = decode_user_state(state);
  return decoded && !decoded->history.empty() ? std::optional(*newest) : std::nullopt;
}

}  // namespace freshet
