#pragma once

#include <atomic>
#include <memory>
#include <stop_token>

#include "app/pipeline_figures.h"
#include "config/ingest_config.h"
#include "config/result.h"
#include "ingest/event_decoder.h"
#include "ingest/kafka_group_reader.h"

namespace freshet {

class KafkaProducer;

/// Writes a clickstream that is not keyed by user to the events topic, keyed by user, so that all
/// events of a user stand in one partition. The instances of a group share the source's partitions.
///
/// Each record carries its source position (ingest/source_position.h). After a crash records since
/// the last commit to the group are written again; the fold leaves them out by SourceOffsets. That
/// rests on two rules kept here: an offset is committed only after everything before it was
/// acknowledged, and a record that is not acknowledged stops the writing for good, so that nothing
/// behind it gets into the log before it (gapless producer, no delivery timeout).
///
/// A record without a readable user is written too, under a key made of its source partition: the
/// fold makes the dead letter. Confined to one thread.
class Rekeyer {
 public:
  /// Errors: kUnavailable (no broker), kNotFound (a topic is missing), kInvalidConfig.
  static Result<std::unique_ptr<Rekeyer>> open(const IngestConfig& config, PipelineFigures& figures,
                                               const Clock& clock);
  ~Rekeyer();

  /// Copies until `stop`; then waits for what is in flight and commits. Errors: kUnavailable,
  /// kCorrupt; a restart goes on.
  Status run(std::stop_token stop);

 private:
  Rekeyer(const IngestConfig& config, PipelineFigures& figures, const Clock& clock);
  Status write(const Record& record);
  std::string key_of(const Record& record);
  Status settle(std::stop_token stop);

  const IngestConfig config_;
  PipelineFigures& figures_;
  const Clock& clock_;
  EventDecoder decoder_;
  std::unique_ptr<KafkaGroupReader> reader_;
  std::atomic<bool> refused_{false};  // A record was not acknowledged.
  std::atomic<bool> too_large_{false};
  std::unique_ptr<KafkaProducer> producer_;  // Last: its thread sets the flags.
};

}  // namespace freshet
