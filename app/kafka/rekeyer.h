#pragma once

#include <atomic>
#include <memory>
#include <stop_token>
#include <string>

#include "app/figures/pipeline_figures.h"
#include "config/ingest_config.h"
#include "config/result.h"
#include "ingest/event_decoder.h"
#include "ingest/group_reader.h"
#include "sinks/record_producer.h"

namespace freshet {

/// Writes a clickstream that is not keyed by user to the events topic, keyed by user, so that all
/// events of a user stand in one partition. The instances of a group share the source's partitions.
///
/// Each record carries its source position (ingest/source_position.h). After a crash records since
/// the last commit to the group are written again; the fold leaves them out by SourceOffsets. That
/// rests on two rules kept here: an offset is committed only after everything before it was
/// acknowledged, and a record that is not acknowledged stops the writing for good, so that nothing
/// behind it gets into the log before it (gapless producer, no delivery timeout, one request in
/// flight; docs/adr/0012).
///
/// A record without a readable user is written too, under a key made of its source partition: the
/// fold makes the dead letter. Confined to one thread.
class Rekeyer {
 public:
  /// What it reads and writes. `producer` keeps the order of the records of a partition, whatever
  /// becomes of one of them.
  struct Ports {
    std::unique_ptr<GroupReader> reader;
    std::unique_ptr<RecordProducer> producer;
  };
  Rekeyer(const IngestConfig& config, PipelineFigures& figures, const Clock& clock, Ports ports);

  /// The one that reads and writes Kafka. Errors: kUnavailable (no broker), kNotFound (a topic is
  /// missing), kInvalidConfig.
  static Result<std::unique_ptr<Rekeyer>> open(const IngestConfig& config, PipelineFigures& figures,
                                               const Clock& clock);

  /// Copies until `stop`; then waits for what is in flight and commits. Errors: kUnavailable,
  /// kCorrupt; a restart goes on.
  Status run(std::stop_token stop);

  /// Copies what there is; commits when it is time to. Errors as run().
  Status run_once(std::stop_token stop);

 private:
  Status write(const Record& record);
  std::string key_of(const Record& record);
  Status settle(std::stop_token stop);

  const IngestConfig config_;
  PipelineFigures& figures_;
  const Clock& clock_;
  EventDecoder decoder_;
  std::unique_ptr<GroupReader> reader_;
  SteadyTime next_commit_;
  std::atomic<bool> refused_{false};  // A record was not acknowledged.
  std::atomic<bool> too_large_{false};
  std::unique_ptr<RecordProducer> producer_;  // Last: its thread sets the flags.
};

}  // namespace freshet
