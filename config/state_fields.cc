#include "config/config_fields.h"

namespace freshet {

void add_fields(ConfigFields& f, StateConfig& c) {
  using std::chrono::hours;
  using std::chrono::seconds;
  constexpr double kMiB = 1 << 20;
  constexpr double kTiB = kMiB * kMiB;
  f.section("state");
  f.add("directory", &c.directory, not_empty(),
        "One RocksDB database per partition is made under this directory.");
  f.add("history_max", &c.history_max, between(1, 10'000),
        "Interactions kept per user. Larger costs bytes per user and time per event.");
  f.add("bought_max", &c.bought_max, between(0, 100'000), "Bought items kept per user.");
  f.add("shown_max", &c.shown_max, between(0, 100'000), "Shown items kept per user.");
  f.add("disliked_max", &c.disliked_max, between(0, 100'000), "Disliked items kept per user.");
  f.add("recent_event_ids_max", &c.recent_event_ids_max, between(0, 10'000),
        "Event ids remembered per user to recognise duplicates; 0 = none are recognised.");
  f.add("learn_history_max", &c.learn_history_max, between(1, 10'000),
        "Newest history entries that go into a training example and into scoring.");
  f.add("session_gap", &c.session_gap, between(seconds{1}, hours{24 * 365}),
        "Silence in event time that ends a session without an id.");
  f.add("late_grace", &c.late_grace, between(seconds{0}, hours{24 * 3650}),
        "Events further behind the user's newest event are marked late and not learned from.");
  f.add("bot_events_per_minute_max", &c.bot_events_per_minute_max, between(0, 1e6),
        "More events of one user in one minute of event time mark a bot, kept out of learning; "
        "0 = off.");
  f.add("absurd_quantity_min", &c.absurd_quantity_min, between(1, 1e18),
        "An event with a quantity or value above this is folded but not learned from.");
  f.add("block_cache_bytes", &c.block_cache_bytes, bytes_between(kMiB, kTiB),
        "Memory for blocks read, all databases together.");
  f.add("write_buffer_bytes", &c.write_buffer_bytes, bytes_between(kMiB, kTiB),
        "Memory for rows not yet in files, all databases together.");
}

}  // namespace freshet
