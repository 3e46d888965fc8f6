#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "config/content_config.h"
#include "config/learning_config.h"
#include "config/network_config.h"
#include "config/refresh_config.h"
#include "config/related_config.h"
#include "config/rules_config.h"

namespace freshet {

/// Items and their content.
struct CatalogueConfig {
  /// Most items known at a time. When it is reached the least used sixteenth leaves, so that new
  /// items have room.
  std::size_t items_max = 2'000'000;
  /// An item that an update removed leaves once so many events were learned since its own newest
  /// one; 0 = only when room is needed.
  std::size_t removed_events_max = 100'000;
  /// Size of the embedding that item updates bring; 0 = they bring none.
  std::size_t embedding_dim = 0;
};

/// Decayed popularity.
struct PopularityConfig {
  /// Half-lives in learned events, shortest first.
  std::vector<double> half_lives{1'000, 10'000, 100'000};
};

/// Sequential co-visitation counts and the walk on them (docs/model.md).
struct CovisitationConfig {
  /// History entries an event is paired with, weight 1/distance.
  std::size_t window = 10;
  /// Weight of the reverse direction.
  double reverse_weight = 0.7;
  /// Pairs kept per item; at twice this many the weakest are dropped.
  std::size_t neighbours_max = 128;
  /// Half-life in learned events of a pair's standing when pairs are dropped.
  double half_life = 50'000;
  /// Edges per item that the walk follows.
  std::size_t walk_edges_max = 30;
};

/// The expert that gives new items a chance.
struct ExplorationConfig {
  bool enabled = true;
  /// Newest items it looks at.
  std::size_t items_max = 200;
  /// Items with as many events are new no more.
  std::size_t events_max = 5;
};

/// The learned second stage over the experts' candidates (docs/model.md).
struct SecondStageConfig {
  bool enabled = true;
  std::size_t hidden = 32;
  double learning_rate = 0.002;
};

/// The mixture of experts in probability space.
struct MixtureConfig {
  double learning_rate = 0.002;
  /// No expert's weight falls below this.
  double floor = 0.002;
};

/// What never stands in a list.
struct FilterConfig {
  bool unavailable = true;
  bool disliked = true;
  /// Bought items stay out for `repurchase_after`; 0 s with `bought` = for ever.
  bool bought = true;
  std::chrono::seconds repurchase_after{0};
  /// Items of the current session, the newest excepted, stay out.
  bool seen = false;
};

/// Scoring and learning.
struct ScoringConfig {
  /// Items in a list.
  std::size_t list_size = 20;
  /// Candidates per expert.
  std::size_t candidates_per_expert = 50;
  /// Users scored together. Larger raises throughput and p99 latency.
  std::size_t batch_size_max = 64;
  /// Longest wait for a batch to fill; 0 = score what is there.
  std::chrono::microseconds batch_linger_max{0};
  /// Users that wait for scoring; when full, lists coalesce per user.
  std::size_t queue_max = 1'024;
  /// Users that wait longer are served by counts alone.
  std::chrono::milliseconds rank_deadline{250};
  /// Users whose last served list is kept to measure quality as served.
  std::size_t served_lists_max = 200'000;
  /// Trade of relevance for variety inside a list: 0 = relevance alone .. 1 = variety alone.
  double diversity = 0;
  /// Of the sentences in lists: "en", "de" or "zh".
  std::string language = "en";
  /// How variety is measured: "mmr" or "dpp" (docs/model.md).
  std::string diversity_method = "mmr";
  /// Trade of relevance for rarity: 0 = relevance alone .. 1 = the least known first.
  double novelty = 0;
  /// Trade of relevance for the user's own mix of categories: 0 = relevance alone .. 1.
  double calibration = 0;
  /// Places of a list that are drawn among items of which little is known.
  std::size_t exploration_slots = 0;
  /// Experts that are left out, by the names of reasons ("walk"); for ablation.
  std::vector<std::string> without_experts;
  CatalogueConfig catalogue;
  PopularityConfig popularity;
  CovisitationConfig covisitation;
  ContentConfig content;
  ExplorationConfig exploration;
  NetworkConfig network;
  MixtureConfig mixture;
  SecondStageConfig second_stage;
  LearningConfig learning;
  GuardConfig guard;
  FilterConfig filters;
  RelatedConfig related;
  RefreshConfig refresh;
  /// Rules at a time, those of the rules topic included.
  std::size_t rules_max = 256;
  std::vector<RuleConfig> rules;
  std::vector<ScenarioConfig> scenarios;
};

}  // namespace freshet
