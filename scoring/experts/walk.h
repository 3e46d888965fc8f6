#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "scoring/experts/covisitation.h"
#include "scoring/experts/expert.h"

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
  float two_hops(ItemRow row) const { return reach(row).two_hops; }
  float two_hops_from_last(ItemRow row) const { return reach(row).two_hops_from_last; }
  /// Probability of reaching it in three steps by the best two-step rows.
  float three_hops(ItemRow row) const { return reach(row).three_hops; }
  /// Number of two-step paths that reach it.
  float paths(ItemRow row) const { return reach(row).paths; }

 private:
  /// All that is known of one row; together, because every step touches all of it.
  struct Reach {
    float two_hops = 0;
    float two_hops_from_last = 0;
    float three_hops = 0;
    float paths = 0;
  };

  Reach reach(ItemRow row) const { return row < reach_.size() ? reach_[row] : Reach{}; }
  void reset(std::size_t rows);
  void step_twice(ItemRow origin, float weight);
  void step_thrice();

  const Covisitation& counts_;
  std::vector<ItemRow> origins_;
  std::vector<Reach> reach_;            // [row]
  std::vector<ItemRow> touched_two_;    // Rows with two_hops.
  std::vector<ItemRow> touched_three_;  // Rows with three_hops.
  std::vector<ScoredRow> best_two_;
  std::vector<ScoredRow> best_three_;
};

}  // namespace freshet
