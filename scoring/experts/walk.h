#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "scoring/experts/covisitation.h"
#include "scoring/experts/expert.h"
#include "scoring/experts/leave_one_out.h"

namespace freshet {

/// What a walk found out about one row. Probabilities, 0..1, except where said. One cache line,
/// because every step touches most of it; the second step adds to the first eight as two vectors.
struct alignas(64) Reach {
  float forward_forward = 0;     ///< In two steps, both to what came after.
  float forward_backward = 0;    ///< To what came after, then to what came before that.
  float backward_forward = 0;    ///< To what came before, then to what came after that.
  float backward_backward = 0;   ///< Both to what came before.
  float two_hops = 0;            ///< In two steps, whatever their directions.
  float two_hops_from_last = 0;  ///< The part of it that set out from the newest item.
  float two_hops_older = 0;  ///< In two steps from the older ones, each times its weight (0..1).
  float paths = 0;           ///< Number of two-step paths.
  float one_step = 0;        ///< From the newest two distinct items, in one step.
  float three_hops = 0;      ///< In three steps, by the best two-step rows.
  float three_hops_from_last = 0;  ///< The part of it that set out from the newest item.
  std::uint32_t middle = 0;        ///< Its number among the middles, from 1; 0 = it is none.
  bool touched = false;            ///< Any of the above was set.
};

/// The two- and three-hop walk over the strongest edges of the co-visitation graph, from the last
/// two distinct items (docs/model.md). It finds what never followed an item directly. Older items
/// are walked from, too, but what they reach is only told (Reach), for the second stage.
class WalkExpert final : public Expert {
 public:
  /// `counts` must outlive the expert.
  explicit WalkExpert(const Covisitation& counts) : counts_(counts) {}

  Source source() const override { return Source::kWalk; }
  void prepare(const Context& context, std::size_t rows) override;
  void candidates(std::size_t count, std::vector<ScoredRow>& best) override;
  float probability(ItemRow row) const override;
  void add_influences(ItemRow row, std::vector<Influence>& influences) override;

  /// What the walk found out about `row`; valid until the next `prepare`.
  const Reach& reach(ItemRow row) const { return row < reach_.size() ? reach_[row] : nothing_; }

 private:
  /// A row after the first step, of however many origins: how likely the walker is there.
  struct Middle {
    ItemRow row = 0;
    float forward = 0;    ///< It came after the origin.
    float backward = 0;   ///< It came before the origin.
    float from_last = 0;  ///< The part of both from the newest item.
    float older = 0;      ///< From the older ones, each times its weight.
    float origins = 0;    ///< Number of used origins that lead here.
  };

  void reset(std::size_t rows);
  Reach& touch(ItemRow row);
  static float joined(float two_hops, float three_hops);
  Middle& middle_of(ItemRow row);
  void step_once(std::size_t used);
  void step_once_older(std::size_t used);
  void step_again(const Middle& middle);
  void step_thrice();

  const Covisitation& counts_;
  const Reach nothing_;
  std::vector<DistinctItem> origins_;
  LeaveOneOut leave_one_out_;     // Of those that are used, and the one that would move up.
  std::vector<Reach> reach_;      // [row]
  std::vector<ItemRow> touched_;  // The first touched_count_.
  std::size_t touched_count_ = 0;
  std::vector<Middle> middles_;
  std::vector<ScoredRow> best_two_;
  std::vector<ScoredRow> best_three_;
};

}  // namespace freshet
