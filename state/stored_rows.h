#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/result.h"
#include "state/state_store.h"

namespace freshet {

/// Rows of the outbox, of attempts and of the dead letters as they stand on disk. Thread-safe.
/// Decoding errors: kCorrupt.
std::string encode_outbox_row(std::span<const UserId> settled, std::span<const OwedList> owed);
/// A row of the outbox's log: whose debts end, then whose begin.
struct OutboxRow {
  std::vector<UserId> settled;
  std::vector<OwedList> owed;
};
Result<OutboxRow> decode_outbox_row(std::string_view row);

/// Key of a row of the outbox's log: its number, big-endian, so that keys sort by number.
std::string outbox_key(std::uint64_t number);
Result<std::uint64_t> decode_outbox_key(std::string_view key);

std::string encode_row(const Attempt& attempt);
Result<Attempt> decode_attempt(std::string_view row);

std::string encode_row(const DeadLetter& letter);
Result<DeadLetter> decode_dead_letter(std::string_view row);

/// Newest record of a source partition.
std::string encode_row(const SourceRecord& newest);
Result<SourceRecord> decode_source_record(std::string_view row);
std::string encode_row(const LogMark& mark);
Result<LogMark> decode_log_mark(std::string_view row);

std::string encode_row(const EventWatermark& watermark);
Result<EventWatermark> decode_watermark(std::string_view row);

std::string encode_row(const ForgottenUser& forgotten);
Result<ForgottenUser> decode_forgotten_user(std::string_view key, std::string_view row);

/// Key of a forgotten user's row: the hash, big-endian.
std::string forgotten_key(std::uint64_t user_hash);

/// Key of a dead letter: its offset, big-endian, so that keys sort by offset.
std::string dead_letter_key(Offset offset);

/// Returns pointers to `states`, a commit's, by user. A memtable finds the place of a row from that
/// of the row before where it comes after it, else from its head, with a cache miss a step.
std::vector<const std::pair<UserId, std::string>*> in_key_order(
    const std::vector<std::pair<UserId, std::string>>& states);

}  // namespace freshet
