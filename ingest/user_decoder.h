#pragma once

#include <memory>
#include <tl/expected.hpp>

#include "config/ingest_config.h"
#include "ingest/dead_letter.h"
#include "ingest/record.h"
#include "ingest/user_update.h"

namespace freshet {

class JsonParser;

/// Turns records of the users topic into user updates (docs/events.md). Confined to one thread.
class UserDecoder {
 public:
  explicit UserDecoder(const IngestConfig& config);
  ~UserDecoder();

  /// Decodes and validates one record. Its key is the user; a tombstone forgets the user, as of the
  /// time that the log gave it.
  tl::expected<UserUpdate, BadRecord> decode(const Record& record);

 private:
  tl::expected<void, BadRecord> check_user(const UserId& user) const;
  tl::expected<void, BadRecord> read_consent(std::string_view bytes, Consent& consent);

  const std::size_t record_bytes_max_;
  const std::size_t id_bytes_max_;
  // Behind a pointer: simdjson's layout hangs on definitions that only this folder is built with.
  const std::unique_ptr<JsonParser> parser_;
};

}  // namespace freshet
