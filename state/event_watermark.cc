#include "state/event_watermark.h"

#include <algorithm>

#include "state/forgotten.h"

namespace freshet {

void EventWatermark::observe(std::string_view user, EventTime time) {
  const bool full = witnesses_.size() == kWitnesses;
  if (full && time <= witnesses_.back().time) return;
  const auto tag = static_cast<std::uint16_t>(user_hash(user));
  const auto known = std::find_if(witnesses_.begin(), witnesses_.end(),
                                  [&](const Witness& witness) { return witness.user_tag == tag; });
  if (known != witnesses_.end()) {
    if (time <= known->time) return;
    witnesses_.erase(known);
  } else if (full) {
    witnesses_.pop_back();
  }
  const auto place = std::find_if(witnesses_.begin(), witnesses_.end(),
                                  [&](const Witness& witness) { return witness.time < time; });
  witnesses_.insert(place, {tag, time});
}

std::optional<EventTime> EventWatermark::time() const {
  if (witnesses_.size() < kWitnesses) return std::nullopt;
  return witnesses_.back().time;
}

}  // namespace freshet
