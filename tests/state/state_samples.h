#pragma once

#include <cstdint>
#include <initializer_list>
#include <random>
#include <string>

#include "ingest/event.h"
#include "state/user_state.h"

namespace freshet {

/// A moment in event time, `ms` after 2024-01-01 UTC.
EventTime at_ms(std::int64_t ms);
inline EventTime at_s(std::int64_t s) { return at_ms(s * 1000); }

/// An event of user "u" with one item per name, each of quantity 1, at second `s`.
Event event_at(std::int64_t s, Action action, std::initializer_list<const char*> item_names);

/// A seed for this run, printed so that a failure can be repeated.
std::uint64_t printed_seed();

/// A random event of user "u": any action, few items, times that step back and forth, now and then
/// a duplicate id, a cancellation, an absurd quantity.
Event random_event(std::mt19937_64& random);

/// A random state: any field may be empty or large.
UserState random_state(std::mt19937_64& random);

}  // namespace freshet
