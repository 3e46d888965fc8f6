#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace freshet {

/// Where a canonical field of an event stands in the user's own records.
///
/// A path is dotted ("properties.products"); "event_params[key=ga_session_id].value.int_value" goes
/// through the element of an array whose `key` is "ga_session_id". In CSV a path is a heading.
/// Empty = the field is absent. Several paths may be given: the first that is present wins.
struct EventMapping {
  std::vector<std::string> event_id{"event_id"};
  std::vector<std::string> type{"type"};
  std::vector<std::string> user_id{"user_id"};
  std::vector<std::string> session_id{"session_id"};
  /// Empty = the records carry no time: the one that the log gave them stands in.
  std::vector<std::string> event_time{"event_time"};
  std::vector<std::string> value{"value"};
  std::vector<std::string> quantity{"quantity"};
  std::vector<std::string> price{"price"};
  /// Single item of an event.
  std::vector<std::string> item_id{"item_id"};
  /// Array of items (JSON only) and the paths inside one of them.
  std::vector<std::string> items{"items"};
  std::vector<std::string> items_item_id{"item_id"};
  std::vector<std::string> items_quantity{"quantity"};
  std::vector<std::string> items_price{"price"};
  /// Object that holds the context keys (JSON), or "" when they stand at the top (CSV headings).
  std::string context = "context";
  /// What the user's `type` values mean: wire value -> impression|click|cart|purchase|like|dislike|
  /// ignore ("ignore" skips such records without a dead letter). Added to the six canonical names.
  /// The wire value "*" stands for every other one.
  std::map<std::string, std::string> types;
  /// Type of records without a type field; empty = such records are dead letters.
  std::string default_type;
  /// "auto" (RFC 3339 text, or a number that must be epoch milliseconds), "s", "ms", "us", "ns",
  /// or a strptime format such as "%Y-%m-%d %H:%M:%S" (read as UTC).
  std::string time_format = "auto";
  /// Purchases whose `event_id` or `session_id` starts with this are cancellations; empty = none.
  /// A negative quantity is a cancellation too where `negative_quantity_cancels` is set.
  std::string cancel_prefix;
  bool negative_quantity_cancels = false;
  /// User id of records that have none: path whose value, after `anonymous_prefix`, stands in.
  std::vector<std::string> anonymous_id;
  std::string anonymous_prefix = "anonymous:";
};

/// Reading from Kafka.
struct KafkaSourceConfig {
  std::string brokers = "127.0.0.1:9092";
  std::string group = "freshet";
  /// Static membership: a restart within the session timeout keeps the partitions. Empty = dynamic.
  std::string instance;
  std::string events_topic = "freshet.events";
  /// Compacted topic of item updates; empty = none.
  std::string items_topic = "freshet.items";
  /// Compacted topic of users: what they agreed to; a tombstone forgets one. Empty = none.
  std::string users_topic;
  /// Compacted topic of rules, which come before those of `scoring.rules`; empty = none.
  std::string rules_topic;
  /// "cooperative-sticky" or "range".
  std::string assignment = "cooperative-sticky";
  std::chrono::milliseconds session_timeout{10000};
  /// What to do with a state that does not fit the log (records gone, topic made anew): "fail", or
  /// "reset_state" to go on from an older snapshot that fits, else from the log's beginning.
  std::string on_gap = "fail";
  /// Longest wait of an empty fetch on the broker. Shorter costs requests, not latency.
  std::chrono::milliseconds fetch_wait_max{10};
  /// Memory for records fetched ahead, per partition.
  std::size_t prefetch_bytes_max = 16 << 20;
  /// Handed to librdkafka as they are, for example security.protocol; ours win.
  std::map<std::string, std::string> properties;
};

/// Writing a clickstream that is not keyed by user to the events topic, keyed by user.
struct RekeyConfig {
  /// Topic to read; empty = `kafka.events_topic` is keyed by user already.
  std::string from_topic;
};

/// What happens to lists while a partition that was taken over replays what it missed.
struct CatchUpConfig {
  /// A partition with more unread records than this catches up until it has fewer.
  std::uint64_t lag_records = 10'000;
  /// "mark": lists go out, marked as catching up. "hold": users wait until it is over.
  std::string lists = "mark";
};

/// Reading and decoding.
struct IngestConfig {
  KafkaSourceConfig kafka;
  RekeyConfig rekey;
  CatchUpConfig catch_up;
  /// "json" or "csv" (a record's value is one line; headings in `csv_columns`).
  std::string format = "json";
  std::vector<std::string> csv_columns;
  char csv_delimiter = ',';
  EventMapping mapping;
  /// Declared context keys, in this order; at most 16. Others are not kept.
  std::vector<std::string> context{"device", "country", "page"};
  /// Larger records are dead letters.
  std::size_t record_bytes_max = 1 << 20;
  /// Longer user, item, session and context values are dead letters.
  std::size_t id_bytes_max = 256;
  /// More items in one event are a dead letter.
  std::size_t items_per_event_max = 500;
  /// An event further ahead of its record's log time than this is a dead letter.
  std::chrono::seconds future_max{3600};
  /// Most users whose consent differs from the default or who are forgotten; more end the process.
  std::size_t users_max = 1'000'000;
  /// Most records folded and committed together. Larger raises throughput and latency.
  std::size_t batch_records_max = 500;
  /// Longest wait for the first record of a batch; also how long a question may wait.
  std::chrono::milliseconds poll_wait{10};
};

}  // namespace freshet
