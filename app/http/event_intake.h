#pragma once

#include <memory>
#include <string>

#include "config/config.h"
#include "config/time.h"
#include "ingest/event_decoder.h"
#include "sinks/http_api.h"
#include "sinks/kafka_producer.h"

namespace freshet {

/// Events that come over HTTP: checked as those of the events topic are, then written to it, keyed
/// by user. Confined to one thread (the server's); answers come on the producer's.
class EventIntake {
 public:
  /// Connects in the background; `config` and `clock` outlive it. Errors: kInvalidConfig.
  static Result<std::unique_ptr<EventIntake>> open(const Config& config, const Clock& clock);

  /// Answers where the event stands once the log has it. Errors: kInvalidConfig with what is wrong
  /// with the event and how to mend it; kUnavailable (too many wait, the brokers do not answer).
  void accept(std::string event, Answer<AcceptedEvent> answer);

 private:
  EventIntake(const Config& config, const Clock& clock, std::unique_ptr<KafkaProducer> producer);

  const Config& config_;
  const Clock& clock_;
  EventDecoder decoder_;
  std::unique_ptr<KafkaProducer> producer_;
};

}  // namespace freshet
