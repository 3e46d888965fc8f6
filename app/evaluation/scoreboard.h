#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "app/evaluation/evaluator.h"
#include "app/evaluation/item_counts.h"
#include "app/evaluation/quality_metrics.h"
#include "app/evaluation/ranking_metrics.h"

namespace freshet {

/// One way of ranking, and how well its ranks foretold the events.
struct ScoreRow {
  std::string name;
  RankTotals ranks;               ///< All events.
  std::vector<RankTotals> known;  ///< [period] ADER's: the item was seen before the period began.
};

/// Keeps the score of one evaluation: a row for each follower, for popularity, for each expert and
/// for the mixture and the second stage, all on the same events. Confined to one thread.
class Scoreboard {
 public:
  explicit Scoreboard(std::vector<FollowerKind> kinds);

  /// Judges one example by the lists and ranks it comes with, then counts it.
  void judge(const JudgedExample& example, const Evaluator& evaluator);

  /// The followers' rows come first, in their order, then popularity's, then the learner's own.
  const std::vector<ScoreRow>& rows() const { return rows_; }

  /// All metrics of follower `index`, and of popularity.
  EvaluatedQuality follower_figures(std::size_t index) const { return metrics_[index]->figures(); }
  EvaluatedQuality popularity_figures() const { return metrics_.back()->figures(); }

  const std::vector<FollowerKind>& kinds() const { return kinds_; }
  const ScoreRow& live() const { return rows_.front(); }
  const ScoreRow& popularity() const { return rows_[kinds_.size()]; }

 private:
  struct Session {
    std::size_t period = 0;
    std::size_t known_clicks = 0;  ///< Of its clicks in the period, on items seen before it.
  };

  bool is_known(ItemId item, std::size_t period) const;
  void judge_lists(const JudgedExample& example, const Catalogue& catalogue);
  void judge_popularity(const JudgedExample& example, const Replica& replica);
  void judge_ranks(const JudgedExample& example);
  void score(std::size_t row, std::size_t rank, const JudgedExample& example);
  void count(const JudgedExample& example);
  JudgedEvent event_of(const JudgedExample& example, std::size_t items) const;
  double similarity(ItemId a, ItemId b) const;

  const std::vector<FollowerKind> kinds_;
  std::vector<ScoreRow> rows_;
  ItemCounts counts_;
  std::vector<std::unique_ptr<QualityMetrics>> metrics_;  // [follower], then popularity.
  absl::flat_hash_map<ItemId, std::size_t> first_seen_;   // Period.
  absl::flat_hash_map<UserId, Session> sessions_;
  const Evaluator* evaluator_ = nullptr;
  bool known_ = false;  // The example being judged counts under ADER's protocol.
  std::vector<ItemId> history_, popular_;
  std::vector<JudgedItem> list_;
};

}  // namespace freshet
