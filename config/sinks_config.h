#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace freshet {

/// Writing to Kafka.
struct KafkaSinkConfig {
  std::string brokers = "127.0.0.1:9092";
  std::string lists_topic = "freshet.recommendations";
  std::string dead_letters_topic = "freshet.dead-letters";
  /// Scenarios whose lists stand in each record beside the default one.
  std::vector<std::string> scenarios;
  /// Must be shorter than ingest.kafka.session_timeout, so that a zombie cannot publish late.
  std::chrono::milliseconds delivery_timeout{8000};
  /// Longest wait for a batch of lists to fill.
  std::chrono::milliseconds linger{0};
  /// Lists and dead letters in flight; when full, publishing waits.
  std::size_t in_flight_max = 10'000;
  /// Lists go out in transactions, a transactional producer for each partition: the brokers shut
  /// former owners out, at the price of the commits' time.
  bool transactions = false;
  /// Compacted topic in which instances tell which partitions are theirs and where they are asked.
  /// Empty = nobody tells.
  std::string owners_topic;
  /// Compacted topic of what goes with each item; RelatedTopicConfig. Empty = nothing is written.
  std::string related_topic;
  /// Handed to librdkafka as they are; ours win.
  std::map<std::string, std::string> properties;
};

/// What the related topic holds, and how often it changes.
struct RelatedTopicConfig {
  /// Items that go with an item, and items of its bundle, at most.
  std::size_t list_size = 10;
  /// A record is written once its lists differ so much from the one before: 1 - weighted Jaccard
  /// similarity of the scores.
  double change_min = 0.2;
  double records_per_second = 20;
  /// Items whose record is remembered; further ones are not written.
  std::size_t items_max = 200'000;
};

/// Metrics, health, questions, console.
struct HttpConfig {
  bool enabled = true;
  std::string address = "127.0.0.1";
  /// 0 = any free port, which is printed.
  std::uint16_t port = 8080;
  std::size_t connections_max = 256;
  std::size_t request_bytes_max = 64 << 10;
  std::chrono::milliseconds request_timeout{5000};
  /// Requests per second and client address; a burst may be as many. 0 = any.
  double requests_per_second_max = 2'000;
  /// Must come with every request but health and metrics; empty = open, on a loopback address only.
  std::string token;
  /// PEM files of the chain and its key; both or none. With them, HTTPS alone is spoken.
  std::string tls_certificate;
  std::string tls_key;
  /// Lists watched as server-sent events at a time.
  std::size_t streams_max = 64;
  /// A line in the log for each request; else only with --log-level debug.
  bool access_log = false;
  /// Events may be sent over HTTP; they go to the events topic.
  bool accept_events = false;
  /// Where other instances send those who ask for users of ours; empty = they do not.
  std::string advertised_url;
};

/// Where lists, dead letters and figures go.
struct SinksConfig {
  KafkaSinkConfig kafka;
  RelatedTopicConfig related;
  HttpConfig http;
  /// Longer originals are cut in the dead letter. With key and headers it must stay below the
  /// topic's max.message.bytes (1 MiB unless changed).
  std::size_t dead_letter_bytes_max = 960 << 10;
};

}  // namespace freshet
