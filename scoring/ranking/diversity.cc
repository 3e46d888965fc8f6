#include "scoring/ranking/diversity.h"

#include <algorithm>
#include <cmath>

namespace freshet {

float covisitation_cosine(const PairCounts& pair, float count_i, float count_j) {
  const float product = count_i * count_j;
  return product > 0 ? std::min(1.0F, (pair.forward + pair.backward) / std::sqrt(product)) : 0;
}

void Diversity::apply(const std::vector<ItemRow>& rows, std::size_t count,
                      std::vector<ScoredRow>& order) {
  if (order.size() > std::max(kPoolMax, count)) order.resize(std::max(kPoolMax, count));
  if (order.size() < 2) return;
  const float best = order.front().score;
  const float spread = std::max(best - order.back().score, 1e-9F);
  slots_.resize(std::max(slots_.size(), popularity_.rows()), 0);
  nearest_.assign(order.size(), 0);
  for (std::size_t k = 0; k < order.size(); ++k)
    slots_[rows[order[k].row]] = static_cast<std::uint16_t>(k + 1);

  std::vector<ScoredRow> taken;
  std::vector<bool> used(order.size(), false);
  while (taken.size() < std::min(count, order.size())) {
    std::size_t next = order.size();
    float highest = 0;
    for (std::size_t k = 0; k < order.size(); ++k) {
      if (used[k]) continue;
      const float relevance = 1 - (best - order[k].score) / spread;
      const float value = (1 - dial_) * relevance - dial_ * nearest_[k];
      if (next < order.size() && value <= highest) continue;
      next = k;
      highest = value;
    }
    used[next] = true;
    taken.push_back(order[next]);
    note_similar(rows[order[next].row]);
  }
  for (const ScoredRow& entry : order) slots_[rows[entry.row]] = 0;
  order = std::move(taken);
}

/// One pass over the taken item's pairs reaches everything that is like it.
void Diversity::note_similar(ItemRow taken) {
  const Neighbours& item = covisitation_.of(taken);
  const auto count = static_cast<float>(popularity_.count(taken));
  for (std::size_t k = 0; k < item.rows.size(); ++k) {
    const std::uint16_t slot = slots_[item.rows[k]];
    if (slot == 0) continue;
    const auto other = static_cast<float>(popularity_.count(item.rows[k]));
    float& nearest = nearest_[slot - 1U];
    nearest = std::max(nearest, covisitation_cosine(item.pairs[k], count, other));
  }
}

}  // namespace freshet
