#include "tests/simulator/reference.h"

#include <algorithm>
#include <iterator>
#include <limits>

#include "ingest/event_decoder.h"
#include "state/fold.h"
#include "state/user_state_codec.h"

namespace freshet::sim {

const Reference::Replay& Reference::replay(const Lineage& lineage) {
  Replay& replay = replays_[lineage];
  const auto& records = log_.records(lineage.incarnation);
  const Offset from = std::max(replay.next, lineage.begin);
  auto it = std::lower_bound(records.begin(), records.end(), from,
                             [](const LogRecord& r, Offset offset) { return r.offset < offset; });
  for (; it != records.end(); ++it) {
    erase_before(it->offset, lineage, replay);
    read(*it, lineage, replay);
    replay.next = Offset{it->offset.value + 1};
  }
  erase_before(Offset{std::numeric_limits<std::int64_t>::max()}, lineage, replay);
  return replay;
}

// Forgetting takes effect before the first record at or after its offset.
void Reference::erase_before(Offset next, const Lineage& lineage, Replay& replay) {
  auto it = lineage.forgotten.begin();
  std::advance(it, replay.erasures);
  for (; it != lineage.forgotten.end() && it->first.first <= next; ++it, ++replay.erasures) {
    const auto& [at, user] = it->first;
    replay.forgotten[user] = it->second.time;
    const auto changes = replay.users.find(user);
    if (changes == replay.users.end()) continue;
    changes->second.push_back({Offset{at.value - 1}, "", {}, false, true, it->second.epoch});
  }
}

// Of a rekeyed log each source record counts once, where it came first. To a reader that began
// later, as after a gap, only what lies above all that came is known to be none that came before.
void Reference::read(const LogRecord& record, const Lineage& lineage, Replay& replay) const {
  if (record.source) {
    std::set<Offset>& came = replay.sources[record.source->from];
    const Offset offset = record.source->offset;
    const bool is_below = !came.empty() && offset <= *came.rbegin();
    const bool is_repeat = lineage.begin == Offset{0} ? came.contains(offset) : is_below;
    came.insert(offset);
    if (is_repeat) {
      replay.repeats.insert(record.offset);
      return;
    }
  }
  if (!lineage.set_aside.contains(record.offset)) fold(record, replay);
}

void Reference::fold(const LogRecord& record, Replay& replay) const {
  thread_local EventDecoder decoder(config_.ingest);
  const auto event = decoder.decode(record.view(log_.partition()));
  if (!event) {
    replay.refused.insert(record.offset);
    return;
  }
  if (!event->has_value()) return;
  fold(**event, record, replay);
  EventTime& newest = replay.newest_times.try_emplace((*event)->user).first->second;
  newest = std::max(newest, (*event)->event_time);
  std::vector<EventTime> times;
  for (const auto& [user, time] : replay.newest_times) times.push_back(time);
  std::sort(times.rbegin(), times.rend());
  if (times.size() >= 3) replay.watermarks[record.offset] = times[2];
}

void Reference::fold(const Event& event, const LogRecord& record, Replay& replay) const {
  const Fold fold(config_.state);
  const auto forgotten = replay.forgotten.find(event.user);
  if (forgotten != replay.forgotten.end() && record.timestamp <= forgotten->second) return;
  std::vector<Change>& changes = replay.users[event.user];
  const bool goes_on = !changes.empty() && !changes.back().erased &&
                       !has_expired(replay, changes.back(), record.offset);
  UserState state;
  if (goes_on) state = *decode_user_state(changes.back().state);
  std::vector<TrainingExample> examples;
  const FoldOutcome outcome = fold.apply(event, {log_.partition(), record.offset}, state, examples);
  if (outcome == FoldOutcome::kDuplicate) return;
  changes.push_back(
      {record.offset, encode(state), state.newest_event_time, event.action != Action::kImpression});
}

const Reference::Change* Reference::newest_before(const std::vector<Change>& changes, Offset next) {
  const auto it =
      std::lower_bound(changes.begin(), changes.end(), next,
                       [](const Change& c, Offset offset) { return c.offset < offset; });
  return it == changes.begin() || std::prev(it)->erased ? nullptr : &*std::prev(it);
}

std::optional<EventTime> Reference::watermark_before(const Replay& replay, Offset next) {
  const auto it = replay.watermarks.lower_bound(next);
  return it == replay.watermarks.begin() ? std::nullopt : std::optional(std::prev(it)->second);
}

bool Reference::has_expired(const Replay& replay, const Change& change, Offset next) const {
  const auto age_max = config_.state.history_age_max;
  const auto watermark = watermark_before(replay, next);
  return age_max.count() > 0 && watermark && change.newest < *watermark - age_max;
}

std::optional<Offset> Reference::newest_owed_before(const std::vector<Change>& changes,
                                                    Offset next) {
  std::optional<Offset> newest;
  for (const Change& change : changes) {
    if (change.offset >= next) break;
    if (change.erased) newest.reset();
    if (change.owes) newest = change.offset;
  }
  return newest;
}

const Reference::Change* Reference::newest_erasure_before(const std::vector<Change>& changes,
                                                          Offset next) {
  const Change* newest = nullptr;
  for (const Change& change : changes) {
    if (change.erased && change.offset < next) newest = &change;
  }
  return newest;
}

}  // namespace freshet::sim
