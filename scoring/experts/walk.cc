#include "scoring/experts/walk.h"

#include <algorithm>

namespace freshet {
namespace {

/// Distinct items the walk starts from.
constexpr std::size_t kOriginsMax = 2;

/// Rows of the second hop that the third one starts from.
constexpr std::size_t kMiddlesMax = 30;

/// Part of the probability that is the two-step walk's; the rest is the three-step walk's.
constexpr float kTwoHopsShare = 0.8F;

}  // namespace

void WalkExpert::prepare(const Context& context, std::size_t rows) {
  two_hops_.reset(rows);
  two_hops_from_last_.reset(rows);
  three_hops_.reset(rows);
  paths_.reset(rows);
  origins_.clear();
  const std::size_t count = std::min(kOriginsMax, context.distinct.size());
  float total = 0;
  for (std::size_t k = 0; k < count; ++k) total += context.distinct[k].weight(k);
  for (std::size_t k = 0; k < count; ++k) {
    origins_.push_back(context.distinct[k].row);
    step_twice(origins_.back(), context.distinct[k].weight(k) / total);
    if (k > 0) continue;
    for (const ItemRow row : two_hops_.touched()) two_hops_from_last_.add(row, two_hops_[row]);
  }
  collect(two_hops_, best_two_);
  for (const ScoredRow& middle : best_two_) {
    const Neighbours& item = counts_.of(middle.row);
    const float scale = middle.score / item.edge_sum;
    for (const ScoredRow& edge : item.edges.rows()) three_hops_.add(edge.row, scale * edge.score);
  }
  collect(three_hops_, best_three_);
}

void WalkExpert::step_twice(ItemRow origin, float weight) {
  const Neighbours& from = counts_.of(origin);
  for (const ScoredRow& first : from.edges.rows()) {
    const Neighbours& middle = counts_.of(first.row);
    const float scale = weight * first.score / from.edge_sum / middle.edge_sum;
    for (const ScoredRow& second : middle.edges.rows()) {
      two_hops_.add(second.row, scale * second.score);
      paths_.add(second.row, 1);
    }
  }
}

void WalkExpert::collect(const SparseScores& scores, std::vector<ScoredRow>& best) const {
  best.clear();
  for (const ItemRow row : scores.touched()) best.push_back({row, scores[row]});
  keep_best(best, kMiddlesMax);
}

void WalkExpert::candidates(std::size_t count, std::vector<ScoredRow>& best) {
  best.clear();
  const std::size_t each = std::min(kMiddlesMax, count);
  for (std::size_t k = 0; k < std::min(each, best_two_.size()); ++k)
    best.push_back({best_two_[k].row, probability(best_two_[k].row)});
  for (std::size_t k = 0; k < std::min(each, best_three_.size()); ++k)
    best.push_back({best_three_[k].row, probability(best_three_[k].row)});
  std::sort(best.begin(), best.end(), stands_before);
  const auto same = [](const ScoredRow& a, const ScoredRow& b) { return a.row == b.row; };
  best.erase(std::unique(best.begin(), best.end(), same), best.end());
}

float WalkExpert::probability(ItemRow row) const {
  return kTwoHopsShare * two_hops_[row] + (1 - kTwoHopsShare) * three_hops_[row];
}

ItemRow WalkExpert::because_of(ItemRow row) const {
  if (origins_.empty()) return kNoRow;
  if (origins_.size() == 1) return origins_[0];
  const float from_last = two_hops_from_last_[row];
  return 2 * from_last >= two_hops_[row] ? origins_[0] : origins_[1];
}

}  // namespace freshet
