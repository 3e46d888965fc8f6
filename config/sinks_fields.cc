#include "config/config_fields.h"

namespace freshet {
namespace {

void add_related_topic(ConfigFields& f, RelatedTopicConfig& c) {
  f.section("sinks.related");
  f.add("list_size", &c.list_size, between(1, 100),
        "Items that go with an item, and items of its bundle, in a record of the related topic.");
  f.add("change_min", &c.change_min, between(0, 1),
        "A record is written once its lists differ so much from the one before: 1 - weighted "
        "Jaccard similarity of their scores. 0 = with every change.");
  f.add("records_per_second", &c.records_per_second, between(0.01, 1e5),
        "Records a second, at most. They wait for users who did something.");
  f.add("items_max", &c.items_max, between(1, 1e8),
        "Items whose record is remembered, about 500 bytes each; further ones are not written.");
}

}  // namespace

void add_fields(ConfigFields& f, SinksConfig& c) {
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  constexpr double kKiB = 1024;
  constexpr double kMiB = 1024 * kKiB;
  f.section("sinks.kafka");
  f.add("brokers", &c.kafka.brokers, not_empty(),
        "Brokers to start from, `host:port`, comma-separated.");
  f.add("lists_topic", &c.kafka.lists_topic, not_empty(), "Compacted topic of lists.");
  f.add("dead_letters_topic", &c.kafka.dead_letters_topic, not_empty(), "Topic of dead letters.");
  f.add("scenarios", &c.kafka.scenarios, any(),
        "Scenarios whose lists stand in each record beside the default one.");
  f.add("delivery_timeout", &c.kafka.delivery_timeout, between(milliseconds{100}, seconds{300}),
        "A list not acknowledged by then is sent anew. Must be shorter than "
        "`ingest.kafka.session_timeout`, so that a former owner cannot publish late.");
  f.add("linger", &c.kafka.linger, between(milliseconds{0}, seconds{10}),
        "Longest wait for a batch of lists to fill. Longer raises throughput and latency.");
  f.add("in_flight_max", &c.kafka.in_flight_max, between(1, 1e7),
        "Lists and dead letters in flight; when full, publishing waits.");
  f.add("transactions", &c.kafka.transactions, any(),
        "Strict mode: lists go out in transactions, each partition's by a producer of its own that "
        "shuts former owners out at the brokers. Readers must read `read_committed`.");
  f.add("owners_topic", &c.kafka.owners_topic, any(),
        "Compacted topic in which instances tell which partitions they own and their "
        "`sinks.http.advertised_url`; a question about a user of another instance is then answered "
        "by a redirect to it. Events must be keyed by user with murmur2. Empty = off.");
  f.add("related_topic", &c.kafka.related_topic, any(),
        "Compacted topic of what goes with each item (`sinks.related`). Empty = off.");
  f.add("properties", &c.kafka.properties, any(),
        "Handed to librdkafka as they are, for example `compression.type`; ours win.");
  add_related_topic(f, c.related);
  f.section("sinks.http");
  f.add("enabled", &c.http.enabled, any(), "Serve metrics, health, questions and the console.");
  f.add("address", &c.http.address, not_empty(),
        "Address to listen on; `0.0.0.0` = reachable from other machines.");
  f.add("port", &c.http.port, between(0, 65'535), "Port; 0 = any free one, which is printed.");
  f.add("connections_max", &c.http.connections_max, between(1, 65'536),
        "Connections at a time; further ones wait.");
  f.add("request_bytes_max", &c.http.request_bytes_max, bytes_between(kKiB, 16 * kMiB),
        "Larger requests are refused.");
  f.add("request_timeout", &c.http.request_timeout, between(milliseconds{10}, seconds{300}),
        "A request not read or answered by then is given up.");
  f.add("requests_per_second_max", &c.http.requests_per_second_max, between(0, 1e7),
        "Requests per second and client address, and the longest burst; more get a 429. 0 = any.");
  f.add("token", &c.http.token, secret(),
        "Bearer token, or the password of any user name, that every request but health and metrics "
        "must bring. Needed where `address` is no loopback address.");
  f.add("tls_certificate", &c.http.tls_certificate, any(),
        "PEM file of the certificate chain; with it, HTTPS alone is spoken.");
  f.add("tls_key", &c.http.tls_key, any(), "PEM file of the certificate's private key.");
  f.add("streams_max", &c.http.streams_max, between(0, 65'536),
        "Lists watched at a time (`GET /v1/users/{user}/lists`); each holds a connection.");
  f.add("access_log", &c.http.access_log, any(),
        "A line in the log for each request; else only with `--log-level debug`.");
  f.add("accept_events", &c.http.accept_events, any(),
        "`POST /v1/events` writes events to the events topic. `freshet demo` turns it on.");
  f.add(
      "advertised_url", &c.http.advertised_url, any(),
      "Where other instances send those who ask for users of ours, for example "
      "`https://freshet-2.internal:8080`. Needs `sinks.kafka.owners_topic`; empty = they do not.");
  f.section("sinks");
  f.add("dead_letter_bytes_max", &c.dead_letter_bytes_max, bytes_between(kKiB, 64 * kMiB),
        "Longer originals are cut in the dead letter.");
}

}  // namespace freshet
