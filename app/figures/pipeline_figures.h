#pragma once

#include <array>
#include <atomic>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "app/figures/figure_history.h"
#include "app/figures/latency_window.h"
#include "app/figures/metrics.h"
#include "app/figures/process_memory.h"
#include "app/figures/title_book.h"
#include "config/config.h"
#include "config/time.h"
#include "ingest/dead_letter.h"
#include "ingest/metrics.h"
#include "ingest/record_source.h"
#include "scoring/learning/learner.h"
#include "scoring/learning/prequential_quality.h"
#include "scoring/metrics.h"
#include "sinks/list_publisher.h"
#include "sinks/metrics.h"
#include "sinks/status_figures.h"
#include "state/metrics.h"

namespace freshet {

/// What the stages tell of themselves: kept as Prometheus metrics, and as the figures that the
/// console, /v1/status and the live line show. Thread-safe.
class PipelineFigures {
 public:
  PipelineFigures(prometheus::Registry& registry, const Clock& clock, const TitleBook& titles);

  // Told by the partition tasks.
  void count_records(std::size_t records);
  void count_skipped();
  void count_repeat();
  /// Records that the rekeyer wrote.
  void count_rekeyed(std::size_t records);
  void count_event(Action action, FoldOutcome outcome);
  void count_dead_letter(const BadRecord& why);
  void keep_dead_letter(const DeadLetter& letter);
  void record_commit(std::chrono::nanoseconds duration, std::size_t users);
  /// `caught_up`: part of the backlog met at the assignment that is done, 0 to 1.
  void set_progress(PartitionId partition, Offset next, Watermarks watermarks, std::size_t owed,
                    double caught_up = 1);
  /// Whether the partition stands still since its commits find the disk full.
  void set_disk_full(PartitionId partition, bool full);
  void forget_partition(PartitionId partition);
  void count_forgotten() { state_.record_forgotten(); }
  void count_expired(std::size_t users) { state_.record_expired(users); }
  void set_watermark(PartitionId partition, EventTime time) {
    state_.set_watermark(partition, time);
  }
  /// Takes the user off the console.
  void forget_user(const UserId& user);

  // Told by the scoring stage.
  void record_ranking(std::size_t users, std::chrono::nanoseconds duration);
  void record_deltas(ModelVersion version, std::chrono::nanoseconds duration);
  /// From an event's arrival in the log to the moment at which scoring knows what it taught.
  void record_freshness(std::chrono::nanoseconds latency) { scoring_.record_freshness(latency); }
  void count_list(const RankedList& list);
  /// Active users whose lists are watched, and lists that wait to be made again.
  void set_refreshes(std::size_t users, std::size_t waiting) {
    scoring_.set_refreshes(users, waiting);
  }
  void count_related(std::size_t records) { sinks_.related_written(records); }
  /// The rules that hold from now on: others are no longer shown.
  void set_rules(const std::vector<RuleConfig>& rules) { scoring_.set_rules(rules); }
  void count_rule_effects(const std::vector<RuleEffect>& effects) {
    scoring_.record_rule_effects(effects);
  }

  // Told by the learning stage.
  void record_learning(const LearnerFigures& figures, std::chrono::nanoseconds duration);
  void record_quality(const PrequentialFigures& quality);

  // Told by the publisher's threads.
  void record_delivery(const ListDelivery& delivery);
  void record_delivery(const DeadLetterDelivery& delivery);

  // Told by the HTTP server.
  void count_http(const std::string& route, unsigned status);

  StateMetrics& state() { return state_; }

  /// Closes the current second: rates and quantiles of status() are those of the time since the
  /// last tick. Called by one thread, once a second.
  void tick(std::vector<NamedFigure> queue_fills, std::size_t in_flight);

  /// Partitions that stand still since the disk is full, now.
  std::set<PartitionId> partitions_without_room() const;

  /// The figures as of the last tick.
  StatusFigures status() const;
  /// Those of the ticks before, `back` from the last one.
  FigureColumns history(std::chrono::seconds back) const;
  /// The newest dead letters, newest first.
  std::vector<ShownDeadLetter> dead_letters() const;

 private:
  void fill_rates(StatusFigures& status, std::chrono::duration<double> elapsed);
  void fill_learning(StatusFigures& status, std::chrono::duration<double> elapsed);

  const Clock& clock_;
  const TitleBook& titles_;
  const SteadyTime started_;
  IngestMetrics ingest_;
  StateMetrics state_;
  ScoringMetrics scoring_;
  SinksMetrics sinks_;
  ProcessMetrics process_;

  std::atomic<std::uint64_t> events_{0};
  std::atomic<std::uint64_t> lists_{0};
  std::atomic<std::uint64_t> dead_letters_{0};
  std::array<std::atomic<std::uint64_t>, kFallbackCount> fallbacks_{};
  LatencyWindow event_to_list_;
  LatencyWindow freshness_;

  mutable std::mutex mutex_;  // Guards what follows.
  std::map<PartitionId, PartitionLag> lag_;
  std::set<PartitionId> without_room_;
  LearnerFigures learner_;
  PrequentialFigures quality_;
  ModelVersion model_version_{};
  SteadyTime model_time_{};
  SteadyTime newest_list_time_{};
  std::deque<ShownList> newest_lists_;
  std::deque<ShownDeadLetter> newest_dead_letters_;
  SteadyTime last_tick_;
  std::uint64_t last_examples_ = 0;
  StatusFigures status_;
  FigureHistory history_;
};

}  // namespace freshet
