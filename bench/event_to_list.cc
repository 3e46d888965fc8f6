// Time from an event's produce() to its list in a consumer's hands, through a running `freshet
// run`, beside a bare produce -> consume echo on the same broker in the same run by the same
// client.
//
//   build/release/bench/event_to_list --brokers 127.0.0.1:9092 --rate 2000 --seconds 30
//
// With --in-flight N the rate is what the program can do: N events wait for their lists all the
// time. bench/event_to_list_sweep.py asks for both in turn.

#include <librdkafka/rdkafka.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <map>
#include <mutex>
#include <numeric>
#include <random>
#include <stdexcept>
#include <thread>
#include <unordered_map>
#include <utility>

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
  std::size_t in_flight = 0;  ///< 0: `rate` says when to send; else so many wait for their lists.
  double echo_rate = 100;
  int seconds = 30;
  int warm_up_seconds = 3;  ///< Sent before, not counted: consumers find their place.
  std::size_t users = 20'000;
  std::size_t items = 5'000;
  std::string rows;  ///< File of "user item" rows to send; empty = random users and items.
  bool json = false;
};

/// What is still unanswered so long after the last event stays so.
constexpr std::chrono::seconds kLongestWait{30};

/// What became of the records sent within the time that counts.
struct Outcome {
  std::size_t answered = 0;
  std::size_t unanswered = 0;
  double answered_per_second = 0;  ///< Within the time that counts, whenever they were sent.
  double mean_us = 0, p50_us = 0, p99_us = 0, p999_us = 0;
};

/// Times of the records on their way, by key and offset. Thread-safe.
class Pending {
 public:
  void sent(const std::string& key, std::int64_t offset, SteadyTime time) {
    std::lock_guard lock(mutex_);
    Key& k = by_key_[key];
    if (offset <= k.arrived_offset) {  // The consumer was faster than the delivery report.
      answered(time, k.arrived_time);
    } else {
      k.waiting[offset] = time;
    }
  }

  /// The broker did not take a record.
  void lost() { ++done_; }

  /// What is sent before `begin` is not counted, nor what is answered after `end` in the rate.
  void count(SteadyTime begin, SteadyTime end) {
    std::lock_guard lock(mutex_);
    begin_ = begin;
    end_ = end;
  }

  /// Everything of `key` up to `offset` has arrived.
  void arrived(const std::string& key, std::int64_t offset, SteadyTime time) {
    std::lock_guard lock(mutex_);
    Key& k = by_key_[key];
    k.arrived_offset = offset;
    k.arrived_time = time;
    auto& waiting = k.waiting;
    const auto end = waiting.upper_bound(offset);
    for (auto it = waiting.begin(); it != end; ++it) answered(it->second, time);
    waiting.erase(waiting.begin(), end);
  }

  /// Records answered or lost, since the start.
  std::size_t done() const { return done_; }

  Outcome outcome() {
    std::lock_guard lock(mutex_);
    Outcome outcome;
    for (const auto& [key, k] : by_key_) {
      for (const auto& [offset, time] : k.waiting) outcome.unanswered += time >= begin_ ? 1 : 0;
    }
    std::sort(latencies_us_.begin(), latencies_us_.end());
    outcome.answered = latencies_us_.size();
    outcome.answered_per_second =
        static_cast<double>(within_) / std::chrono::duration<double>(end_ - begin_).count();
    outcome.mean_us = std::accumulate(latencies_us_.begin(), latencies_us_.end(), 0.0) /
                      static_cast<double>(std::max<std::size_t>(1, outcome.answered));
    outcome.p50_us = quantile(0.5);
    outcome.p99_us = quantile(0.99);
    outcome.p999_us = quantile(0.999);
    return outcome;
  }

 private:
  struct Key {
    std::map<std::int64_t, SteadyTime> waiting;  // By offset.
    std::int64_t arrived_offset = -1;
    SteadyTime arrived_time{};
  };

  void answered(SteadyTime sent, SteadyTime arrived) {
    ++done_;
    if (arrived >= begin_ && arrived < end_) ++within_;
    if (sent >= begin_) latencies_us_.push_back(Micros(arrived - sent).count());
  }

  double quantile(double q) const {
    if (latencies_us_.empty()) return 0;
    return latencies_us_[static_cast<std::size_t>(q *
                                                  static_cast<double>(latencies_us_.size() - 1))];
  }

  std::mutex mutex_;
  std::unordered_map<std::string, Key> by_key_;
  std::vector<double> latencies_us_;
  SteadyTime begin_{}, end_{};
  std::size_t within_ = 0;
  std::atomic<std::size_t> done_{0};
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
  if (record->err != RD_KAFKA_RESP_ERR_NO_ERROR) return in_flight->pending->lost();
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
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
      in_flight.release();
    } else {
      pending.lost();
    }
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

/// Sends events and echoes at their times, or as their answers come.
class Load {
 public:
  /// `counting_begins` is called once the warm-up is over.
  Load(const Options& options, Pending& lists, Pending& echoes,
       std::function<void()> counting_begins)
      : options_(options),
        lists_(lists),
        echoes_(echoes),
        counting_begins_(std::move(counting_begins)),
        clicks_(options),
        client_(options) {}

  void poll(int wait_ms) { client_.poll(wait_ms); }

  void run() {
    const SteadyTime start = clock_.steady_now();
    const SteadyTime begin = start + std::chrono::seconds(options_.warm_up_seconds);
    const SteadyTime end = begin + std::chrono::seconds(options_.seconds);
    lists_.count(begin, end);
    echoes_.count(begin, end);
    bool counting = false;
    for (SteadyTime now = start; now < end; now = clock_.steady_now()) {
      if (now >= begin && !std::exchange(counting, true)) counting_begins_();
      const double elapsed = std::chrono::duration<double>(now - start).count();
      const bool event = event_is_due(elapsed);
      const bool echo = static_cast<double>(echoes_sent_) < elapsed * options_.echo_rate;
      if (event) send_event();
      if (echo) send_echo();
      if (!event && !echo) std::this_thread::sleep_for(std::chrono::microseconds(200));
      client_.poll(0);
    }
    client_.flush();
    const SteadyTime deadline = clock_.steady_now() + kLongestWait;
    while (waiting() > 0 && clock_.steady_now() < deadline) client_.poll(20);
  }

 private:
  bool event_is_due(double elapsed) const {
    if (options_.in_flight > 0) return events_sent_ - lists_.done() < options_.in_flight;
    return static_cast<double>(events_sent_) < elapsed * options_.rate;
  }

  std::size_t waiting() const {
    return events_sent_ + echoes_sent_ - lists_.done() - echoes_.done();
  }

  void send_event() {
    clicks_.next(user_, item_);
    const std::string now_ms = std::to_string(clock_.now().time_since_epoch().count());
    client_.send(options_.events_topic, user_,
                 R"({"event_id":"b)" + std::to_string(events_sent_++) + "-" + now_ms +
                     R"(","type":"click","user_id":")" + user_ + R"(","item_id":")" + item_ +
                     R"(","event_time":)" + now_ms + "}",
                 lists_);
  }

  void send_echo() {
    client_.send(options_.echo_topic, "e" + std::to_string(echoes_sent_++), padding_, echoes_);
  }

  const Options& options_;
  Pending& lists_;
  Pending& echoes_;
  const std::function<void()> counting_begins_;
  const SystemClock clock_;
  const std::string padding_ = std::string(160, 'x');
  std::string user_, item_;
  std::size_t events_sent_ = 0, echoes_sent_ = 0;
  Clicks clicks_;
  Client client_;
};

void print_text(const char* name, const Outcome& outcome, const Outcome* echo) {
  std::printf("%-14s n %8zu  p50 %8.2f ms  p99 %8.2f ms  p99.9 %8.2f ms", name, outcome.answered,
              outcome.p50_us / 1e3, outcome.p99_us / 1e3, outcome.p999_us / 1e3);
  if (echo != nullptr && echo->answered > 0) {
    std::printf("  (%.1fx, %.1fx echo)", outcome.p50_us / echo->p50_us,
                outcome.p99_us / echo->p99_us);
  }
  std::printf("  %.0f/s, unanswered %zu\n", outcome.answered_per_second, outcome.unanswered);
}

void print_json(const char* name, const Outcome& outcome, const char* end) {
  std::printf(R"("%s":{"answered":%zu,"unanswered":%zu,"answered_per_s":%.1f,"mean_us":%.1f,)"
              R"("p50_us":%.1f,"p99_us":%.1f,"p999_us":%.1f}%s)",
              name, outcome.answered, outcome.unanswered, outcome.answered_per_second,
              outcome.mean_us, outcome.p50_us, outcome.p99_us, outcome.p999_us, end);
}

void run(const Options& options) {
  Pending lists, echoes;
  std::atomic<bool> lists_ready{false}, echo_ready{false};
  std::jthread lists_thread([&](std::stop_token stop) {
    consume(options, options.lists_topic, lists, lists_ready, stop);
  });
  std::jthread echo_thread([&](std::stop_token stop) {
    consume(options, options.echo_topic, echoes, echo_ready, stop);
  });
  Load load(options, lists, echoes, [&] {
    if (!options.json) return;
    std::puts("counting");  // For who reads the program's own figures beside ours.
    std::fflush(stdout);
  });
  while (!lists_ready || !echo_ready) load.poll(20);
  load.run();
  const Outcome list = lists.outcome(), echo = echoes.outcome();
  if (options.json) {
    std::printf("{");
    print_json("echo", echo, ",");
    print_json("list", list, "}\n");
  } else {
    print_text("echo", echo, nullptr);
    print_text("event -> list", list, &echo);
  }
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
  app.add_option("--in-flight", options.in_flight, "Events that wait at a time; 0 = as by --rate")
      ->capture_default_str();
  app.add_option("--echo-rate", options.echo_rate, "Echoes per second")->capture_default_str();
  app.add_option("--seconds", options.seconds, "How long")->capture_default_str();
  app.add_option("--warm-up", options.warm_up_seconds, "Seconds before that are not counted")
      ->capture_default_str();
  app.add_option("--users", options.users, "Distinct users")->capture_default_str();
  app.add_option("--rows", options.rows, "File of \"user item\" rows to send instead");
  app.add_option("--items", options.items, "Distinct items")->capture_default_str();
  app.add_flag("--json", options.json, "A line when counting begins, then one of JSON");
  CLI11_PARSE(app, argc, argv);
  try {
    freshet::run(options);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "event_to_list: %s\n", e.what());
    return 1;
  }
  return 0;
}
