#include "config/config_fields.h"

namespace freshet {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr double kKiB = 1024;
constexpr double kMiB = 1024 * kKiB;
constexpr double kGiB = 1024 * kMiB;

void add_kafka(ConfigFields& f, KafkaSourceConfig& c) {
  f.section("ingest.kafka");
  f.add("brokers", &c.brokers, not_empty(), "Brokers to start from, `host:port`, comma-separated.");
  f.add("group", &c.group, not_empty(), "Consumer group; its members share the partitions.");
  f.add("instance", &c.instance, any(),
        "Name of this process for static membership: a restart within the session timeout keeps "
        "its partitions. Empty = dynamic.");
  f.add("events_topic", &c.events_topic, not_empty(), "Topic of events.");
  f.add("items_topic", &c.items_topic, any(), "Compacted topic of item updates; empty = none.");
  f.add("users_topic", &c.users_topic, any(),
        "Compacted topic of users: what they agreed to, and whom to forget; empty = none.");
  f.add("rules_topic", &c.rules_topic, any(),
        "Compacted topic of rules (docs/rules.md); one of them replaces the rule of the same name "
        "in `scoring.rules`. Empty = none.");
  f.add("assignment", &c.assignment, one_of({"cooperative-sticky", "range"}),
        "How the group shares partitions. `cooperative-sticky` moves only those that must move.");
  f.add("session_timeout", &c.session_timeout, between(seconds{1}, seconds{300}),
        "Silence after which the group gives this process's partitions away. Shorter recovers "
        "sooner, longer forgives pauses; brokers refuse less than their "
        "`group.min.session.timeout.ms`, usually 6 s.");
  f.add("on_gap", &c.on_gap, one_of({"fail", "reset_state"}),
        "When a partition's state does not fit its log (records are gone that were never read, the "
        "topic was made anew): stop, or go on from an older snapshot that fits, else from the "
        "log's beginning.");
  f.add("fetch_wait_max", &c.fetch_wait_max, between(milliseconds{1}, seconds{5}),
        "Longest wait of an empty fetch on the broker. Shorter costs requests, not latency.");
  f.add("prefetch_bytes_max", &c.prefetch_bytes_max, bytes_between(64 * kKiB, 2 * kGiB),
        "Memory for records fetched ahead, per partition.");
  f.add("properties", &c.properties, any(),
        "Handed to librdkafka as they are, for example `security.protocol`; ours win.");
}

void add_catch_up(ConfigFields& f, CatchUpConfig& c) {
  f.section("ingest.catch_up");
  f.add("lag_records", &c.lag_records, between(0, 1e15),
        "A partition that was taken over with more unread records than this catches up until it "
        "has fewer.");
  f.add("lists", &c.lists, one_of({"mark", "hold"}),
        "Lists made meanwhile: `mark` publishes them with `catching_up` set, `hold` keeps them "
        "back until the state is current.");
}

void add_mapping(ConfigFields& f, EventMapping& c) {
  f.section("ingest.mapping");
  f.add("event_id", &c.event_id, any(), "Id by which a repeated event is recognised.");
  f.add("type", &c.type, any(), "What the user did; see `types`.");
  f.add("user_id", &c.user_id, any(), "The user.");
  f.add("session_id", &c.session_id, any(),
        "The session; absent = sessions end after `state.session_gap` of silence.");
  f.add("event_time", &c.event_time, any(),
        "When it happened; see `time_format`. `[]` = the records carry none: the time that the log "
        "gave "
        "them stands in.");
  f.add("value", &c.value, any(), "Money the event is worth.");
  f.add("quantity", &c.quantity, any(), "Pieces of the single item.");
  f.add("price", &c.price, any(), "Price per piece of the single item.");
  f.add("item_id", &c.item_id, any(), "The single item of an event.");
  f.add("items", &c.items, any(), "Array of items (JSON only).");
  f.add("items_item_id", &c.items_item_id, any(), "Inside one of `items`: its id.");
  f.add("items_quantity", &c.items_quantity, any(), "Inside one of `items`: pieces.");
  f.add("items_price", &c.items_price, any(), "Inside one of `items`: price per piece.");
  f.add("context", &c.context, any(),
        "Object that holds the context keys; empty = they stand at the top (CSV headings).");
  f.add("types", &c.types,
        one_of({"impression", "click", "cart", "purchase", "like", "dislike", "ignore"}),
        "What your values of `type` mean; `ignore` skips such records without a dead letter. Added "
        "to the six canonical names; the key `*` stands for all others.");
  f.add("default_type", &c.default_type,
        one_of({"", "impression", "click", "cart", "purchase", "like", "dislike"}),
        "Type of records without one; empty = they are dead letters.");
  f.add("time_format", &c.time_format, not_empty(),
        "`auto` (RFC 3339 text, or a number that must be epoch milliseconds), `s`, `ms`, `us`, "
        "`ns`, or a strptime format such as `%Y-%m-%d %H:%M:%S`, read as UTC.");
  f.add("cancel_prefix", &c.cancel_prefix, any(),
        "Purchases whose event or session id starts with this are cancellations; empty = none.");
  f.add("negative_quantity_cancels", &c.negative_quantity_cancels, any(),
        "A negative quantity is a cancellation, not a dead letter.");
  f.add("anonymous_id", &c.anonymous_id, any(),
        "Stands in, after `anonymous_prefix`, for the user of records that have none.");
  f.add("anonymous_prefix", &c.anonymous_prefix, any(), "Keeps stand-in ids apart from users.");
}

}  // namespace

void add_fields(ConfigFields& f, IngestConfig& c) {
  add_kafka(f, c.kafka);
  f.section("ingest.rekey");
  f.add("from_topic", &c.rekey.from_topic, any(),
        "Topic of events that are not keyed by user: they are written to "
        "`ingest.kafka.events_topic`, "
        "keyed by user, exactly once. Empty = that topic is keyed by user already.");
  f.section("ingest");
  f.add("format", &c.format, one_of({"json", "csv"}),
        "Shape of a record: a JSON object, or one CSV line.");
  f.add("csv_columns", &c.csv_columns, any(),
        "Headings of the CSV columns, in their order; empty = each file brings them in its first "
        "line. "
        "Lines in Kafka have none, so there they must be named.");
  f.add("csv_delimiter", &c.csv_delimiter, any(),
        "What stands between CSV fields: one character, or `tab`.");
  f.add("context", &c.context, any(), "Context keys to keep, at most 16. Others are dropped.");
  f.add("record_bytes_max", &c.record_bytes_max, bytes_between(kKiB, 64 * kMiB),
        "Larger records are dead letters.");
  f.add("id_bytes_max", &c.id_bytes_max, bytes_between(1, 64 * kKiB),
        "Longer user, item, session and context values are dead letters.");
  f.add("items_per_event_max", &c.items_per_event_max, between(1, 100'000),
        "More items in one event are a dead letter.");
  f.add("future_max", &c.future_max, between(seconds{0}, hours{24 * 365}),
        "An event further ahead of its record's log time is a dead letter.");
  f.add("users_max", &c.users_max, between(1, 1e9),
        "Most users of the users topic who are kept in memory: those whose consent differs from "
        "the default and those who are forgotten. More end the process, for a consent must not be "
        "dropped. About 100 bytes each, and 40 more per partition.");
  f.add("batch_records_max", &c.batch_records_max, between(1, 100'000),
        "Most records folded and committed together. Larger raises throughput and latency.");
  f.add("poll_wait", &c.poll_wait, between(milliseconds{1}, seconds{1}),
        "Longest wait for a batch's first record; also how long a question may wait.");
  add_catch_up(f, c.catch_up);
  add_mapping(f, c.mapping);
}

}  // namespace freshet
