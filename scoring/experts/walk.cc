#include "scoring/experts/walk.h"

#include <algorithm>
#include <array>

#include "scoring/experts/leave_one_out.h"

namespace freshet {
namespace {

/// Distinct items the walk starts from.
constexpr std::size_t kOriginsMax = 2;

/// Distinct items, those two included, from which a walk is told as features.
constexpr std::size_t kOlderOriginsMax = 6;

/// Rows of the second hop that the third one starts from.
constexpr std::size_t kMiddlesMax = 30;

/// Part of the probability that is the two-step walk's; the rest is the three-step walk's.
constexpr float kTwoHopsShare = 0.8F;

}  // namespace

void WalkExpert::prepare(const Context& context, std::size_t rows) {
  reset(rows);
  origins_.assign(context.distinct.begin(),
                  context.distinct.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                 kOlderOriginsMax, context.distinct.size())));
  const std::size_t count = std::min(kOriginsMax, context.distinct.size());
  float total = 0;
  for (std::size_t k = 0; k < count; ++k) total += context.distinct[k].weight(k);
  for (std::size_t k = 0; k < count; ++k) {
    step_twice(context.distinct[k].row, context.distinct[k].weight(k) / total);
    if (k > 0) continue;
    for (const ItemRow row : touched_) reach_[row].two_hops_from_last = reach_[row].two_hops();
  }
  for (const ItemRow row : touched_)
    if (reach_[row].paths > 0) best_two_.push_back({row, reach_[row].two_hops()});
  keep_best(best_two_, kMiddlesMax);
  step_thrice();
  for (std::size_t k = count; k < std::min(kOlderOriginsMax, context.distinct.size()); ++k)
    step_twice_older(context.distinct[k].row, context.distinct[k].weight(k));
}

void WalkExpert::reset(std::size_t rows) {
  for (const ItemRow row : touched_) reach_[row] = {};
  if (reach_.size() < rows) reach_.resize(rows);
  touched_.clear();
  best_two_.clear();
  best_three_.clear();
  origins_.clear();
}

Reach& WalkExpert::touch(ItemRow row) {
  Reach& reached = reach_[row];
  if (!reached.touched) touched_.push_back(row);
  reached.touched = true;
  return reached;
}

void WalkExpert::step_twice(ItemRow origin, float weight) {
  const Neighbours& from = counts_.of(origin);
  for (const Edge& first : from.edges.rows()) {
    const Neighbours& middle = counts_.of(first.row);
    const float near = weight / from.edge_sum;
    touch(first.row).one_step += near * first.score;
    const float forward = near * first.forward / middle.edge_sum;
    const float backward = near * (first.score - first.forward) / middle.edge_sum;
    for (const Edge& second : middle.edges.rows()) {
      Reach& reached = touch(second.row);
      const float second_backward = second.score - second.forward;
      reached.forward_forward += forward * second.forward;
      reached.forward_backward += forward * second_backward;
      reached.backward_forward += backward * second.forward;
      reached.backward_backward += backward * second_backward;
      reached.paths += 1;
    }
  }
}

void WalkExpert::step_twice_older(ItemRow origin, float weight) {
  const Neighbours& from = counts_.of(origin);
  for (const Edge& first : from.edges.rows()) {
    const Neighbours& middle = counts_.of(first.row);
    const float scale = weight * first.score / from.edge_sum / middle.edge_sum;
    for (const Edge& second : middle.edges.rows())
      touch(second.row).two_hops_older += scale * second.score;
  }
}

void WalkExpert::step_thrice() {
  for (const ScoredRow& middle : best_two_) {
    const Neighbours& item = counts_.of(middle.row);
    const float scale = middle.score / item.edge_sum;
    const float scale_of_last = reach(middle.row).two_hops_from_last / item.edge_sum;
    for (const Edge& edge : item.edges.rows()) {
      Reach& reached = touch(edge.row);
      reached.three_hops += scale * edge.score;
      reached.three_hops_from_last += scale_of_last * edge.score;
    }
  }
  for (const ItemRow row : touched_)
    if (reach_[row].three_hops > 0) best_three_.push_back({row, reach_[row].three_hops});
  keep_best(best_three_, kMiddlesMax);
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
  return joined(reach(row).two_hops(), reach(row).three_hops);
}

float WalkExpert::joined(float two_hops, float three_hops) {
  return kTwoHopsShare * two_hops + (1 - kTwoHopsShare) * three_hops;
}

/// Both steps are linear in where the walker sets out, so the origins' parts add up. The item that
/// would move up is taken to lead to the row as the older ones do on average.
void WalkExpert::influences_on(ItemRow row, std::vector<Influence>& influences) {
  const Reach& reached = reach(row);
  const float last = joined(reached.two_hops_from_last, reached.three_hops_from_last);
  const std::array parts{last, std::max(probability(row) - last, 0.0F)};
  const std::size_t used = std::min(kOriginsMax, origins_.size());
  float total = 0, older = 0;
  for (std::size_t k = 0; k < origins_.size(); ++k)
    (k < used ? total : older) += origins_[k].weight(k);
  std::vector<Origin> origins;
  for (std::size_t k = 0; k < used; ++k)
    origins.push_back({origins_[k], parts[k] * total / origins_[k].weight(k)});
  if (older > 0) origins.push_back({origins_[used], joined(reached.two_hops_older, 0) / older});
  leave_one_out(origins, kOriginsMax, false, influences);
}

}  // namespace freshet
