#include "sinks/kafka_publisher.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "sinks/kafka_list_record.h"
#include "sinks/kafka_producer.h"

namespace freshet {

namespace {

// A dead letter's value may take all of its bytes; these two must not come on top without a bound.
constexpr std::size_t kDeadLetterKeyBytesMax = 16 << 10;
constexpr std::size_t kReasonTextBytesMax = 4 << 10;
constexpr std::size_t kDeadLetterBytesMin = 1 << 10;

KafkaProducer::Options producer_options(const KafkaSinkConfig& config) {
  return {.brokers = config.brokers,
          .delivery_timeout = config.delivery_timeout,
          .linger = config.linger,
          .in_flight_max = config.in_flight_max,
          .properties = config.properties};
}

}  // namespace

KafkaPublisher::KafkaPublisher(const SinksConfig& config, DeliveryHandlers handlers,
                               const Clock& clock)
    : lists_topic_(config.kafka.lists_topic),
      dead_letters_topic_(config.kafka.dead_letters_topic),
      handlers_(std::move(handlers)),
      clock_(clock),
      dead_letter_bytes_max_(config.dead_letter_bytes_max) {}

KafkaPublisher::~KafkaPublisher() = default;

Result<std::unique_ptr<KafkaPublisher>> KafkaPublisher::create(const SinksConfig& config,
                                                               DeliveryHandlers handlers,
                                                               const Clock& clock) {
  std::unique_ptr<KafkaPublisher> publisher(new KafkaPublisher(config, std::move(handlers), clock));
  auto producer = KafkaProducer::create(producer_options(config.kafka));
  if (!producer) return tl::unexpected(std::move(producer).error());
  publisher->producer_ = *std::move(producer);
  return publisher;
}

Status KafkaPublisher::check(std::chrono::milliseconds wait) {
  FRESHET_RETURN_IF_ERROR(producer_->check_topic(lists_topic_, wait));
  return producer_->check_topic(dead_letters_topic_, wait);
}

Status KafkaPublisher::publish(const RankedList& list) {
  ListDelivery delivery{list.user, list.position, false, list.times, list.forgets};
  const EncodedList encoded = encode_list_record(list, clock_.now());
  delivery.times.encoded = clock_.steady_now();
  return send_list(*producer_, lists_topic_, encoded,
                   [this, delivery = std::move(delivery)](const KafkaAnswer& answer) mutable {
                     delivery.delivered = answer.delivered;
                     if (handlers_.on_list) handlers_.on_list(delivery);
                   });
}

Status KafkaPublisher::publish(const DeadLetter& letter) {
  const std::size_t bytes_max = dead_letter_bytes_max_.load();
  const std::string_view key = std::string_view(letter.key).substr(0, kDeadLetterKeyBytesMax);
  const std::string_view value = std::string_view(letter.value).substr(0, bytes_max);
  // A value as long as the limit was cut before it came here: the bytes are stored cut.
  const bool cut = key.size() < letter.key.size() || letter.value.size() >= bytes_max;
  const std::string partition = std::to_string(letter.partition.value);
  const std::string offset = std::to_string(letter.offset.value);
  std::vector<OutgoingRecord::Header> headers{
      {"reason", to_string(letter.why.reason)},
      {"text", std::string_view(letter.why.text).substr(0, kReasonTextBytesMax)},
      {"topic", letter.topic},
      {"partition", partition},
      {"offset", offset}};
  if (cut) headers.push_back({"cut", "true"});
  DeadLetterDelivery delivery{
      .partition = letter.partition, .offset = letter.offset, .topic = letter.topic};
  return producer_->send(
      {.topic = dead_letters_topic_, .key = key, .value = value, .headers = headers},
      [this, delivery, bytes = value.size()](const KafkaAnswer& answer) mutable {
        if (answer.too_large) cut_smaller(bytes);
        delivery.delivered = answer.delivered;
        if (handlers_.on_dead_letter) handlers_.on_dead_letter(delivery);
      });
}

void KafkaPublisher::cut_smaller(std::size_t refused_bytes) {
  const std::size_t smaller = std::max(refused_bytes / 2, kDeadLetterBytesMin);
  dead_letter_bytes_max_.store(std::min(dead_letter_bytes_max_.load(), smaller));
}

Status KafkaPublisher::flush(std::chrono::milliseconds wait) { return producer_->flush(wait); }

std::size_t KafkaPublisher::in_flight() const { return producer_->in_flight(); }

}  // namespace freshet
