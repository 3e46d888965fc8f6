#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "scoring/experts/covisitation.h"
#include "scoring/experts/popularity.h"
#include "scoring/topk/top_k.h"

namespace freshet {

/// Similarity of two items by who visits both: (fw + bw) / sqrt(c_i c_j), at most 1; fw, bw = the
/// pair's counts, c = an item's events.
float covisitation_cosine(const PairCounts& pair, float count_i, float count_j);

/// Trades relevance for variety inside one list: maximal marginal relevance (Carbonell & Goldstein,
/// SIGIR 1998). Takes, place by place, the item with the largest
///
///     (1 - dial) relevance(j) - dial max over taken i of similarity(i, j),
///
/// relevance = score, 0..1 from the worst to the best of the pool; similarity =
/// covisitation_cosine. Confined to one thread.
class Diversity {
 public:
  /// Best items that are looked at.
  static constexpr std::size_t kPoolMax = 100;

  /// Both must outlive this object. `dial`: 0 = relevance alone .. 1.
  Diversity(double dial, const Covisitation& covisitation, const Popularity& popularity)
      : dial_(static_cast<float>(dial)), covisitation_(covisitation), popularity_(popularity) {}

  bool enabled() const { return dial_ > 0; }

  /// Replaces `order` (best first, row = place in `rows`) by its best `count` in the new order.
  void apply(const std::vector<ItemRow>& rows, std::size_t count, std::vector<ScoredRow>& order);

 private:
  void note_similar(ItemRow taken);

  const float dial_;
  const Covisitation& covisitation_;
  const Popularity& popularity_;
  std::vector<std::uint16_t> slots_;  // [catalogue row] place in the pool plus one; 0 = none.
  std::vector<float> nearest_;        // [pool] greatest similarity to an item taken.
};

}  // namespace freshet
