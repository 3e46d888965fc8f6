#include "state/stored_rows.h"
#include "state/user_state_codec.h"
#include "tests/fuzz/fuzz_target.h"

using namespace freshet;

namespace {

void check_user_state(std::string_view bytes) {
  const auto state = decode_user_state(bytes);
  if (!state) return;
  require(newest_event_time_of(bytes) == state->newest_event_time, "the newest time is read alone");
  const auto again = decode_user_state(encode(*state));
  require(again.has_value() && *again == *state, "a state that was read is written as it is");
}

void check_rows(std::string_view bytes) {
  if (const auto outbox = decode_outbox_row(bytes)) {
    const auto again = decode_outbox_row(encode_outbox_row(outbox->settled, outbox->owed));
    require(again && again->settled == outbox->settled && again->owed == outbox->owed,
            "rows of the outbox keep");
  }
  if (const auto forgotten = decode_forgotten_user("12345678", bytes)) {
    const auto again = decode_forgotten_user("12345678", encode_row(*forgotten));
    require(again && *again == *forgotten, "forgotten users keep");
  }
  if (const auto letter = decode_dead_letter(bytes)) {
    require(decode_dead_letter(encode_row(*letter)).has_value(), "dead letters keep");
  }
  if (const auto watermark = decode_watermark(bytes)) {
    const auto again = decode_watermark(encode_row(*watermark));
    require(again && *again == *watermark, "watermarks keep");
  }
  if (const auto source = decode_source_record(bytes)) {
    const auto again = decode_source_record(encode_row(*source));
    require(again && *again == *source, "source offsets keep");
  }
}

}  // namespace

/// What stands in the database: read, or refused.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check_user_state(text_of(data, size));
  check_rows(text_of(data, size));
  return 0;
}
