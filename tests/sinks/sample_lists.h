#pragma once

#include <string>
#include <utility>

#include "config/time.h"
#include "ingest/dead_letter.h"
#include "scoring/ranked_list.h"

namespace freshet {

inline EventTime at_ms(std::int64_t ms) { return EventTime(std::chrono::milliseconds(ms)); }

/// A clock that stands still at a chosen time.
class StoppedClock final : public Clock {
 public:
  explicit StoppedClock(EventTime now) : now_(now) {}
  EventTime now() const override { return now_; }
  SteadyTime steady_now() const override { return {}; }
  BootTime boot_now() const override { return {}; }

 private:
  EventTime now_;
};

/// A list of one item that is a consequence of another.
inline RankedList list_of(UserId user, Offset offset = Offset{41}) {
  RankedList list;
  list.user = std::move(user);
  list.position = {PartitionId{3}, offset, Epoch{7}};
  list.event_time = at_ms(1'700'000'000'123);
  list.model_version = ModelVersion{99};
  list.items.push_back({.id = item_id_of("lamp"),
                        .name = "lamp",
                        .score = 0.3F,
                        .reasons = {{.source = Source::kCovisitation,
                                     .because_of = item_id_of("desk"),
                                     .because_of_name = "desk",
                                     .share = 0.75F,
                                     .text = "Often bought after desk"}}});
  return list;
}

inline DeadLetter dead_letter_of(std::string value, Offset offset = Offset{5}) {
  return {.topic = "freshet.events",
          .partition = PartitionId{2},
          .offset = offset,
          .why = {BadRecordReason::kBadTime, "event_time is in seconds; send milliseconds"},
          .key = "user-1",
          .value = std::move(value)};
}

}  // namespace freshet
