#include "state/user_state_codec.h"

#include "state/bytes.h"

namespace freshet {
namespace {

// user_state := version: u8 (=1) | flags: u8 | newest: zigzag ms | window_start: age
//             | window_count: varint | session_count: varint | session: bytes
//             | action_counts: count, varint*       // indexed by Action
//             | context: count, bytes*              // in the order of IngestConfig::context
//             | history: count, entry*              // every list oldest first
//             | bought: count, tally* | shown: count, tally*
//             | disliked: count, item* | recent_event_ids: count, u64*
// entry := item | kind: u8 | age                    // kind = action | session_start<<4 | late<<5
// tally := item | age | count: varint
// item  := u64 little-endian
// age   := zigzag (newest - time) ms                // small for a recent event, so short
// flags := bit 0 bot
// bytes := length: varint, then the bytes; varint is LEB128. Values are never renumbered.

constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kBotFlag = 1;
constexpr std::uint8_t kActionMask = 0x0f;
constexpr std::uint8_t kSessionStartBit = 0x10;
constexpr std::uint8_t kLateBit = 0x20;

std::uint64_t ticks(EventTime time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}

// Unsigned, so that no pair of times overflows, not even one out of corrupt bytes.
std::int64_t age(EventTime newest, EventTime time) {
  return static_cast<std::int64_t>(ticks(newest) - ticks(time));
}

EventTime time_at(EventTime newest, std::int64_t age_ms) {
  const std::uint64_t time = ticks(newest) - static_cast<std::uint64_t>(age_ms);
  return EventTime(std::chrono::milliseconds(static_cast<std::int64_t>(time)));
}

template <class Tally>
void write_tallies(ByteWriter& out, EventTime newest, const std::vector<Tally>& tallies) {
  out.varint(tallies.size());
  for (const Tally& t : tallies) {
    out.u64(t.item.value);
    out.zigzag(age(newest, t.last_time));
    out.varint(t.count);
  }
}

template <class Tally>
void read_tallies(ByteReader& in, EventTime newest, std::vector<Tally>& tallies) {
  tallies.resize(in.count(sizeof(std::uint64_t)));
  for (Tally& t : tallies) {
    t.item = ItemId{in.u64()};
    t.last_time = time_at(newest, in.zigzag());
    t.count = in.varint32();
  }
}

void write_history(ByteWriter& out, const UserState& state) {
  out.varint(state.history.size());
  for (const HistoryEntry& entry : state.history) {
    out.u64(entry.item.value);
    out.u8(static_cast<std::uint8_t>(static_cast<std::uint8_t>(entry.action) |
                                     (entry.session_start ? kSessionStartBit : 0) |
                                     (entry.late ? kLateBit : 0)));
    out.zigzag(age(state.newest_event_time, entry.event_time));
  }
}

/// Everything up to the time of the newest event.
Status read_head(ByteReader& in, UserState& state) {
  if (const std::uint8_t version = in.u8(); version != kVersion) {
    return error(ErrorCode::kCorrupt, "user state of version " + std::to_string(version) +
                                          ": this program reads version " +
                                          std::to_string(kVersion));
  }
  const std::uint8_t flags = in.u8();
  if (flags > kBotFlag) return error(ErrorCode::kCorrupt, "user state: unknown flags");
  state.bot = flags == kBotFlag;
  state.newest_event_time = EventTime(std::chrono::milliseconds(in.zigzag()));
  return {};
}

/// Returns false when an entry is of a kind that nobody writes.
bool read_history(ByteReader& in, UserState& state) {
  state.history.resize(in.count(sizeof(std::uint64_t)));
  for (HistoryEntry& entry : state.history) {
    entry.item = ItemId{in.u64()};
    const std::uint8_t kind = in.u8();
    if ((kind & kActionMask) >= kActionCount || kind >= 2 * kLateBit) return false;
    entry.action = static_cast<Action>(kind & kActionMask);
    entry.session_start = (kind & kSessionStartBit) != 0;
    entry.late = (kind & kLateBit) != 0;
    entry.event_time = time_at(state.newest_event_time, in.zigzag());
  }
  return true;
}

}  // namespace

std::string encode(const UserState& state) {
  ByteWriter out;
  out.reserve(64 + state.history.size() * 14 + (state.bought.size() + state.shown.size()) * 15 +
              (state.disliked.size() + state.recent_event_ids.size()) * 8);
  out.u8(kVersion);
  out.u8(state.bot ? kBotFlag : 0);
  out.zigzag(state.newest_event_time.time_since_epoch().count());
  out.zigzag(age(state.newest_event_time, state.rate_window_start));
  out.varint(state.rate_window_count);
  out.varint(state.session_count);
  out.bytes(state.session);
  out.varint(state.action_counts.size());
  for (const std::uint64_t n : state.action_counts) out.varint(n);
  out.varint(state.context.size());
  for (const std::string& value : state.context) out.bytes(value);
  write_history(out, state);
  write_tallies(out, state.newest_event_time, state.bought);
  write_tallies(out, state.newest_event_time, state.shown);
  out.varint(state.disliked.size());
  for (const ItemId item : state.disliked) out.u64(item.value);
  out.varint(state.recent_event_ids.size());
  for (const std::uint64_t id : state.recent_event_ids) out.u64(id);
  return out.take();
}

Result<UserState> decode_user_state(std::string_view bytes) {
  ByteReader in(bytes);
  UserState state;
  FRESHET_RETURN_IF_ERROR(read_head(in, state));
  state.rate_window_start = time_at(state.newest_event_time, in.zigzag());
  state.rate_window_count = in.varint32();
  state.session_count = in.varint32();
  state.session = in.bytes();
  if (in.count(1) != state.action_counts.size()) {
    return error(ErrorCode::kCorrupt, "user state: wrong number of action counts");
  }
  for (std::uint64_t& n : state.action_counts) n = in.varint();
  state.context.resize(in.count(1));
  for (std::string& value : state.context) value = in.bytes();
  if (!read_history(in, state)) return error(ErrorCode::kCorrupt, "user state: unknown action");
  read_tallies(in, state.newest_event_time, state.bought);
  read_tallies(in, state.newest_event_time, state.shown);
  state.disliked.resize(in.count(sizeof(std::uint64_t)));
  for (ItemId& item : state.disliked) item = ItemId{in.u64()};
  state.recent_event_ids.resize(in.count(sizeof(std::uint64_t)));
  for (std::uint64_t& id : state.recent_event_ids) id = in.u64();
  if (!in.ok() || !in.at_end()) {
    return error(ErrorCode::kCorrupt, "user state of " + std::to_string(bytes.size()) +
                                          " bytes is truncated or has bytes left over");
  }
  return state;
}

Result<EventTime> newest_event_time_of(std::string_view bytes) {
  ByteReader in(bytes);
  UserState head;
  FRESHET_RETURN_IF_ERROR(read_head(in, head));
  if (!in.ok()) return error(ErrorCode::kCorrupt, "user state: truncated");
  return head.newest_event_time;
}

}  // namespace freshet
