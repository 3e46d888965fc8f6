#include "ingest/user_decoder.h"

#include <fmt/format.h>

#include <utility>

#include "ingest/bad_record.h"
#include "ingest/json_fields.h"

namespace freshet {
namespace {

namespace dom = simdjson::dom;
using Checked = tl::expected<void, BadRecord>;

/// Absent = as before. Only true and false themselves: what a user agreed to is no guess.
Checked read_flag(std::string_view key, const dom::element& value, bool& flag) {
  if (value.is_null() || value.get(flag) == simdjson::SUCCESS) return {};
  return bad(BadRecordReason::kWrongType,
             fmt::format("{}: expected true or false, found {}; mend the sender of the users topic",
                         key, describe(to_scalar(value))));
}

}  // namespace

UserDecoder::UserDecoder(const IngestConfig& config)
    : record_bytes_max_(config.record_bytes_max),
      id_bytes_max_(config.id_bytes_max),
      parser_(std::make_unique<JsonParser>()) {}

UserDecoder::~UserDecoder() = default;

tl::expected<UserUpdate, BadRecord> UserDecoder::decode(const Record& record) {
  UserUpdate update{std::string(record.key), {}, {}};
  if (auto checked = check_user(update.user); !checked)
    return tl::unexpected(std::move(checked).error());
  if (record.value) {
    if (auto read = read_consent(*record.value, update.consent); !read)
      return tl::unexpected(std::move(read).error());
    return update;
  }
  if (!record.timestamp) {
    return bad(BadRecordReason::kBadTime,
               "record: no timestamp, so nobody knows until when to forget; send it with one, as "
               "`freshet forget` does");
  }
  update.forgotten_time = record.timestamp;
  return update;
}

Checked UserDecoder::check_user(const UserId& user) const {
  if (user.empty()) {
    return bad(BadRecordReason::kMissingField, "key: missing; send the user's id as the key");
  }
  if (!simdjson::validate_utf8(user.data(), user.size())) {
    return bad(BadRecordReason::kInvalidUtf8, "key: not valid UTF-8; send the user's id as text");
  }
  if (user.size() <= id_bytes_max_) return {};
  return bad(BadRecordReason::kBadValue,
             fmt::format("key: {} bytes where ingest.id_bytes_max allows {}; no event has such a "
                         "user: send the id that the events carry",
                         user.size(), id_bytes_max_));
}

Checked UserDecoder::read_consent(std::string_view bytes, Consent& consent) {
  if (bytes.size() > record_bytes_max_) {
    return bad(BadRecordReason::kTooLarge,
               fmt::format("record: {} bytes where ingest.record_bytes_max allows {}; send less, "
                           "or raise the limit",
                           bytes.size(), record_bytes_max_));
  }
  const auto root = parser_->parse(bytes);
  if (!root) return tl::unexpected(root.error());
  const dom::object object = root->get_object().value_unsafe();
  for (const auto [key, value] : object) {
    Checked read;
    if (key == "personalise") {
      read = read_flag(key, value, consent.personalise);
    } else if (key == "learn") {
      read = read_flag(key, value, consent.learn);
    } else {
      read = bad(
          BadRecordReason::kBadValue,
          fmt::format("{}: not a key of a user; send personalise and learn, and no others", key));
    }
    if (!read) return read;
  }
  return {};
}

}  // namespace freshet
