#include "config/config_fields.h"

namespace freshet {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

void add_snapshots(ConfigFields& f, SnapshotConfig& c) {
  f.section("state.snapshots");
  f.add("directory", &c.directory, any(),
        "Snapshots of all partitions are kept here, for all instances of the deployment: a mounted "
        "directory that they share. Empty = none are taken.");
  f.add("interval", &c.interval, between(seconds{1}, hours{24 * 7}),
        "Time between two snapshots of a partition. Shorter replays less after a crash and writes "
        "more. One more is taken whenever a partition is given up in good order.");
  f.add("keep", &c.keep, between(1, 1'000),
        "Snapshots kept per partition; the one before stands in for a damaged one.");
}

}  // namespace

void add_fields(ConfigFields& f, StateConfig& c) {
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
  f.add("history_age_max", &c.history_age_max, between(seconds{0}, hours{24 * 36'500}),
        "Entries of a user's history, purchases and impressions that are this much older than the "
        "user's newest event are forgotten, in event time. A user whose newest event is this much "
        "older than what the partition has come to is forgotten altogether, with the list; "
        "`0s` = never.");
  f.add("session_gap", &c.session_gap, between(seconds{1}, hours{24 * 365}),
        "Silence in event time that ends a session without an id.");
  f.add("late_grace", &c.late_grace, between(seconds{0}, hours{24 * 3650}),
        "Events further behind the user's newest event are marked late and not learned from.");
  f.add("bot_events_per_minute_max", &c.bot_events_per_minute_max, between(0, 1e6),
        "More events of one user in one minute of event time mark a bot, kept out of learning; "
        "0 = off.");
  f.add("absurd_quantity_min", &c.absurd_quantity_min, between(1, 1e18),
        "An event with a quantity or value above this is folded but not learned from.");
  f.add(
      "owed_max", &c.owed_max, between(1, 10e6),
      "Users owed a list and dead letters not acknowledged, in one partition; beyond, its reading "
      "stops until some are.");
  f.add("cache_bytes", &c.cache_bytes, bytes_between(0, kTiB),
        "Memory for decoded states of the users who came last, in one partition; 0 = none.");
  f.add("block_cache_bytes", &c.block_cache_bytes, bytes_between(kMiB, kTiB),
        "Memory for blocks read, all databases together.");
  f.add("write_buffer_bytes", &c.write_buffer_bytes, bytes_between(kMiB, kTiB),
        "Memory for rows not yet in files, all databases together.");
  f.add("disk_free_min_bytes", &c.disk_free_min_bytes, bytes_between(kMiB, kTiB),
        "With less room on the disk of `directory` nothing is read until there is more again. Keep "
        "it above `write_buffer_bytes`: RocksDB needs room for what it has in memory.");
  add_snapshots(f, c.snapshots);
}

}  // namespace freshet
