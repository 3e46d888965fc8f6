#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "config/ids.h"
#include "scoring/learning/learner.h"
#include "scoring/learning/prequential_quality.h"
#include "scoring/ranked_list.h"
#include "scoring/ranking/rule_book.h"

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
class Registry;
template <typename T>
class Family;
}  // namespace prometheus

namespace freshet {

/// The figures of scoring/ (table in ARCHITECTURE.md). Thread-safe, but each `record_` by one
/// thread at a time; the registry outlives it.
class ScoringMetrics {
 public:
  explicit ScoringMetrics(prometheus::Registry& registry);

  void record_batch(std::size_t users, std::chrono::nanoseconds duration);
  void record_delta(ModelVersion version, std::chrono::nanoseconds duration);
  /// From an event's arrival in the log to the moment at which scoring knows what it taught.
  void record_freshness(std::chrono::nanoseconds latency);
  void record_list(Fallback fallback);
  /// A list that was made without an event of its user; `cause` is not kEvent.
  void record_refresh(ListCause cause);
  /// Active users whose lists are watched, and those of them whose list waits to be made again.
  void set_refreshes(std::size_t users, std::size_t waiting);
  /// The rules that hold from now on; figures of others are dropped.
  void set_rules(const std::vector<RuleConfig>& rules);
  void record_rule_effects(const std::vector<RuleEffect>& effects);
  void record_learning(const LearnerFigures& figures, std::chrono::nanoseconds duration);
  void set_quality(const PrequentialFigures& figures);
  /// Time since the newest delta was applied.
  void set_model_age(std::chrono::nanoseconds age);

 private:
  /// HR@20, MRR@20, NDCG@20 over the window.
  struct Quality {
    prometheus::Gauge* hit_rate = nullptr;
    prometheus::Gauge* mrr = nullptr;
    prometheus::Gauge* ndcg = nullptr;
    void set(const PrequentialTotals& totals) const;
  };

  void make_learner_figures(prometheus::Registry& registry);
  void make_quality_figures(prometheus::Registry& registry);

  /// The guard's figures, and what it kept from being learned.
  struct Guarding {
    explicit Guarding(prometheus::Registry& registry);
    void record(const LearnerFigures& figures);

    std::array<prometheus::Gauge*, kGuardStateCount> states{};
    std::array<prometheus::Counter*, kTripCauseCount> trips{};
    std::array<prometheus::Gauge*, kReferenceCount> drifts{};
    std::array<prometheus::Gauge*, kReferenceCount> quality{};  // Live weights', then references'.
    prometheus::Counter* clipped = nullptr;
    prometheus::Counter* refused = nullptr;
    prometheus::Counter* capped = nullptr;
    prometheus::Counter* network_renewals = nullptr;
  };

  prometheus::Histogram* batch_users_ = nullptr;
  prometheus::Histogram* rank_seconds_ = nullptr;
  prometheus::Histogram* delta_seconds_ = nullptr;
  prometheus::Histogram* learn_seconds_ = nullptr;
  prometheus::Histogram* freshness_seconds_ = nullptr;
  std::array<prometheus::Counter*, kFallbackCount> lists_{};
  std::array<prometheus::Counter*, kListCauseCount> refreshes_{};  // None of kEvent.
  prometheus::Gauge* active_users_ = nullptr;
  prometheus::Gauge* refreshes_waiting_ = nullptr;
  prometheus::Family<prometheus::Counter>* rule_effects_ = nullptr;
  std::map<std::string, prometheus::Counter*, std::less<>> effects_of_;  // By rule.
  prometheus::Gauge* model_version_ = nullptr;
  prometheus::Gauge* model_age_seconds_ = nullptr;
  prometheus::Counter* examples_ = nullptr;
  prometheus::Counter* repeated_ = nullptr;
  prometheus::Counter* refused_ = nullptr;
  prometheus::Counter* evicted_ = nullptr;
  prometheus::Counter* encoder_failures_ = nullptr;
  prometheus::Counter* network_failures_ = nullptr;
  prometheus::Gauge* network_loss_ = nullptr;
  prometheus::Gauge* mixture_loss_ = nullptr;
  prometheus::Gauge* candidate_share_ = nullptr;
  std::array<prometheus::Gauge*, kSourceCount> mixture_weights_{};
  Quality served_;
  Quality popularity_;
  Guarding guarding_;
};

}  // namespace freshet
