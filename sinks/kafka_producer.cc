#include "sinks/kafka_producer.h"

#include <librdkafka/rdkafka.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <utility>

#include "config/assert.h"

namespace freshet {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kPollWait{50};
/// A record that librdkafka has but was not told to send at once goes after this; shorter than any
/// delivery timeout.
constexpr auto kUnflushedLinger = 20ms;
/// A record is held back no longer than this part of the delivery timeout, from which it is taken.
constexpr int kHeldPart = 4;
constexpr auto kHeldMax = 2'000ms;
/// Held back in all.
constexpr std::size_t kHeldBytesMax = 256u << 20;

struct DestroyConf {
  void operator()(rd_kafka_conf_t* conf) const { rd_kafka_conf_destroy(conf); }
};
struct DestroyHeaders {
  void operator()(rd_kafka_headers_t* headers) const { rd_kafka_headers_destroy(headers); }
};
struct DestroyTopic {
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
};
using Conf = std::unique_ptr<rd_kafka_conf_t, DestroyConf>;
using Headers = std::unique_ptr<rd_kafka_headers_t, DestroyHeaders>;
using Topic = std::unique_ptr<rd_kafka_topic_t, DestroyTopic>;

using Properties = std::map<std::string, std::string>;

/// What a user may change.
Properties default_properties() {
  return {
      {"client.id", "freshet-sinks"},
      {"queue.buffering.max.kbytes", "262144"},
      // A broker that comes back is found well within the delivery timeout.
      {"reconnect.backoff.max.ms", "1000"},
      // Above the brokers' own default, so that it is theirs that decides.
      {"message.max.bytes", "16777216"},
  };
}

/// Transactions are batches by themselves: their records pass.
SendGate::Limits gate_limits(const KafkaProducer::Options& options) {
  if (!options.transactional_id.empty()) return {.holds = false};
  const auto held_max = options.delivery_timeout == 0ms
                            ? kHeldMax
                            : std::min(kHeldMax, options.delivery_timeout / kHeldPart);
  return {.linger = options.linger, .held_max = std::max(held_max, options.linger)};
}

/// What correctness rests on.
Properties fixed_properties(const KafkaProducer::Options& options) {
  const SendGate::Limits gate = gate_limits(options);
  const auto timeout = gate.holds && options.delivery_timeout > 0ms
                           ? options.delivery_timeout - gate.held_max
                           : options.delivery_timeout;
  const auto linger = gate.holds ? kUnflushedLinger : options.linger;
  Properties properties{
      {"bootstrap.servers", options.brokers},
      {"enable.idempotence", "true"},
      {"acks", "all"},
      {"socket.nagle.disable", "true"},
      {"message.timeout.ms", std::to_string(timeout.count())},
      {"linger.ms", std::to_string(linger.count())},
      {"queue.buffering.max.messages", std::to_string(options.in_flight_max)},
  };
  if (!options.transactional_id.empty()) {
    constexpr auto kTransactionTimeout = std::chrono::milliseconds(60'000);
    properties["transactional.id"] = options.transactional_id;
    properties["transaction.timeout.ms"] =
        std::to_string(std::max(kTransactionTimeout, options.delivery_timeout).count());
  }
  return properties;
}

/// Adds to `problems` a line for each property that librdkafka refuses.
void apply(rd_kafka_conf_t* conf, const Properties& properties, std::string& problems) {
  for (const auto& [name, value] : properties) {
    std::array<char, 512> text{};
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), text.data(), text.size()) !=
        RD_KAFKA_CONF_OK) {
      problems += (problems.empty() ? "" : "\n") + ("sinks.kafka." + name + ": ") + text.data();
    }
  }
}

Headers make_headers(std::span<const OutgoingRecord::Header> headers) {
  if (headers.empty()) return nullptr;
  Headers made(rd_kafka_headers_new(headers.size()));
  for (const auto& header : headers) {
    rd_kafka_header_add(made.get(), header.name.data(), static_cast<ssize_t>(header.name.size()),
                        header.value.data(), static_cast<ssize_t>(header.value.size()));
  }
  return made;
}

rd_kafka_resp_err_t produce(rd_kafka_t* handle, const OutgoingRecord& record, void* ticket) {
  const std::string topic(record.topic);
  const std::string_view value = record.value.value_or(std::string_view{});
  // librdkafka tells a tombstone from an empty value by the address.
  const char* bytes = record.value ? (value.empty() ? "" : value.data()) : nullptr;
  const char* key = record.key.empty() ? nullptr : record.key.data();
  const std::int64_t timestamp_ms =
      record.timestamp ? record.timestamp->time_since_epoch().count() : 0;
  const std::int32_t partition = record.partition ? record.partition->value : RD_KAFKA_PARTITION_UA;
  Headers headers = make_headers(record.headers);
  const rd_kafka_resp_err_t failure = rd_kafka_producev(
      handle, RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(partition),
      RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY | RD_KAFKA_MSG_F_BLOCK),
      RD_KAFKA_V_KEY(key, record.key.size()),
      RD_KAFKA_V_VALUE(const_cast<char*>(bytes), value.size()), RD_KAFKA_V_TIMESTAMP(timestamp_ms),
      RD_KAFKA_V_HEADERS(headers.get()), RD_KAFKA_V_OPAQUE(ticket), RD_KAFKA_V_END);
  if (failure == RD_KAFKA_RESP_ERR_NO_ERROR) static_cast<void>(headers.release());
  return failure;
}

}  // namespace

struct KafkaProducer::Ticket {
  OnAnswer on_answer;
  SendGate::Lane& lane;
};

struct KafkaProducer::Callbacks {
  /// Java producers' choice, so that both put a user's records in one place. The gate hears of the
  /// topic's partitions this way, before anything is answered.
  static std::int32_t partition(const rd_kafka_topic_t* topic, const void* key, std::size_t bytes,
                                std::int32_t count, void* self, void* ticket) {
    static_cast<Ticket*>(ticket)->lane.topic.partition_count.store(count,
                                                                   std::memory_order_relaxed);
    return rd_kafka_msg_partitioner_murmur2_random(topic, key, bytes, count, self, ticket);
  }

  static void delivered(rd_kafka_t*, const rd_kafka_message_t* record, void* self) {
    const KafkaAnswer answer{.delivered = record->err == RD_KAFKA_RESP_ERR_NO_ERROR,
                             .too_large = record->err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
                             .partition = PartitionId{record->partition},
                             .offset = Offset{record->offset}};
    auto& producer = *static_cast<KafkaProducer*>(self);
    if (!answer.delivered && record->err != RD_KAFKA_RESP_ERR__PURGE_QUEUE &&
        record->err != RD_KAFKA_RESP_ERR__PURGE_INFLIGHT) {
      producer.remember(rd_kafka_err2str(record->err));
    }
    producer.answer(answer, record->_private);
  }

  static void failed(rd_kafka_t*, int /*code*/, const char* text, void* self) {
    static_cast<KafkaProducer*>(self)->remember(text);
  }

  static void log(const rd_kafka_t*, int level, const char* /*facility*/, const char* text) {
    // Syslog levels: 3 and below are errors, 4 warnings. What the library calls an error heals by
    // itself or comes back as our own error: none is one for the log.
    if (level <= 4) {
      spdlog::warn("kafka producer: {}", text);
    } else {
      spdlog::debug("kafka producer: {}", text);
    }
  }
};

KafkaProducer::KafkaProducer(const Options& options)
    : brokers_(options.brokers),
      in_flight_max_(options.in_flight_max),
      flush_wait_(options.linger > 0ms ? std::min(options.linger, kPollWait) : kPollWait),
      gate_(gate_limits(options)) {}

Result<std::unique_ptr<KafkaProducer>> KafkaProducer::create(const Options& options) {
  Conf conf(rd_kafka_conf_new());
  rd_kafka_topic_conf_t* topic_conf = rd_kafka_topic_conf_new();
  rd_kafka_topic_conf_set_partitioner_cb(topic_conf, &Callbacks::partition);
  rd_kafka_conf_set_default_topic_conf(conf.get(), topic_conf);  // Which owns it now.
  std::string problems;
  apply(conf.get(), default_properties(), problems);
  apply(conf.get(), options.properties, problems);
  apply(conf.get(), fixed_properties(options), problems);
  if (!problems.empty()) return error(ErrorCode::kInvalidConfig, problems);

  std::unique_ptr<KafkaProducer> producer(new KafkaProducer(options));
  rd_kafka_conf_set_opaque(conf.get(), producer.get());
  rd_kafka_conf_set_dr_msg_cb(conf.get(), &Callbacks::delivered);
  rd_kafka_conf_set_error_cb(conf.get(), &Callbacks::failed);
  rd_kafka_conf_set_log_cb(conf.get(), &Callbacks::log);
  std::array<char, 512> text{};
  producer->handle_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf.get(), text.data(), text.size());
  if (producer->handle_ == nullptr) {
    return error(ErrorCode::kInvalidConfig, std::string("sinks.kafka: ") + text.data());
  }
  static_cast<void>(conf.release());  // the producer owns it now
  const bool in_waves = gate_limits(options).holds;
  producer->thread_ = std::jthread([self = producer.get(), in_waves](std::stop_token stop) {
    in_waves ? self->serve(stop) : self->serve_transactions(stop);
  });
  return producer;
}

KafkaProducer::~KafkaProducer() {
  if (handle_ == nullptr) return;
  {
    std::unique_lock lock(mutex_);
    closing_ = true;
    work_.notify_all();
    rd_kafka_purge(handle_, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    all_answered_.wait(lock, [&] { return in_flight() == 0; });
  }
  thread_.request_stop();
  thread_.join();
  rd_kafka_destroy(handle_);
}

void KafkaProducer::serve_transactions(std::stop_token stop) {
  while (!stop.stop_requested()) rd_kafka_poll(handle_, kPollWait / 1ms);
}

void KafkaProducer::serve(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    take_turns(stop, lock);
    const bool busy = gate_.on_their_way() > 0;
    const SteadyTime now = clock_.steady_now();
    const auto wait = std::max(gate_.next_due(now + flush_wait_) - now, SteadyTime::duration{0});
    lock.unlock();
    // A flush makes librdkafka send what it has at once, and reads the answers.
    if (busy) {
      rd_kafka_flush(handle_, static_cast<int>(wait / 1ms));
    } else {
      rd_kafka_poll(handle_, 0);
    }
    lock.lock();
  }
}

/// Waits until something is to be sent or answered, and hands over what has its turn. No flush is
/// under way meanwhile, so that a wave goes as one batch.
void KafkaProducer::take_turns(std::stop_token stop, std::unique_lock<std::mutex>& lock) {
  const SteadyTime until = gate_.next_due(clock_.steady_now() + kPollWait);
  work_.wait_until(lock, stop, until, [&] {
    return closing_ || gate_.on_their_way() > 0 || gate_.next_due(until) < until;
  });
  const bool closing = closing_;
  const auto wave = closing ? gate_.give_up() : gate_.next_wave(clock_.steady_now());
  lock.unlock();
  for (const HeldRecord& record : wave) closing ? answer({}, record.ticket()) : hand_over(record);
  if (closing) rd_kafka_purge(handle_, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  lock.lock();
  gate_.handed();
}

void KafkaProducer::hand_over(const HeldRecord& held) {
  const rd_kafka_resp_err_t failure = held.visit(
      [&](const OutgoingRecord& record) { return produce(handle_, record, held.ticket()); });
  if (failure == RD_KAFKA_RESP_ERR_NO_ERROR) return;  // answer() takes the ticket back
  remember(rd_kafka_err2str(failure));
  answer({.too_large = failure == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE}, held.ticket());
}

bool KafkaProducer::has_room() const {
  return in_flight() < in_flight_max_ && gate_.held_bytes() < kHeldBytesMax;
}

Status KafkaProducer::send(const OutgoingRecord& record, OnAnswer on_answer) {
  if (rd_kafka_fatal_error(handle_, nullptr, 0) != RD_KAFKA_RESP_ERR_NO_ERROR)
    return refused(record, RD_KAFKA_RESP_ERR__FATAL);
  void* ticket = nullptr;
  {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] { return has_room(); });
    // Counted first: the answer may come before produce() returns.
    in_flight_.fetch_add(1, std::memory_order_relaxed);
    SendGate::Lane& lane = gate_.lane_of(record);
    ticket = new Ticket{std::move(on_answer), lane};  // answer() deletes it
    if (!gate_.passes(lane)) {
      gate_.hold(lane, {record, ticket, clock_.steady_now()});
      if (lane.on_their_way == 0) work_.notify_one();
      return {};
    }
    gate_.sent(lane);
  }
  const rd_kafka_resp_err_t failure = produce(handle_, record, ticket);
  work_.notify_one();
  if (failure == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  static_cast<Ticket*>(ticket)->on_answer = nullptr;
  answer({}, ticket);
  return refused(record, failure);
}

Status KafkaProducer::refused(const OutgoingRecord& record, int failure) const {
  const std::string topic(record.topic);
  if (failure == RD_KAFKA_RESP_ERR__FATAL) {
    return error(ErrorCode::kUnavailable,
                 "the Kafka producer for " + topic + " failed for good: " + fatal_error() +
                     "; restart to go on, lists not yet acknowledged are sent again");
  }
  return error(ErrorCode::kUnavailable,
               "cannot queue a record for " + topic + ": " +
                   rd_kafka_err2str(static_cast<rd_kafka_resp_err_t>(failure)));
}

void KafkaProducer::answer(const KafkaAnswer& answer, void* of_record) {
  const std::unique_ptr<Ticket> ticket(static_cast<Ticket*>(of_record));
  (answer.delivered ? delivered_ : failed_).fetch_add(1, std::memory_order_relaxed);
  if (ticket->on_answer) ticket->on_answer(answer);
  // Under the lock, so that a flush cannot miss the last one.
  std::lock_guard lock(mutex_);
  if (gate_.answered(ticket->lane))
    rd_kafka_yield(handle_);  // Ends serve()'s flush: a wave may go.
  if (in_flight_.fetch_sub(1, std::memory_order_acq_rel) == 1) all_answered_.notify_all();
  room_.notify_one();
}

Status KafkaProducer::flush(std::chrono::milliseconds wait) {
  std::unique_lock lock(mutex_);
  if (all_answered_.wait_for(lock, wait, [&] { return in_flight() == 0; })) return {};
  std::string text = std::to_string(in_flight()) + " records still unanswered by Kafka at " +
                     brokers_ + " after " + std::to_string(wait.count()) + " ms";
  if (!last_error_.empty()) text += " (last error: " + last_error_ + ")";
  return error(ErrorCode::kTimedOut, std::move(text));
}

namespace {

/// Takes over `failure`, which may be null: no failure.
Status transaction_status(rd_kafka_error_t* failure, const char* what) {
  if (failure == nullptr) return {};
  const std::unique_ptr<rd_kafka_error_t, void (*)(rd_kafka_error_t*)> guard(
      failure, rd_kafka_error_destroy);
  const std::string text =
      std::string("cannot ") + what + " a Kafka transaction: " + rd_kafka_error_string(failure);
  switch (rd_kafka_error_code(failure)) {
    case RD_KAFKA_RESP_ERR__FENCED:
    case RD_KAFKA_RESP_ERR_PRODUCER_FENCED:
    case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
      return error(ErrorCode::kFenced, text);
    default:
      break;
  }
  const bool for_good = rd_kafka_error_is_fatal(failure) != 0;
  return error(for_good ? ErrorCode::kUnavailable : ErrorCode::kTimedOut, text);
}

/// The transaction's own remaining time: any other leaves librdkafka 2.0.2 between two states.
constexpr int kTransactionsOwnTimeout = -1;

}  // namespace

Status KafkaProducer::init_transactions(std::chrono::milliseconds wait) {
  return transaction_status(rd_kafka_init_transactions(handle_, static_cast<int>(wait.count())),
                            "prepare");
}

Status KafkaProducer::begin_transaction() {
  return transaction_status(rd_kafka_begin_transaction(handle_), "begin");
}

Status KafkaProducer::commit_transaction() {
  return transaction_status(rd_kafka_commit_transaction(handle_, kTransactionsOwnTimeout),
                            "commit");
}

Status KafkaProducer::abort_transaction() {
  return transaction_status(rd_kafka_abort_transaction(handle_, kTransactionsOwnTimeout), "abort");
}

Status KafkaProducer::check_topic(const std::string& topic, std::chrono::milliseconds wait) {
  const Topic handle(rd_kafka_topic_new(handle_, topic.c_str(), nullptr));
  const rd_kafka_metadata_t* metadata = nullptr;
  const auto failure = rd_kafka_metadata(handle_, /*all_topics=*/0, handle.get(), &metadata,
                                         static_cast<int>(wait.count()));
  if (failure != RD_KAFKA_RESP_ERR_NO_ERROR) {
    const std::string cause = last_error();
    return error(ErrorCode::kUnavailable,
                 "no Kafka broker answers at " + brokers_ + " within " +
                     std::to_string(wait.count()) + " ms (" +
                     (cause.empty() ? rd_kafka_err2str(failure) : cause) +
                     "); is it running, and is sinks.kafka.brokers right?");
  }
  const std::unique_ptr<const rd_kafka_metadata_t, void (*)(const rd_kafka_metadata_t*)> guard(
      metadata, rd_kafka_metadata_destroy);
  FRESHET_ASSERT(metadata->topic_cnt == 1, "asked for one topic");
  if (metadata->topics[0].err == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  return error(ErrorCode::kNotFound,
               "topic " + topic + " at " + brokers_ + ": " +
                   rd_kafka_err2str(metadata->topics[0].err) +
                   "; `freshet topics create` makes the topics that are missing");
}

void KafkaProducer::remember(std::string error_text) {
  std::lock_guard lock(mutex_);
  last_error_ = std::move(error_text);
}

std::string KafkaProducer::last_error() const {
  std::lock_guard lock(mutex_);
  return last_error_;
}

std::string KafkaProducer::fatal_error() const {
  std::array<char, 512> text{};
  rd_kafka_fatal_error(handle_, text.data(), text.size());
  return text.data();
}

}  // namespace freshet
