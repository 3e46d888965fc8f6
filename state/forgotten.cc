#include "state/forgotten.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace freshet {

std::uint64_t user_hash(std::string_view user) { return XXH3_64bits(user.data(), user.size()); }

void ForgottenUsers::restore(const std::vector<ForgottenUser>& rows) {
  for (const ForgottenUser& row : rows) rows_[row.user_hash] = row;
}

const ForgottenUser* ForgottenUsers::find(const UserId& user) const {
  if (rows_.empty()) return nullptr;
  const auto it = rows_.find(user_hash(user));
  return it == rows_.end() ? nullptr : &it->second;
}

bool ForgottenUsers::knows(const UserId& user, EventTime time) const {
  const ForgottenUser* row = find(user);
  return row && row->time >= time;
}

ForgottenUser ForgottenUsers::add(const UserId& user, EventTime time, Offset next_offset) {
  const std::uint64_t hash = user_hash(user);
  return rows_[hash] = {hash, time, next_offset};
}

bool ForgottenUsers::covers(const UserId& user, std::optional<EventTime> log_time) const {
  const ForgottenUser* row = find(user);
  return row && log_time && *log_time <= row->time;
}

}  // namespace freshet
