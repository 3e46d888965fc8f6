#include "tests/simulator/reference.h"

#include <algorithm>

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
    if (!lineage.set_aside.contains(it->offset)) fold(*it, replay);
    replay.next = Offset{it->offset.value + 1};
  }
  return replay;
}

void Reference::fold(const LogRecord& record, Replay& replay) const {
  thread_local EventDecoder decoder(config_.ingest);
  const Fold fold(config_.state);
  Record raw{log_.partition(), record.offset, record.timestamp, {}, {}};
  if (record.value) raw.value = *record.value;
  const auto event = decoder.decode(raw);
  if (!event) {
    replay.refused.insert(record.offset);
    return;
  }
  if (!event->has_value()) return;
  std::vector<Change>& changes = replay.users[(*event)->user];
  UserState state;
  if (!changes.empty()) state = *decode_user_state(changes.back().state);
  std::vector<TrainingExample> examples;
  const FoldOutcome outcome =
      fold.apply(**event, {log_.partition(), record.offset}, state, examples);
  if (outcome == FoldOutcome::kDuplicate) return;
  changes.push_back({record.offset, encode(state), (*event)->action != Action::kImpression});
}

const Reference::Change* Reference::newest_before(const std::vector<Change>& changes, Offset next) {
  const auto it =
      std::lower_bound(changes.begin(), changes.end(), next,
                       [](const Change& c, Offset offset) { return c.offset < offset; });
  return it == changes.begin() ? nullptr : &*std::prev(it);
}

std::optional<Offset> Reference::newest_owed_before(const std::vector<Change>& changes,
                                                    Offset next) {
  std::optional<Offset> newest;
  for (const Change& change : changes) {
    if (change.offset < next && change.owes) newest = change.offset;
  }
  return newest;
}

}  // namespace freshet::sim
