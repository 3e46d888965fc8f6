#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "scoring/experts/covisitation.h"
#include "scoring/experts/expert.h"
#include "scoring/experts/sparse_scores.h"

namespace freshet {

/// The two- and three-hop walk over the strongest edges of the co-visitation graph, from the last
/// two distinct items (docs/model.md). It finds what never followed an item directly.
class WalkExpert final : public Expert {
 public:
  /// `counts` must outlive the expert.
  explicit WalkExpert(const Covisitation& counts) : counts_(counts) {}

  Source source() const override { return Source::kWalk; }
  void prepare(const Context& context, std::size_t rows) override;
  void candidates(std::size_t count, std::vector<ScoredRow>& best) override;
  float probability(ItemRow row) const override;
  ItemRow because_of(ItemRow row) const override;

  /// Probability of reaching the row in two steps; from all origins, and from the newest alone.
  float two_hops(ItemRow row) const { return two_hops_[row]; }
  float two_hops_from_last(ItemRow row) const { return two_hops_from_last_[row]; }
  /// Probability of reaching it in three steps by the best two-step rows.
  float three_hops(ItemRow row) const { return three_hops_[row]; }
  /// Number of two-step paths that reach it.
  float paths(ItemRow row) const { return paths_[row]; }

 private:
  void step_twice(ItemRow origin, float weight);
  void collect(const SparseScores& scores, std::vector<ScoredRow>& best) const;

  const Covisitation& counts_;
  std::vector<ItemRow> origins_;
  SparseScores two_hops_;
  SparseScores two_hops_from_last_;
  SparseScores three_hops_;
  SparseScores paths_;
  std::vector<ScoredRow> best_two_;
  std::vector<ScoredRow> best_three_;
};

}  // namespace freshet
