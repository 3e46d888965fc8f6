#pragma once

#include <span>
#include <vector>

#include "config/scoring_config.h"
#include "scoring/experts/action_shares.h"
#include "scoring/experts/expert.h"
#include "scoring/network/network.h"
#include "scoring/topk/top_k_index.h"

namespace freshet {

/// The sequence network's softmax over the whole catalogue, for each action worth asking for:
///
///   p(j) = Σ_a w_a p(j | a),   w_a in proportion to (share of a after the newest action) · (worth
///   of a)
///
/// Queries are computed for a whole batch of contexts at once; then each context is prepared by its
/// `batch_index`.
class NetworkExpert final : public Expert {
 public:
  /// `network` may be null (then the expert has no opinion); it and `actions` must outlive the
  /// expert.
  NetworkExpert(Network* network, const ActionShares& actions, const TaskConfig& worth)
      : network_(network), actions_(actions), worth_(worth) {}

  /// Computes the queries and best rows of all `contexts`; `count` as for candidates. A network
  /// that fails or gives NaN leaves `failed()` true, and the expert without opinion.
  void start_batch(std::span<const Context* const> contexts, std::size_t count,
                   std::span<const std::uint64_t> unavailable);

  /// The network could not answer for the context prepared last.
  bool failed() const { return failed_; }

  /// False when it has no opinion on the context prepared last.
  bool awake() const { return begin_ < end_; }

  /// Item side of the score; empty without a network.
  const ItemTableView& table() const { return table_; }

  Source source() const override { return Source::kNetwork; }
  void prepare(const Context& context, std::size_t rows) override;
  void candidates(std::size_t count, std::vector<ScoredRow>& best) override;
  float probability(ItemRow row) const override;

  /// Occlusion (Zeiler & Fergus, ECCV 2014): what the row's probability among the expert's own
  /// candidates loses when an item is left out of the history; shares are of the sum of losses.
  /// One more query per distinct item and context, computed when it is first asked for.
  void add_influences(ItemRow row, std::vector<Influence>& influences) override;

 private:
  /// One action asked for in one context: its place in the batch of queries, and its weight.
  struct Task {
    Action action = Action::kClick;
    float weight = 0;
  };

  void scan_on_device(DeviceScan& scan, std::size_t count,
                      std::span<const std::uint64_t> unavailable);
  std::vector<Task> tasks_after(Action last) const;
  void occlude();
  bool ask_without_each();
  void sum_candidates();
  float among_candidates(std::size_t history, float bias) const;
  float logit(const float* query, ItemRow row) const;
  bool finite(std::size_t query) const;
  float probability(std::size_t query, ItemRow row) const;

  Network* network_;
  const ActionShares& actions_;
  TaskConfig worth_;
  ItemTableView table_;
  TopKIndex index_;                           // Follows table_.
  std::vector<float> queries_;                // [queries, dim]
  std::vector<std::vector<ScoredRow>> best_;  // [queries] score = logit
  std::vector<float> log_sum_exp_;            // [queries]
  std::vector<Task> tasks_;                   // [queries]
  std::vector<std::size_t> starts_;           // [batch + 1] where a context's queries begin.
  // Queries of the prepared context; none = no opinion.
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool batch_failed_ = false;
  bool failed_ = false;
  Sequence sequence_;  // Of the context prepared last.
  // Of that context, when first asked for: the history, then the same without each of its items.
  bool is_occluded_ = false;
  std::vector<ItemRow> left_out_;           // [histories - 1]; empty = nothing to compare.
  std::vector<float> histories_;            // [histories, tasks, dim] queries.
  std::vector<const float*> history_rows_;  // [histories, tasks] into histories_.
  std::vector<float> history_sums_;         // [histories, tasks] log-sum-exp over the candidates.
  std::vector<float> history_logits_;       // [histories, tasks] of the row in question.
  std::vector<float> compared_, compared_biases_;  // Candidates of all tasks: [., dim], [.].
  mutable std::vector<float> buffer_;              // [dim]
};

}  // namespace freshet
