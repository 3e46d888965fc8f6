#include "app/http/event_intake.h"

#include <utility>

namespace freshet {
namespace {

/// Events on their way to the log; more are refused, since the server's thread must not wait.
constexpr std::size_t kInFlightMax = 10'000;

}  // namespace

EventIntake::EventIntake(const Config& config, const Clock& clock,
                         std::unique_ptr<KafkaProducer> producer)
    : config_(config), clock_(clock), decoder_(config.ingest), producer_(std::move(producer)) {}

Result<std::unique_ptr<EventIntake>> EventIntake::open(const Config& config, const Clock& clock) {
  auto producer = KafkaProducer::create({.brokers = config.ingest.kafka.brokers,
                                         .delivery_timeout = config.sinks.http.request_timeout,
                                         .linger = std::chrono::milliseconds{0},
                                         .in_flight_max = 2 * kInFlightMax,
                                         .properties = config.ingest.kafka.properties,
                                         .transactional_id = {}});
  if (!producer) return tl::unexpected(std::move(producer).error());
  return std::unique_ptr<EventIntake>(new EventIntake(config, clock, *std::move(producer)));
}

void EventIntake::accept(std::string event, Answer<AcceptedEvent> answer) {
  const EventTime now = clock_.now();
  auto decoded = decoder_.decode({.partition = {},
                                  .offset = {},
                                  .timestamp = now,
                                  .key = {},
                                  .value = event,
                                  .source = std::nullopt});
  if (!decoded) return answer(error(ErrorCode::kInvalidConfig, decoded.error().text));
  if (!*decoded) {
    return answer(error(ErrorCode::kInvalidConfig,
                        "type: ingest.mapping.types says to ignore such events; send another"));
  }
  if (producer_->in_flight() >= kInFlightMax) {
    return answer(error(ErrorCode::kUnavailable, "too many events are on their way: try again"));
  }
  const Status sent = producer_->send(
      {.topic = config_.ingest.kafka.events_topic,
       .key = (*decoded)->user,
       .value = event,
       .headers = {},
       .timestamp = now},
      [answer](const KafkaAnswer& written) {
        if (written.delivered) return answer(AcceptedEvent{written.partition, written.offset});
        answer(error(ErrorCode::kUnavailable,
                     written.too_large
                         ? "the event is larger than the topic takes: send less"
                         : "the brokers did not take the event in time: send it again"));
      });
  if (!sent) answer(tl::unexpected(sent.error()));
}

}  // namespace freshet
