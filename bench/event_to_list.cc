// Time from an event's produce() to its list in a consumer's hands, through a running `freshet
// run`, beside a bare produce -> consume echo on the same broker in the same run by the same
// client.
//
//   build/release/bench/event_to_list --brokers 127.0.0.1:9092 --rate 2000 --seconds 30

#include <librdkafka/rdkafka.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <mutex>
#include <random>
#include <stdexcept>
#include <thread>
#include <unordered_map>

#include "config/time.h"

namespace freshet {
namespace {

using Micros = std::chrono::duration<double, std::micro>;

struct Options {
  std::string brokers = "127.0.0.1:9092";
  std::string events_topic = "freshet.events";
  std::string lists_topic = "freshet.recommendations";
  std::string echo_topic = "freshet.echo";
  double rate = 1000;
  double echo_rate = 100;
  int seconds = 30;
  int warm_up_seconds = 3;  ///< Sent before, not counted: consumers find their place.
  std::size_t users = 20'000;
  std::size_t items = 5'000;
  std::string rows;  ///< File of "user item" rows to send; empty = random users and items.
};

/// Times of the records on their way, by key and offset. Thread-safe.
class Pending {
 public:
  void sent(const std::string& key, std::int64_t offset, SteadyTime time) {
    std::lock_guard lock(mutex_);
    if (time < count_from_) return;
    Key& k = by_key_[key];
    if (offset <= k.arrived_offset) {  // The consumer was faster than the delivery report.
      latencies_us_.push_back(Micros(k.arrived_time - time).count());
    } else {
      k.waiting[offset] = time;
    }
  }

  /// What is sent before `time` is not counted.
  void count_from(SteadyTime time) {
    std::lock_guard lock(mutex_);
    count_from_ = time;
  }

  /// Everything of `key` up to `offset` has arrived.
  void arrived(const std::string& key, std::int64_t offset, SteadyTime time) {
    std::lock_guard lock(mutex_);
    Key& k = by_key_[key];
    k.arrived_offset = offset;
    k.arrived_time = time;
    auto& waiting = k.waiting;
    const auto end = waiting.upper_bound(offset);
    for (auto it = waiting.begin(); it != end; ++it) {
      latencies_us_.push_back(Micros(time - it->second).count());
    }
    waiting.erase(waiting.begin(), end);
  }

  void report(const char* name, double factor_of_p50, double factor_of_p99) {
    std::lock_guard lock(mutex_);
    std::size_t missing = 0;
    for (const auto& [key, k] : by_key_) missing += k.waiting.size();
    std::sort(latencies_us_.begin(), latencies_us_.end());
    std::printf("%-14s n %8zu  p50 %8.2f ms  p99 %8.2f ms  p99.9 %8.2f ms", name,
                latencies_us_.size(), quantile(0.5) / 1e3, quantile(0.99) / 1e3,
                quantile(0.999) / 1e3);
    if (factor_of_p50 > 0) {
      std::printf("  (%.1fx, %.1fx echo)", quantile(0.5) / factor_of_p50,
                  quantile(0.99) / factor_of_p99);
    }
    std::printf("  unanswered %zu\n", missing);
  }

  double quantile(double q) const {
    if (latencies_us_.empty()) return 0;
    return latencies_us_[static_cast<std::size_t>(q *
                                                  static_cast<double>(latencies_us_.size() - 1))];
  }

 private:
  struct Key {
    std::map<std::int64_t, SteadyTime> waiting;  // By offset.
    std::int64_t arrived_offset = -1;
    SteadyTime arrived_time{};
  };

  std::mutex mutex_;
  std::unordered_map<std::string, Key> by_key_;
  std::vector<double> latencies_us_;
  SteadyTime count_from_{};
};

/// A record on its way to the broker.
struct InFlight {
  Pending* pending;
  std::string key;
  SteadyTime time;
};

rd_kafka_conf_t* configuration(std::initializer_list<std::pair<const char*, const char*>> values) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  char text[512];
  for (const auto& [name, value] : values) {
    if (rd_kafka_conf_set(conf, name, value, text, sizeof text) != RD_KAFKA_CONF_OK) {
      throw std::runtime_error(text);
    }
  }
  return conf;
}

void on_delivery(rd_kafka_t*, const rd_kafka_message_t* record, void*) {
  std::unique_ptr<InFlight> in_flight(static_cast<InFlight*>(record->_private));
  if (record->err != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  in_flight->pending->sent(in_flight->key, record->offset, in_flight->time);
}

class Client {
 public:
  explicit Client(const Options& options) : options_(options) {
    char text[512];
    rd_kafka_conf_t* conf = configuration({{"bootstrap.servers", options.brokers.c_str()},
                                           {"linger.ms", "0"},
                                           {"socket.nagle.disable", "true"},
                                           {"partitioner", "murmur2_random"}});
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    producer_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    if (!producer_) throw std::runtime_error(text);
  }
  ~Client() { rd_kafka_destroy(producer_); }

  void send(const std::string& topic, const std::string& key, const std::string& value,
            Pending& pending) {
    auto in_flight = std::make_unique<InFlight>(&pending, key, clock_.steady_now());
    const auto code = rd_kafka_producev(
        producer_, RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_KEY(key.data(), key.size()),
        RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_OPAQUE(in_flight.get()),
        RD_KAFKA_V_END);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) in_flight.release();
    rd_kafka_poll(producer_, 0);
  }
  void poll(int wait_ms) { rd_kafka_poll(producer_, wait_ms); }
  void flush() { rd_kafka_flush(producer_, 10'000); }

 private:
  const Options& options_;
  SystemClock clock_;
  rd_kafka_t* producer_;
};

std::int64_t header_number(const rd_kafka_message_t* record, const char* name, std::int64_t other) {
  rd_kafka_headers_t* headers = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  if (rd_kafka_message_headers(record, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return other;
  if (rd_kafka_header_get_last(headers, name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return other;
  }
  return std::stoll(std::string(static_cast<const char*>(value), size));
}

/// Reads `topic` from its end on until `stop`; a list's "offset" header says what it reflects.
void consume(const Options& options, const std::string& topic, Pending& pending,
             std::atomic<bool>& ready, std::stop_token stop) {
  char text[512];
  const std::string group = "event-to-list-" + topic + std::to_string(std::random_device{}());
  rd_kafka_conf_t* conf = configuration({{"bootstrap.servers", options.brokers.c_str()},
                                         {"group.id", group.c_str()},
                                         {"auto.offset.reset", "latest"},
                                         {"enable.auto.commit", "false"},
                                         {"fetch.wait.max.ms", "10"},
                                         {"socket.nagle.disable", "true"}});
  rd_kafka_t* consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof text);
  if (!consumer) throw std::runtime_error(text);
  rd_kafka_poll_set_consumer(consumer);
  rd_kafka_topic_partition_list_t* topics = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(topics, topic.c_str(), RD_KAFKA_PARTITION_UA);
  rd_kafka_subscribe(consumer, topics);
  const SystemClock clock;
  while (!stop.stop_requested()) {
    rd_kafka_message_t* record = rd_kafka_consumer_poll(consumer, 50);
    if (!ready) {
      rd_kafka_topic_partition_list_t* assigned = nullptr;
      rd_kafka_assignment(consumer, &assigned);
      ready = assigned->cnt > 0;
      rd_kafka_topic_partition_list_destroy(assigned);
    }
    if (!record) continue;
    if (record->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      pending.arrived(std::string(static_cast<const char*>(record->key), record->key_len),
                      header_number(record, "offset", record->offset), clock.steady_now());
    }
    rd_kafka_message_destroy(record);
  }
  rd_kafka_topic_partition_list_destroy(topics);
  rd_kafka_consumer_close(consumer);
  rd_kafka_destroy(consumer);
}

/// What is sent: who clicked on what. Rows of the file, again from its start when they are used up.
class Clicks {
 public:
  explicit Clicks(const Options& options) : options_(options), rows_(options.rows) {
    if (!options.rows.empty() && !rows_) throw std::runtime_error("no file " + options.rows);
  }

  void next(std::string& user, std::string& item) {
    if (options_.rows.empty()) {
      user = "u" + std::to_string(random_() % options_.users);
      item = "i" + std::to_string(random_() % options_.items);
    } else if (!(rows_ >> user >> item)) {
      rows_.clear();
      rows_.seekg(0);
      rows_ >> user >> item;
    }
  }

 private:
  const Options& options_;
  std::ifstream rows_;
  std::mt19937_64 random_{1};
};

void run(const Options& options) {
  Pending lists, echoes;
  std::atomic<bool> lists_ready{false}, echo_ready{false};
  std::jthread lists_thread([&](std::stop_token stop) {
    consume(options, options.lists_topic, lists, lists_ready, stop);
  });
  std::jthread echo_thread([&](std::stop_token stop) {
    consume(options, options.echo_topic, echoes, echo_ready, stop);
  });
  Client client(options);
  const SystemClock clock;
  while (!lists_ready || !echo_ready) client.poll(20);

  Clicks clicks(options);
  std::string user, item;
  const std::string padding(160, 'x');
  const SteadyTime begin = clock.steady_now();
  std::size_t events = 0, echoed = 0;
  const SteadyTime count_from = begin + std::chrono::seconds(options.warm_up_seconds);
  lists.count_from(count_from);
  echoes.count_from(count_from);
  while (true) {
    const double elapsed = std::chrono::duration<double>(clock.steady_now() - begin).count();
    if (elapsed > options.seconds + options.warm_up_seconds) break;
    bool idle = true;
    if (static_cast<double>(events) < elapsed * options.rate) {
      clicks.next(user, item);
      const std::int64_t now_ms = clock.now().time_since_epoch().count();
      client.send(options.events_topic, user,
                  R"({"event_id":"b)" + std::to_string(events) + "-" + std::to_string(now_ms) +
                      R"(","type":"click","user_id":")" + user + R"(","item_id":")" + item +
                      R"(","event_time":)" + std::to_string(now_ms) + "}",
                  lists);
      ++events;
      idle = false;
    }
    if (static_cast<double>(echoed) < elapsed * options.echo_rate) {
      client.send(options.echo_topic, "e" + std::to_string(echoed++), padding, echoes);
      idle = false;
    }
    if (idle) std::this_thread::sleep_for(std::chrono::microseconds(200));
    client.poll(0);
  }
  client.flush();
  std::this_thread::sleep_for(std::chrono::seconds(2));
  std::printf("%zu events in %d s (%.0f/s)\n", events, options.seconds + options.warm_up_seconds,
              options.rate);
  echoes.report("echo", 0, 0);
  lists.report("event -> list", echoes.quantile(0.5), echoes.quantile(0.99));
}

}  // namespace
}  // namespace freshet

int main(int argc, char** argv) {
  freshet::Options options;
  CLI::App app{"Event -> list latency beside a bare echo"};
  app.add_option("--brokers", options.brokers, "Kafka brokers")->capture_default_str();
  app.add_option("--events-topic", options.events_topic, "Input topic")->capture_default_str();
  app.add_option("--lists-topic", options.lists_topic, "Output topic")->capture_default_str();
  app.add_option("--echo-topic", options.echo_topic, "Topic of the echo")->capture_default_str();
  app.add_option("--rate", options.rate, "Events per second")->capture_default_str();
  app.add_option("--echo-rate", options.echo_rate, "Echoes per second")->capture_default_str();
  app.add_option("--seconds", options.seconds, "How long")->capture_default_str();
  app.add_option("--warm-up", options.warm_up_seconds, "Seconds before that are not counted")
      ->capture_default_str();
  app.add_option("--users", options.users, "Distinct users")->capture_default_str();
  app.add_option("--rows", options.rows, "File of \"user item\" rows to send instead");
  app.add_option("--items", options.items, "Distinct items")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    freshet::run(options);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "event_to_list: %s\n", e.what());
    return 1;
  }
  return 0;
}
