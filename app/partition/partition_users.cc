#include "app/partition/partition_users.h"

#include <utility>

#include "state/forgotten.h"

namespace freshet {

bool PartitionUsers::tell(const UserUpdate& update, bool is_home) {
  Told told{update, is_home};
  return told_.try_push(told);
}

void PartitionUsers::read() {
  for (const Told& told : told_.pop_batch(kWaitingMax, std::chrono::microseconds{0}, {}))
    know(told.update, told.is_home);
}

void PartitionUsers::know(const UserUpdate& update, bool is_home) {
  if (update.consent == Consent{}) {
    consents_.erase(user_hash(update.user));
  } else {
    consents_[user_hash(update.user)] = update.consent;
  }
  if (update.forgotten_time) forgets_[update.user] = {update.user, *update.forgotten_time, is_home};
}

Consent PartitionUsers::consent_of(const UserId& user) const {
  if (consents_.empty()) return {};
  const auto it = consents_.find(user_hash(user));
  return it == consents_.end() ? Consent{} : it->second;
}

std::vector<Forget> PartitionUsers::take_forgets(std::size_t max) {
  std::vector<Forget> taken;
  while (!forgets_.empty() && taken.size() < max)
    taken.push_back(std::move(forgets_.extract(forgets_.begin()).mapped()));
  return taken;
}

}  // namespace freshet
