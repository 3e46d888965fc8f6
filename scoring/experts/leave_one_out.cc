#include "scoring/experts/leave_one_out.h"

#include <algorithm>

namespace freshet {

void LeaveOneOut::prepare(std::span<const DistinctItem> items, std::size_t used, bool squared) {
  items_.clear();
  for (const DistinctItem& item : items) items_.push_back(item.row);
  used_ = std::min(used, size());
  weights_.assign((size() + 1) * size(), 0);
  totals_.assign(size() + 1, 0);
  for (std::size_t left_out = 0; left_out <= size(); ++left_out) {
    float* weights = weights_.data() + left_out * size();
    for (std::size_t t = 0, place = 0; t < size() && place < used_; ++t) {
      if (t == left_out) continue;
      const float near = items[t].weight(place++);
      weights[t] = squared ? near * near : near;
      totals_[left_out] += weights[t];
    }
  }
}

float LeaveOneOut::mean_without(std::size_t left_out, std::span<const float> rates) const {
  const float* weights = weights_without(left_out);
  float sum = 0;
  for (std::size_t t = 0; t < size(); ++t) sum += weights[t] * rates[t];
  return totals_[left_out] > 0 ? sum / totals_[left_out] : 0;
}

void LeaveOneOut::add_influences(std::span<const float> rates,
                                 std::vector<Influence>& influences) const {
  const std::size_t none = size();
  const float all = mean_without(none, rates);
  if (!(all > 0)) return;
  for (std::size_t t = 0; t < used_; ++t) {
    const float part = weights_without(none)[t] * rates[t] / totals_[none];
    influences.push_back({.item = items_[t],
                          .share = std::min(part / all, 1.0F),
                          .loss = all - mean_without(t, rates)});
  }
}

}  // namespace freshet
