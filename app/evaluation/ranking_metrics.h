#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "config/ids.h"

namespace freshet {

/// Longest list that is evaluated.
inline constexpr std::size_t kEvaluatedListMax = 20;

/// The cut-offs k that figures are given for.
inline constexpr std::array<std::size_t, 3> kCutOffs = {5, 10, kEvaluatedListMax};

/// Ranking metrics at a cut-off k: of one list, or the mean of many. Relevant = the items that the
/// user then took; a hit = a relevant item among the first k. All are 0..1, higher is better.
/// Formulas: Herlocker et al., TOIS 2004 and Järvelin & Kekäläinen, TOIS 2002.
struct RankingFigures {
  double hit_rate = 0;   ///< Share of lists with at least one hit.
  double recall = 0;     ///< Hits / relevant items.
  double precision = 0;  ///< Hits / k; places that a short list leaves empty count as misses.
  double f1 = 0;         ///< 2 · precision · recall / (precision + recall), of each list; mean.
  double mrr = 0;        ///< 1 / place of the first hit (1 = first); 0 without a hit.
  /// Σ over hits of 1 / log2(1 + place), divided by the same sum for the best possible list:
  /// min(k, relevant items) hits at the top.
  double ndcg = 0;
};

/// Returns the metrics of one list, best first, for any number of relevant items (a basket has
/// several). Both hold an item once at most; without a relevant item all metrics are 0.
RankingFigures ranking_figures(std::span<const ItemId> list, std::span<const ItemId> relevant,
                               std::size_t k);

/// Lists with one relevant item each, counted by its rank: all ranking metrics at every cut-off
/// follow from these counts. Confined to one thread.
class RankTotals {
 public:
  /// `rank`: of the relevant item, 0 = first; kEvaluatedListMax or more = not in the list.
  void add(std::size_t rank);

  /// Takes all of `other` in.
  void add(const RankTotals& other);

  /// Mean of ranking_figures at 1 <= k <= kEvaluatedListMax; all 0 without lists.
  RankingFigures at(std::size_t k) const;

  /// What came after `earlier`, an earlier value of this object; for figures over time.
  RankTotals since(const RankTotals& earlier) const;

  std::uint64_t lists() const { return lists_; }

 private:
  std::uint64_t lists_ = 0;
  std::array<std::uint64_t, kEvaluatedListMax> at_rank_{};
};

}  // namespace freshet
