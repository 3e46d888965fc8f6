#include "scoring/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <string>
#include <utility>

namespace freshet {
namespace {

const prometheus::Histogram::BucketBoundaries kSecondsBounds{
    50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3, 100e-3, 250e-3, 1.0};

prometheus::Gauge* gauge(prometheus::Registry& registry, const char* name, const char* help,
                         const prometheus::Labels& labels = {}) {
  return &prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add(labels);
}

prometheus::Counter* counter(prometheus::Registry& registry, const char* name, const char* help,
                             const prometheus::Labels& labels = {}) {
  return &prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add(labels);
}

prometheus::Histogram* stage_seconds(prometheus::Registry& registry, const char* stage) {
  return &prometheus::BuildHistogram()
              .Name("freshet_scoring_stage_seconds")
              .Help("Time of one batch in each stage of scoring and learning.")
              .Register(registry)
              .Add({{"stage", stage}}, kSecondsBounds);
}

void raise_to(prometheus::Counter& counter, std::uint64_t total) {
  const double missing = static_cast<double>(total) - counter.Value();
  if (missing > 0) counter.Increment(missing);
}

}  // namespace

ScoringMetrics::Guarding::Guarding(prometheus::Registry& registry) {
  for (std::size_t k = 0; k < states.size(); ++k)
    states[k] = gauge(registry, "freshet_scoring_guard_state", "1 for the state the guard is in.",
                      {{"state", std::string(to_string(static_cast<GuardState>(k)))}});
  for (std::size_t k = 0; k < trips.size(); ++k)
    trips[k] = counter(registry, "freshet_scoring_guard_trips_total",
                       "Times the guard rolled the model back and stopped the learning.",
                       {{"cause", std::string(trip_cause_name(k))}});
  for (std::size_t k = 0; k < drifts.size(); ++k) {
    drifts[k] = gauge(registry, "freshet_scoring_guard_drift_ratio",
                      "How far each test of the guard is from tripping: at 1 it trips.",
                      {{"cause", std::string(trip_cause_name(k))}});
    quality[k] =
        gauge(registry, "freshet_scoring_guard_mrr_ratio",
              "Mean reciprocal rank of learned events before learning, newest window of the guard.",
              {{"model", std::string(k == 0 ? "live" : trip_cause_name(k - 1))}});
  }
  const auto gradients = [&registry](const char* outcome) {
    return counter(registry, "freshet_scoring_bad_gradients_total",
                   "Gradients of the second stage that were clipped, or refused as not finite.",
                   {{"outcome", outcome}});
  };
  clipped = gradients("clipped");
  refused = gradients("refused");
  capped = counter(registry, "freshet_scoring_capped_examples_total",
                   "Examples not learned: their item had its share of the newest events.");
  network_renewals = counter(registry, "freshet_scoring_network_renewals_total",
                             "Times the network began anew since its weights were not finite.");
}

void ScoringMetrics::Guarding::record(const LearnerFigures& figures) {
  const GuardFigures& guard = figures.guard;
  for (std::size_t k = 0; k < states.size(); ++k)
    states[k]->Set(k == static_cast<std::size_t>(guard.state) ? 1 : 0);
  for (std::size_t k = 0; k < trips.size(); ++k) raise_to(*trips[k], guard.trips[k]);
  for (std::size_t k = 0; k < drifts.size(); ++k) {
    drifts[k]->Set(guard.drift[k]);
    quality[k]->Set(k == 0 ? guard.live : guard.of[k - 1]);
  }
  raise_to(*clipped, figures.clipped_gradients);
  raise_to(*refused, figures.refused_gradients);
  raise_to(*capped, figures.capped);
  raise_to(*network_renewals, figures.network_renewals);
}

ScoringMetrics::ScoringMetrics(prometheus::Registry& registry)
    : rank_seconds_(stage_seconds(registry, "rank")),
      delta_seconds_(stage_seconds(registry, "apply_delta")),
      learn_seconds_(stage_seconds(registry, "learn")),
      guarding_(registry) {
  batch_users_ =
      &prometheus::BuildHistogram()
           .Name("freshet_scoring_batch_users")
           .Help("Users ranked together.")
           .Register(registry)
           .Add({}, prometheus::Histogram::BucketBoundaries{1, 2, 4, 8, 16, 32, 64, 128, 256, 512});
  freshness_seconds_ =
      &prometheus::BuildHistogram()
           .Name("freshet_scoring_model_freshness_seconds")
           .Help("From an event's arrival in the log to its weights in scoring.")
           .Register(registry)
           .Add({}, prometheus::Histogram::BucketBoundaries{.01, .02, .05, .1, .15, .2, .3, .5, .75,
                                                            1, 1.5, 2, 3, 5, 10, 30, 60});
  for (std::size_t k = 0; k < kFallbackCount; ++k)
    lists_[k] = counter(registry, "freshet_scoring_lists_total",
                        "Lists ranked, by why they are not the full model's.",
                        {{"fallback", std::string(to_string(static_cast<Fallback>(k)))}});
  for (std::size_t k = 1; k < kListCauseCount; ++k)
    refreshes_[k] = counter(registry, "freshet_scoring_refreshed_lists_total",
                            "Lists made again without an event of their user, by cause.",
                            {{"cause", std::string(to_string(static_cast<ListCause>(k)))}});
  active_users_ =
      gauge(registry, "freshet_scoring_active_users", "Active users whose lists are watched.");
  refreshes_waiting_ = gauge(registry, "freshet_scoring_refreshes_waiting",
                             "Lists that are due without an event of their user.");
  rule_effects_ = &prometheus::BuildCounter()
                       .Name("freshet_scoring_rule_effects_total")
                       .Help("Items that a rule placed, re-scored or kept out of lists.")
                       .Register(registry);
  model_version_ =
      gauge(registry, "freshet_scoring_model_version", "Version of the model that ranks.");
  model_age_seconds_ = gauge(registry, "freshet_scoring_model_age_seconds",
                             "Time since the model that ranks last changed.");
  make_learner_figures(registry);
  make_quality_figures(registry);
}

void ScoringMetrics::make_learner_figures(prometheus::Registry& registry) {
  examples_ = counter(registry, "freshet_scoring_learned_examples_total", "Examples learned.");
  repeated_ = counter(registry, "freshet_scoring_repeated_examples_total",
                      "Examples ignored because they were learned before.");
  refused_ =
      counter(registry, "freshet_scoring_refused_items_total",
              "Examples and updates ignored: the catalogue is full or two names share an id.");
  evicted_ = counter(registry, "freshet_scoring_evicted_items_total",
                     "Items that left the catalogue: least used, or removed and no longer used.");
  encoder_failures_ = counter(registry, "freshet_scoring_encoder_failures_total",
                              "Item updates that the item encoder could give no embedding.");
  network_failures_ = counter(registry, "freshet_scoring_network_failures_total",
                              "Training steps of the network that were not finite or failed.");
  network_loss_ = gauge(registry, "freshet_scoring_network_loss_nats",
                        "Mean loss of the network's steps, about the newest 1,000.");
  mixture_loss_ =
      gauge(registry, "freshet_scoring_mixture_loss_nats",
            "Mean -log probability of targets under the mixture, about the newest 1,000.");
  candidate_share_ = gauge(registry, "freshet_scoring_candidate_hits_ratio",
                           "Share of targets among the candidates, about the newest 1,000.");
  for (std::size_t m = 0; m < kSourceCount; ++m)
    mixture_weights_[m] = gauge(registry, "freshet_scoring_mixture_weight_ratio",
                                "Weight of each expert, mean of all history lengths.",
                                {{"source", std::string(to_string(static_cast<Source>(m)))}});
}

void ScoringMetrics::make_quality_figures(prometheus::Registry& registry) {
  const auto make = [&registry](const char* list) {
    const prometheus::Labels labels{{"list", list}};
    return Quality{
        gauge(registry, "freshet_scoring_hit_rate_20_ratio",
              "Share of events whose item stood in the user's list before, newest 10,000.", labels),
        gauge(registry, "freshet_scoring_mrr_20_ratio",
              "Mean reciprocal rank of those items, newest 10,000.", labels),
        gauge(registry, "freshet_scoring_ndcg_20_ratio",
              "Mean discounted gain of those items, newest 10,000.", labels)};
  };
  served_ = make("served");
  popularity_ = make("popularity");
}

void ScoringMetrics::record_batch(std::size_t users, std::chrono::nanoseconds duration) {
  batch_users_->Observe(static_cast<double>(users));
  rank_seconds_->Observe(std::chrono::duration<double>(duration).count());
}

void ScoringMetrics::record_delta(ModelVersion version, std::chrono::nanoseconds duration) {
  model_version_->Set(static_cast<double>(version.value));
  delta_seconds_->Observe(std::chrono::duration<double>(duration).count());
}

void ScoringMetrics::record_freshness(std::chrono::nanoseconds latency) {
  freshness_seconds_->Observe(std::chrono::duration<double>(latency).count());
}

void ScoringMetrics::record_list(Fallback fallback) {
  lists_[static_cast<std::size_t>(fallback)]->Increment();
}

void ScoringMetrics::record_refresh(ListCause cause) {
  refreshes_[static_cast<std::size_t>(cause)]->Increment();
}

void ScoringMetrics::set_refreshes(std::size_t users, std::size_t waiting) {
  active_users_->Set(static_cast<double>(users));
  refreshes_waiting_->Set(static_cast<double>(waiting));
}

void ScoringMetrics::set_rules(const std::vector<RuleConfig>& rules) {
  std::map<std::string, prometheus::Counter*, std::less<>> kept;
  for (const RuleConfig& rule : rules) {
    const auto known = effects_of_.find(rule.name);
    kept[rule.name] =
        known != effects_of_.end() ? known->second : &rule_effects_->Add({{"rule", rule.name}});
  }
  for (const auto& [name, counter] : effects_of_)
    if (!kept.contains(name)) rule_effects_->Remove(counter);
  effects_of_ = std::move(kept);
}

void ScoringMetrics::record_rule_effects(const std::vector<RuleEffect>& effects) {
  for (const RuleEffect& effect : effects)
    if (const auto known = effects_of_.find(effect.rule); known != effects_of_.end())
      known->second->Increment(static_cast<double>(effect.items));
}

void ScoringMetrics::record_learning(const LearnerFigures& figures,
                                     std::chrono::nanoseconds duration) {
  learn_seconds_->Observe(std::chrono::duration<double>(duration).count());
  raise_to(*examples_, figures.examples);
  raise_to(*repeated_, figures.repeated);
  raise_to(*refused_, figures.refused_items + figures.collisions);
  raise_to(*evicted_, figures.evicted_items);
  raise_to(*encoder_failures_, figures.encoder_failures);
  raise_to(*network_failures_, figures.network_failures);
  network_loss_->Set(figures.network_loss);
  mixture_loss_->Set(figures.mixture_loss);
  candidate_share_->Set(figures.candidate_share);
  for (std::size_t m = 0; m < kSourceCount; ++m)
    mixture_weights_[m]->Set(figures.mixture_weights[m]);
  guarding_.record(figures);
}

void ScoringMetrics::set_quality(const PrequentialFigures& figures) {
  served_.set(figures.served_window);
  popularity_.set(figures.popularity_window);
}

void ScoringMetrics::set_model_age(std::chrono::nanoseconds age) {
  model_age_seconds_->Set(std::chrono::duration<double>(age).count());
}

void ScoringMetrics::Quality::set(const PrequentialTotals& totals) const {
  hit_rate->Set(totals.hit_rate_20());
  mrr->Set(totals.mrr_20());
  ndcg->Set(totals.ndcg_20());
}

}  // namespace freshet
