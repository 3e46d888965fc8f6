#include "app/partition/user_book.h"

#include <algorithm>

namespace freshet {

Status UserBook::update(const UserUpdate& update) {
  Entry& entry = users_[update.user];
  entry.consent = update.consent;
  entry.forgotten_time = std::max(entry.forgotten_time, update.forgotten_time);
  if (entry.consent == Consent{} && !entry.forgotten_time) users_.erase(update.user);
  if (users_.size() <= users_max_) return {};
  return error(
      ErrorCode::kInvalidConfig,
      "the users topic holds more users than ingest.users_max = " + std::to_string(users_max_) +
          " who are forgotten or whose consent differs from the default: raise it");
}

void UserBook::visit(const std::function<void(const UserUpdate&)>& visit) const {
  for (const auto& [user, entry] : users_) visit({user, entry.consent, entry.forgotten_time});
}

}  // namespace freshet
