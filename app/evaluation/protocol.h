#pragma once

#include <functional>
#include <memory>
#include <stop_token>

#include "app/evaluation/evaluation.h"
#include "app/evaluation/evaluator.h"
#include "app/evaluation/scoreboard.h"

namespace freshet {

/// One run of a protocol over a stream, and what came of it.
class ProtocolRun {
 public:
  /// `factory` may be null: then there is no network.
  ProtocolRun(const Config& config, const NetworkFactory& factory,
              const EvaluationOptions& options);

  /// Has `encoder` make the embeddings of items; null = they bring their own. Called first.
  void encode_with(std::unique_ptr<ItemEncoder> encoder) {
    evaluator_.encode_with(std::move(encoder));
  }

  /// Runs to the stream's end. Called once. Errors: those of evaluate().
  Status run(const EvaluationProgress& progress, std::stop_token stop);

  const Scoreboard& scores() const { return scores_; }
  const Evaluator& evaluator() const { return evaluator_; }
  /// Quality over time of the live row, of popularity's, and, with a flood, how often and how high
  /// the flooded item stands in the live row's lists, as if it was the target.
  const std::vector<QualityLine>& over_time() const { return over_time_; }
  std::uint64_t events() const { return events_; }
  double seconds() const { return seconds_; }
  /// Rows that could not be decoded, with the first reason; empty = none.
  const std::string& bad_rows() const { return bad_rows_; }

 private:
  Status tell_items();
  Status run_stream(Recording& recording, const EvaluationProgress& progress, std::stop_token stop);
  Status run_leave_one_out(Recording& recording, const EvaluationProgress& progress,
                           std::stop_token stop);
  Status learn_history(const std::vector<RecordedEvent>& events, std::size_t pass);
  void show(const Recording& recording, const EvaluationProgress& progress);
  void judge(const JudgedExample& example);
  bool is_point_due(double part);
  void note_point();

  const Config config_;
  const EvaluationOptions options_;
  Scoreboard scores_;
  Evaluator evaluator_;
  std::vector<QualityLine> over_time_;
  RankTotals live_before_, popular_before_;
  RankTotals flooded_, flooded_before_;  // Of Poison::flooded_item() in the live row's lists.
  double next_point_ = 0;  // Share of the stream at which the next point of over_time_ is due.
  std::uint64_t events_ = 0;
  double seconds_ = 0;
  std::string bad_rows_;
};

}  // namespace freshet
