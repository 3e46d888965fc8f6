#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "app/engine/model_admin.h"
#include "app/engine/scoring_stage.h"
#include "app/figures/pipeline_figures.h"
#include "app/partition/learning_input.h"
#include "config/scoring_config.h"
#include "scoring/learning/learner.h"
#include "scoring/learning/prequential_quality.h"

namespace freshet {

/// Where the learning stage reads and writes. All outlive the stage.
struct LearningStagePorts {
  LearningQueue& learning;
  ItemQueue& items;
  DeltaQueue& deltas;
  ModelQuestions& questions;
  PipelineFigures& figures;
  const Clock& clock;
};

/// The owner of the learner and of the quality as served: judges each example against the list
/// that was served, learns it, and sends deltas to scoring. Confined to one thread.
class LearningStage {
 public:
  LearningStage(const ScoringConfig& config, const NetworkFactory& network,
                LearningStagePorts ports);

  /// Has `encoder` make the embeddings of items; null = they bring their own. Called first.
  void encode_with(std::unique_ptr<ItemEncoder> encoder) {
    learner_.encode_with(std::move(encoder));
  }

  /// Loads the newest checkpoint that is whole, if there is any. Called once, before anything is
  /// learned. Errors: kCorrupt when none is whole.
  Status restore();

  /// One round: some items, a batch of inputs, and a delta when it is due.
  void run_once(std::stop_token stop);

  /// Runs until `stop`, then writes a last checkpoint. Errors: the checkpoint cannot be written.
  Status run(std::stop_token stop);

 private:
  std::size_t take_items();
  void take(std::vector<LearningInput> inputs);
  void learn(const std::vector<TrainingExample>& examples);
  void tell_guard(const GuardFigures& before) const;
  void send_delta();
  Status save();

  const ScoringConfig& config_;
  LearningStagePorts ports_;
  Learner learner_;
  PrequentialQuality quality_;
  ModelAdmin admin_;
  ModelUpdate unsent_;  ///< Taken, but the queue to scoring was full; no delta = nothing.
  std::vector<SteadyTime> received_times_;  ///< Of examples learned since; one per micro-batch.
  SteadyTime next_delta_;
  SteadyTime next_checkpoint_;
};

}  // namespace freshet
