#include "app/partition/quarantine.h"

#include <algorithm>

namespace freshet {
namespace {

/// Deaths that condemn the record in hand; before the last of them its batch is searched.
constexpr int kDeathsMax = 3;

}  // namespace

void Quarantine::opened(const Recovery& recovery) {
  if (recovery.attempt) {
    deaths_ = recovery.attempt->number;
    suspect_ = recovery.attempt->first;
  } else if (!recovery.orderly) {
    deaths_ = 1;
  }
  if (deaths_ >= kDeathsMax - 1) to_search_ = batch_records_max_;
}

std::optional<Attempt> Quarantine::attempt(Offset first) const {
  if (!first_batch_ && !searching()) return std::nullopt;
  return Attempt{first, deaths_at(first) + 1};
}

bool Quarantine::condemns(Offset first) const {
  return suspect_ == first && deaths_at(first) >= kDeathsMax;
}

void Quarantine::committed(Offset first, std::size_t records) {
  const bool condemned = condemns(first);
  deaths_ = condemned ? 0 : deaths_at(first);  // Others have to be found guilty on their own.
  first_batch_ = false;
  suspect_.reset();
  to_search_ -= std::min(to_search_, records);
  if (!searching()) deaths_ = 0;
}

int Quarantine::deaths_at(Offset first) const {
  return suspect_ && *suspect_ != first ? 0 : deaths_;
}

}  // namespace freshet
