#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "config/result.h"
#include "config/scoring_config.h"
#include "scoring/delta.h"
#include "scoring/knowledge.h"
#include "scoring/learning/guarded_trainers.h"
#include "scoring/learning/trained_offsets.h"
#include "scoring/network/negative_sampler.h"
#include "scoring/ranking/scorer.h"
#include "state/training_example.h"

namespace freshet {

/// How well one ranking foretold the learned events, summed up; every event with a history counts.
struct HitTotals {
  std::uint64_t events = 0;
  std::uint64_t hits_at_20 = 0;
  double reciprocal_ranks_at_20 = 0;

  /// `rank`: 0 = first.
  void add(std::size_t rank);
  double recall_at_20() const {
    return events > 0 ? static_cast<double>(hits_at_20) / static_cast<double>(events) : 0;
  }
  double mrr_at_20() const {
    return events > 0 ? reciprocal_ranks_at_20 / static_cast<double>(events) : 0;
  }
};

/// How the experts, the mixture and the second stage ranked one event's item before it was learned.
struct ExampleRanks {
  /// Rank of an item that was not among the candidates.
  static constexpr std::uint32_t kMissing = 0xffffffff;

  bool ranked = false;  ///< False = ignored, or there was no history to rank from.
  std::array<std::uint32_t, kSourceCount> by_source;  ///< Among the expert's candidates; 0 = first.
  std::uint32_t by_mixture = kMissing;
  std::uint32_t final = kMissing;  ///< By the second stage; by the mixture where there is none.
  float probability = 0;           ///< What the model gave the item (RankedItem::probability).

  ExampleRanks() { by_source.fill(kMissing); }
};

/// What the learner tells of itself. Means are over about the newest 1,000 examples.
struct LearnerFigures {
  std::uint64_t examples = 0;       ///< Learned.
  std::uint64_t repeated = 0;       ///< Ignored: learned before.
  std::uint64_t refused_items = 0;  ///< Ignored: the catalogue is full.
  std::uint64_t collisions = 0;     ///< Ignored: two names share one id.
  std::uint64_t capped = 0;  ///< Ranked, not learned: their item had its share of the newest.
  std::uint64_t network_steps = 0;
  std::uint64_t network_failures = 0;
  double network_loss = 0;  ///< Mean loss of the network's steps.
  double mixture_loss = 0;  ///< Mean -log p of targets under the mixture.
  double candidate_share =
      0;  ///< Share of targets among the candidates: the second stage's ceiling.
  PerSource mixture_weights{};  ///< Mean over all history lengths.
  HitTotals mixture_ranks;      ///< Order by the mixture, no filters.
  HitTotals final_ranks;        ///< Order by the second stage, no filters.
  GuardFigures guard;
  std::uint64_t clipped_gradients = 0;
  std::uint64_t refused_gradients = 0;  ///< Not finite.
  std::uint64_t network_renewals = 0;   ///< Its weights were not finite: it began anew.
};

/// Learns from events as they come; the only owner of what is learned. Every micro-batch is first
/// scored, then learned. Publishes what changed as deltas. Confined to one thread.
class Learner {
 public:
  /// `factory` may be null: then there is no network.
  Learner(const ScoringConfig& config, const NetworkFactory& factory);
  Learner(const Learner&) = delete;
  Learner& operator=(const Learner&) = delete;

  /// Learns examples in their order; those at or below a partition's trained offset are ignored.
  void learn(std::span<const TrainingExample> examples);

  /// Takes over newer descriptions; unknown items come into the catalogue.
  void update_items(std::span<const ItemUpdate> updates);

  /// Returns what changed since the last call under a new version, or null if nothing did.
  std::shared_ptr<const Delta> take_delta();

  /// Writes everything to `directory`, replacing what was there at once or not at all. Errors:
  /// kUnavailable.
  Status save(const std::string& directory);

  /// Restores what `save` wrote, before anything is learned; the next delta carries all of it. An
  /// empty or missing directory leaves the learner as it is. Errors: kUnavailable, kCorrupt when it
  /// is damaged, kInvalidConfig when it was learned with another configuration. After an error,
  /// make a new learner.
  Status load(const std::string& directory);

  const LearnerFigures& figures() const { return figures_; }

  /// Of the examples of the newest `learn`, in their order.
  std::span<const ExampleRanks> ranks() const { return ranks_; }

  /// For tests and evaluation alone: `fault` may change every gradient of the second stage.
  void plant(GradientFault fault) { trainers_.gradients().plant(std::move(fault)); }

  const Knowledge& knowledge() const { return knowledge_; }
  ModelVersion version() const { return version_; }

 private:
  void learn_batch(std::span<const TrainingExample* const> batch, const TrainingExample* first);
  void learn_ranking(const TrainingExample& example, const Context& context, ExampleRanks& ranks);
  bool teaches(ItemRow row) const;
  Delta transitions_of(std::span<const TrainingExample* const> batch,
                       std::span<const Context> contexts);
  ItemRow admit(ItemId id, const std::string& name, Delta& change);
  void train_network(std::span<const Context> contexts, const Delta& change);
  NetworkDelta network_changes();
  void note_guard();
  void apply(Delta change);

  const ScoringConfig config_;
  const NetworkFactory factory_;
  Knowledge knowledge_;
  Scorer scorer_;
  GuardedTrainers trainers_;
  NegativeSampler negatives_;
  TrainedOffsets offsets_;
  LearnerFigures figures_;
  ModelVersion version_{};
  Delta pending_;
  bool weights_changed_ = false;
  CandidateSet set_;
  std::vector<ExampleRanks> ranks_;
  std::vector<std::size_t> learned_;  // Per transition of the micro-batch: its example's place.
};

}  // namespace freshet
