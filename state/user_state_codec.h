#pragma once

#include <string>
#include <string_view>

#include "config/result.h"
#include "state/user_state.h"

namespace freshet {

/// Encodes a state; equal states give equal bytes on every machine. Thread-safe.
std::string encode(const UserState& state);

/// Decodes what encode wrote. Errors: kCorrupt for anything else, an unknown version included.
/// Thread-safe.
Result<UserState> decode_user_state(std::string_view bytes);

/// Reads UserState::newest_event_time alone, which stands at the beginning. Errors: kCorrupt.
/// Thread-safe.
Result<EventTime> newest_event_time_of(std::string_view bytes);

}  // namespace freshet
