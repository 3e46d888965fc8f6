#include "app/kafka/rekeyer.h"

#include <utility>

#include "ingest/kafka_group_reader.h"
#include "sinks/kafka_producer.h"

namespace freshet {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kRecordsMax = 1'000;
constexpr std::size_t kInFlightMax = 50'000;
constexpr auto kCommitInterval = 1s;
constexpr auto kConnectWait = 10s;

KafkaProducer::Options producer_options(const KafkaSourceConfig& config) {
  auto properties = config.properties;
  // A record that fails is fatal: nothing behind it may come into the log before it.
  properties["enable.gapless.guarantee"] = "true";
  // A broker takes any batch of a producer that it does not know, also the second one before the
  // first one's retry (KAFKA-15591).
  properties["max.in.flight.requests.per.connection"] = "1";
  return {.brokers = config.brokers,
          .delivery_timeout = 0ms,  // Never given up.
          .linger = 0ms,
          .in_flight_max = kInFlightMax,
          .properties = std::move(properties)};
}

}  // namespace

Rekeyer::Rekeyer(const IngestConfig& config, PipelineFigures& figures, const Clock& clock,
                 Ports ports)
    : config_(config),
      figures_(figures),
      clock_(clock),
      decoder_(config),
      reader_(std::move(ports.reader)),
      next_commit_(clock.steady_now() + kCommitInterval),
      producer_(std::move(ports.producer)) {}

Result<std::unique_ptr<Rekeyer>> Rekeyer::open(const IngestConfig& config, PipelineFigures& figures,
                                               const Clock& clock) {
  auto producer = KafkaProducer::create(producer_options(config.kafka));
  if (!producer) return tl::unexpected(producer.error());
  FRESHET_RETURN_IF_ERROR((*producer)->check_topic(config.kafka.events_topic, kConnectWait));
  auto reader = KafkaGroupReader::open(config.kafka, config.rekey.from_topic, kConnectWait);
  if (!reader) return tl::unexpected(reader.error());
  return std::make_unique<Rekeyer>(config, figures, clock,
                                   Ports{*std::move(reader), *std::move(producer)});
}

Status Rekeyer::run(std::stop_token stop) {
  while (!stop.stop_requested()) FRESHET_RETURN_IF_ERROR(run_once(stop));
  return settle(stop);
}

Status Rekeyer::run_once(std::stop_token stop) {
  auto records = reader_->poll(kRecordsMax, 50ms);
  if (!records) return tl::unexpected(records.error());
  for (const Record& record : *records) FRESHET_RETURN_IF_ERROR(write(record));
  figures_.count_rekeyed(records->size());
  if (clock_.steady_now() < next_commit_) return {};
  next_commit_ = clock_.steady_now() + kCommitInterval;
  return settle(stop);
}

Status Rekeyer::write(const Record& record) {
  const std::string key = key_of(record);
  const std::string source =
      format_source(SourceRecord{{config_.rekey.from_topic, record.partition}, record.offset});
  const OutgoingRecord::Header header{kSourceHeader, source};
  return producer_->send({.topic = config_.kafka.events_topic,
                          .key = key,
                          .value = record.value,
                          .headers = {&header, 1},
                          .timestamp = record.timestamp},
                         [this](const KafkaAnswer& answer) {
                           if (answer.delivered) return;
                           if (answer.too_large) too_large_ = true;
                           refused_ = true;
                         });
}

/// The same key for the same record, always: a repeat must come into the same partition.
std::string Rekeyer::key_of(const Record& record) {
  auto event = decoder_.decode(record);
  if (event && event->has_value()) return std::move((*event)->user);
  return "freshet-source-" + std::to_string(record.partition.value);
}

/// Waits for all acknowledgements, then commits. Asked to stop, it waits no longer than a moment:
/// what is not committed is repeated.
Status Rekeyer::settle(std::stop_token stop) {
  while (!producer_->flush(500ms) && !stop.stop_requested() && !refused_) continue;
  const bool all_answered = producer_->in_flight() == 0;  // Before the look at what they said.
  if (refused_) {
    return error(ErrorCode::kUnavailable,
                 "rekeying " + config_.rekey.from_topic + " to " + config_.kafka.events_topic +
                     (too_large_ ? ": a record is larger than the topic allows: raise its "
                                   "max.message.bytes, then restart"
                                 : ": a record was refused for good: a restart goes on"));
  }
  if (all_answered) reader_->commit();
  return {};
}

}  // namespace freshet
