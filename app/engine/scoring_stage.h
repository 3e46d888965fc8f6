#pragma once

#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <vector>

#include "app/engine/related_publisher.h"
#include "app/figures/pipeline_figures.h"
#include "app/partition/active_user_walk.h"
#include "app/partition/delivery_router.h"
#include "app/partition/learning_input.h"
#include "config/scoring_config.h"
#include "scoring/refresh/refresh_book.h"
#include "scoring/replica.h"
#include "sinks/list_publisher.h"

namespace freshet {

/// What the learner has to tell the replica, and when some of the events in it came into the log:
/// the oldest of each micro-batch, for the freshness of the model.
struct ModelUpdate {
  std::shared_ptr<const Delta> delta;
  std::vector<SteadyTime> received_times;
};

/// Small: a slow replica gets few, larger deltas.
using DeltaQueue = BoundedQueue<ModelUpdate>;

/// Questions to the replica from other threads (HTTP), answered between two batches.
using ReplicaQuestions = BoundedQueue<std::function<void(Replica&)>>;

/// All rules that hold from now on. Small: only the newest counts.
using RulesQueue = BoundedQueue<std::vector<RuleConfig>>;

/// Where the scoring stage reads and writes. All outlive the stage.
struct ScoringStagePorts {
  RankQueue& ranking;
  DeltaQueue& deltas;
  ReplicaQuestions& questions;
  RulesQueue& rules;
  LearningQueue& learning;  ///< Told which lists were served.
  ListPublisher& publisher;
  DeliveryRouter& deliveries;  ///< To the tasks, whom it asks for lists to be made again.
  PipelineFigures& figures;
  const Clock& clock;
  ActiveUserQueue* active_users = nullptr;  ///< Null: nobody tells of any.
  RelatedPublisher* related = nullptr;      ///< Null: what goes with items is not written.
};

/// The owner of the replica: applies deltas between two batches, never during one, and scores users
/// of all partitions together. Confined to one thread.
class ScoringStage {
 public:
  /// `context_keys`: the declared ones, for rules that look at them.
  ScoringStage(const ScoringConfig& config, const NetworkFactory& network,
               const std::vector<std::string>& context_keys, ScoringStagePorts ports);

  /// One round: the newest deltas, then one batch of users. Errors: the publisher is lost for good.
  Status run_once(std::stop_token stop);

  /// Runs until `stop`; errors as run_once.
  Status run(std::stop_token stop);

 private:
  Status apply_deltas();
  void apply_rules();
  void note_rules(ListCause cause);
  Status serve(std::vector<RankRequest> batch, std::stop_token stop);
  Status make(std::span<const RankRequest> requests, std::stop_token stop);
  bool is_outdated(const RankRequest& refresh);
  Status send(const RankRequest& request, RankedList list, std::stop_token stop);
  void refresh_lists();
  void look_at_related();
  void read_active_users(std::size_t count_max);
  void answer_questions();
  RankEffort effort_for(std::span<const RankRequest> requests, SteadyTime now) const;
  std::vector<RankRequest> next_batch(std::stop_token stop);
  Status publish(RankedList& list, bool judged);
  Status forget(const RankRequest& request, std::stop_token stop);

  const ScoringConfig& config_;
  ScoringStagePorts ports_;
  Replica replica_;
  RefreshBook refreshes_;
  std::uint64_t rules_generation_ = 0;
  std::vector<ItemId> popular_;  ///< Popularity's list, as of the newest delta.
};

}  // namespace freshet
