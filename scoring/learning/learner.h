#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "config/result.h"
#include "config/scoring_config.h"
#include "scoring/content/item_encoder.h"
#include "scoring/delta.h"
#include "scoring/experts/repeat.h"
#include "scoring/knowledge.h"
#include "scoring/learning/admission.h"
#include "scoring/learning/checkpoint_store.h"
#include "scoring/learning/guarded_trainers.h"
#include "scoring/learning/learner_figures.h"
#include "scoring/learning/trained_offsets.h"
#include "scoring/network/negative_sampler.h"
#include "scoring/ranking/scorer.h"
#include "scoring/related/basket_reader.h"
#include "state/training_example.h"

namespace freshet {

/// Learns from events as they come; the only owner of what is learned. Every micro-batch is first
/// scored, then learned. Publishes what changed as deltas. Confined to one thread.
class Learner {
 public:
  /// `factory` may be null: then there is no network.
  Learner(const ScoringConfig& config, const NetworkFactory& factory);
  Learner(const Learner&) = delete;
  Learner& operator=(const Learner&) = delete;

  /// Has `encoder` make the embeddings of further item updates; null = they bring their own.
  void encode_with(std::unique_ptr<ItemEncoder> encoder) { encoder_ = std::move(encoder); }
  /// What was wrong with the newest update that the encoder failed on.
  std::string newest_encoder_failure() const {
    return encoder_ != nullptr ? encoder_->newest_failure() : "";
  }

  /// Learns examples in their order; those at or below a partition's trained offset are ignored.
  void learn(std::span<const TrainingExample> examples);

  /// Takes over newer descriptions; unknown items come into the catalogue if there is room, or an
  /// item that stands no higher than they do can leave.
  void update_items(std::span<const ItemUpdate> updates);

  /// Returns what changed since the last call under a new version, or null if nothing did.
  std::shared_ptr<const Delta> take_delta();

  /// Writes everything as the newest checkpoint of `directory`. Errors: kUnavailable; kInternal
  /// when a weight is not finite. Then the checkpoints are as they were.
  Status save(const std::string& directory);

  /// Restores the newest checkpoint that is whole, before anything is learned; the next delta
  /// carries all of it. Returns what is wrong with newer ones, which are set aside. A directory
  /// without any leaves the learner as it is. Errors: kUnavailable, kCorrupt when none is whole,
  /// kInvalidConfig when it was learned with another configuration. After an error, make a new
  /// learner.
  Result<std::vector<Error>> load(const std::string& directory);

  /// Everything, as the files of a checkpoint. Errors: kInternal when a weight is not finite.
  Result<CheckpointFiles> to_files() const;

  /// Goes back to what `to_files` gave of this or another learner, at any time; the next delta
  /// carries all of it. What was learned counts as learned still, and versions go on counting, so
  /// that no example comes twice and replicas follow. `from` is for error texts. Errors: kCorrupt,
  /// kInvalidConfig as load; then nothing has changed.
  Status go_back_to(const CheckpointFiles& files, const std::string& from);

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
  void add_transition(const TrainingExample& example, const Context& context, ItemRow target,
                      Delta& change);
  std::size_t unknown_items(std::span<const TrainingExample* const> batch) const;
  void take_updates(std::span<const ItemUpdate> updates);
  void make_room(std::size_t wanted, double standing_max);
  void start_stage(std::vector<ItemRow> evicted);
  NegativeSampler new_sampler() const;
  void add_negative(ItemRow row);
  void train_network(std::span<const Context> contexts, const Delta& change);
  NetworkDelta network_changes();
  Status restore(const CheckpointFiles& files, const std::string& from);
  void note_guard();
  void note_admissions();
  void apply(Delta change);

  const ScoringConfig config_;
  const NetworkFactory factory_;
  Knowledge knowledge_;
  Scorer scorer_;
  RepeatExpert repeat_;  // Of transitions; the scorer's is busy with candidates.
  GuardedTrainers trainers_;
  AdmissionControl admissions_;
  NegativeSampler negatives_;
  std::unique_ptr<ItemEncoder> encoder_;
  TrainedOffsets offsets_;
  LearnerFigures figures_;
  ModelVersion version_{};
  Delta pending_;
  bool weights_changed_ = false;
  CandidateSet set_;
  std::vector<ExampleRanks> ranks_;
  BasketReader baskets_;
  std::vector<ItemRow> together_;     // What the example's basket held before.
  std::vector<std::size_t> learned_;  // Per transition of the micro-batch: its example's place.
};

}  // namespace freshet
