#include "sinks/kafka_record_writer.h"

#include <utility>

#include "sinks/kafka_producer.h"

namespace freshet {

KafkaRecordWriter::KafkaRecordWriter(std::string topic, std::unique_ptr<KafkaProducer> producer)
    : topic_(std::move(topic)), producer_(std::move(producer)) {}

KafkaRecordWriter::~KafkaRecordWriter() = default;

Result<std::unique_ptr<KafkaRecordWriter>> KafkaRecordWriter::open(const Options& options) {
  std::map<std::string, std::string> properties{{"batch.size", "1000000"},
                                                {"client.id", "freshet-writer"}};
  for (const auto& [name, value] : options.properties) properties[name] = value;
  auto producer = KafkaProducer::create({.brokers = options.brokers,
                                         .delivery_timeout = options.delivery_timeout,
                                         .linger = options.linger,
                                         .in_flight_max = options.in_flight_max,
                                         .properties = std::move(properties)});
  if (!producer) return tl::unexpected(std::move(producer).error());
  FRESHET_RETURN_IF_ERROR((*producer)->check_topic(options.topic, options.connect_wait));
  return std::unique_ptr<KafkaRecordWriter>(
      new KafkaRecordWriter(options.topic, *std::move(producer)));
}

Status KafkaRecordWriter::write(std::string_view key, std::optional<std::string_view> value,
                                std::optional<EventTime> timestamp) {
  return producer_->send({.topic = topic_, .key = key, .value = value, .timestamp = timestamp}, {});
}

Status KafkaRecordWriter::flush(std::chrono::milliseconds wait) { return producer_->flush(wait); }

std::size_t KafkaRecordWriter::in_flight() const { return producer_->in_flight(); }

std::uint64_t KafkaRecordWriter::delivered_total() const { return producer_->delivered_total(); }

std::uint64_t KafkaRecordWriter::failed_total() const { return producer_->failed_total(); }

}  // namespace freshet
