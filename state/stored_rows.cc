#include "state/stored_rows.h"

#include <algorithm>
#include <limits>

#include "state/bytes.h"

namespace freshet {

// outbox_row  := version: u8 (=3) | settled: list of bytes | owed: list of owed_list
// owed_list   := user: bytes | offset: zigzag | event_time: zigzag ms | forgets: u8
// attempt     := version: u8 (=1) | first: zigzag | number: zigzag
// dead_letter := version: u8 (=1) | topic: bytes | partition: zigzag | offset: zigzag | reason: u8
//              | text: bytes | key: bytes | value: bytes
// source      := version: u8 (=1) | partition: zigzag | offset: zigzag
// log_mark    := version: u8 (=1) | offset: zigzag | hash: u64
// watermark   := version: u8 (=1) | list of witness, the furthest first
// witness     := user_tag: varint | time: zigzag ms
// forgotten   := version: u8 (=1) | time: zigzag ms | next_offset: zigzag
// bytes := length: varint, then the bytes; list := count: varint, then each; varint is LEB128.

namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kOutboxVersion = 3;
constexpr std::size_t kOwedListBytesMin = 4;
constexpr std::size_t kWitnessBytesMin = 2;

tl::unexpected<Error> unreadable(const char* what) {
  return error(ErrorCode::kCorrupt, std::string("unreadable row of the ") + what);
}

std::string big_endian(std::uint64_t number) {
  std::string key(sizeof(number), '\0');
  for (auto it = key.rbegin(); it != key.rend(); ++it, number >>= 8)
    *it = static_cast<char>(number & 0xff);
  return key;
}

std::uint64_t number_of(std::string_view big_endian_key) {
  std::uint64_t number = 0;
  for (const char byte : big_endian_key) number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

}  // namespace

std::string encode_outbox_row(std::span<const UserId> settled, std::span<const OwedList> owed) {
  ByteWriter out;
  out.u8(kOutboxVersion);
  out.varint(settled.size());
  for (const UserId& user : settled) out.bytes(user);
  out.varint(owed.size());
  for (const OwedList& list : owed) {
    out.bytes(list.user);
    out.zigzag(list.offset.value);
    out.zigzag(list.event_time.time_since_epoch().count());
    out.u8(list.forgets ? 1 : 0);
  }
  return out.take();
}

Result<OutboxRow> decode_outbox_row(std::string_view row) {
  ByteReader in(row);
  if (in.u8() != kOutboxVersion) return unreadable("outbox");
  OutboxRow read;
  read.settled.resize(in.count(1));
  for (UserId& user : read.settled) user = in.bytes();
  read.owed.resize(in.count(kOwedListBytesMin));
  for (OwedList& list : read.owed) {
    list.user = in.bytes();
    list.offset = Offset{in.zigzag()};
    list.event_time = EventTime(std::chrono::milliseconds(in.zigzag()));
    list.forgets = in.u8() != 0;
  }
  if (!in.ok() || !in.at_end()) return unreadable("outbox");
  return read;
}

std::string encode_row(const Attempt& attempt) {
  ByteWriter out;
  out.u8(kVersion);
  out.zigzag(attempt.first.value);
  out.zigzag(attempt.number);
  return out.take();
}

Result<Attempt> decode_attempt(std::string_view row) {
  ByteReader in(row);
  if (in.u8() != kVersion) return unreadable("attempt");
  Attempt attempt;
  attempt.first = Offset{in.zigzag()};
  attempt.number = static_cast<int>(in.zigzag());
  if (!in.ok() || !in.at_end()) return unreadable("attempt");
  return attempt;
}

std::string encode_row(const DeadLetter& letter) {
  ByteWriter out;
  out.u8(kVersion);
  out.bytes(letter.topic);
  out.zigzag(letter.partition.value);
  out.zigzag(letter.offset.value);
  out.u8(static_cast<std::uint8_t>(letter.why.reason));
  out.bytes(letter.why.text);
  out.bytes(letter.key);
  out.bytes(letter.value);
  return out.take();
}

Result<DeadLetter> decode_dead_letter(std::string_view row) {
  ByteReader in(row);
  if (in.u8() != kVersion) return unreadable("dead letters");
  DeadLetter letter;
  letter.topic = in.bytes();
  letter.partition = PartitionId{static_cast<std::int32_t>(in.zigzag())};
  letter.offset = Offset{in.zigzag()};
  letter.why.reason = static_cast<BadRecordReason>(in.u8());
  letter.why.text = in.bytes();
  letter.key = in.bytes();
  letter.value = in.bytes();
  const bool known = static_cast<std::size_t>(letter.why.reason) < kBadRecordReasonCount;
  if (!known || !in.ok() || !in.at_end()) return unreadable("dead letters");
  return letter;
}

std::string encode_row(const SourceRecord& newest) {
  ByteWriter out;
  out.u8(kVersion);
  out.bytes(newest.from.topic);
  out.zigzag(newest.from.partition.value);
  out.zigzag(newest.offset.value);
  return out.take();
}

Result<SourceRecord> decode_source_record(std::string_view row) {
  ByteReader in(row);
  if (in.u8() != kVersion) return unreadable("source offsets");
  SourceRecord newest;
  newest.from.topic = in.bytes();
  newest.from.partition = PartitionId{static_cast<std::int32_t>(in.zigzag())};
  newest.offset = Offset{in.zigzag()};
  if (!in.ok() || !in.at_end()) return unreadable("source offsets");
  return newest;
}

std::string encode_row(const LogMark& mark) {
  ByteWriter out;
  out.u8(kVersion);
  out.zigzag(mark.offset.value);
  out.u64(mark.hash);
  return out.take();
}

Result<LogMark> decode_log_mark(std::string_view row) {
  ByteReader in(row);
  if (in.u8() != kVersion) return unreadable("newest record");
  LogMark mark;
  mark.offset = Offset{in.zigzag()};
  mark.hash = in.u64();
  if (!in.ok() || !in.at_end()) return unreadable("newest record");
  return mark;
}

std::string encode_row(const EventWatermark& watermark) {
  ByteWriter out;
  out.u8(kVersion);
  out.varint(watermark.witnesses().size());
  for (const EventWatermark::Witness& witness : watermark.witnesses()) {
    out.varint(witness.user_tag);
    out.zigzag(witness.time.time_since_epoch().count());
  }
  return out.take();
}

Result<EventWatermark> decode_watermark(std::string_view row) {
  ByteReader in(row);
  if (in.u8() != kVersion) return unreadable("watermark");
  std::vector<EventWatermark::Witness> witnesses(in.count(kWitnessBytesMin));
  for (EventWatermark::Witness& witness : witnesses) {
    const std::uint32_t tag = in.varint32();
    if (tag > std::numeric_limits<std::uint16_t>::max()) return unreadable("watermark");
    witness.user_tag = static_cast<std::uint16_t>(tag);
    witness.time = EventTime(std::chrono::milliseconds(in.zigzag()));
  }
  const bool bounded = witnesses.size() <= EventWatermark::kWitnesses;
  const bool sorted = std::is_sorted(witnesses.begin(), witnesses.end(),
                                     [](auto& a, auto& b) { return a.time > b.time; });
  if (!bounded || !sorted || !in.ok() || !in.at_end()) return unreadable("watermark");
  return EventWatermark(std::move(witnesses));
}

std::string encode_row(const ForgottenUser& forgotten) {
  ByteWriter out;
  out.u8(kVersion);
  out.zigzag(forgotten.time.time_since_epoch().count());
  out.zigzag(forgotten.next_offset.value);
  return out.take();
}

Result<ForgottenUser> decode_forgotten_user(std::string_view key, std::string_view row) {
  ByteReader in(row);
  if (key.size() != sizeof(std::uint64_t) || in.u8() != kVersion) return unreadable("forgotten");
  ForgottenUser forgotten;
  forgotten.user_hash = number_of(key);
  forgotten.time = EventTime(std::chrono::milliseconds(in.zigzag()));
  forgotten.next_offset = Offset{in.zigzag()};
  if (!in.ok() || !in.at_end()) return unreadable("forgotten");
  return forgotten;
}

std::string dead_letter_key(Offset offset) {
  return big_endian(static_cast<std::uint64_t>(offset.value));
}

std::string forgotten_key(std::uint64_t user_hash) { return big_endian(user_hash); }

std::string outbox_key(std::uint64_t number) { return big_endian(number); }

Result<std::uint64_t> decode_outbox_key(std::string_view key) {
  if (key.size() != sizeof(std::uint64_t)) return unreadable("outbox");
  return number_of(key);
}

std::vector<const std::pair<UserId, std::string>*> in_key_order(
    const std::vector<std::pair<UserId, std::string>>& states) {
  std::vector<const std::pair<UserId, std::string>*> sorted;
  sorted.reserve(states.size());
  for (const auto& row : states) sorted.push_back(&row);
  std::sort(sorted.begin(), sorted.end(),
            [](const auto* a, const auto* b) { return a->first < b->first; });
  return sorted;
}

}  // namespace freshet
