#include "scoring/experts/walk.h"

#include <algorithm>
#include <array>

#include "scoring/vector_lanes.h"

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
  const std::size_t used = std::min(kOriginsMax, origins_.size());
  leave_one_out_.prepare(std::span(origins_).first(std::min(used + 1, origins_.size())), used,
                         false);
  step_once(used);
  step_once_older(used);
  for (std::size_t k = 0; k < middles_.size(); ++k) {
    counts_.prefetch_edges_behind(k, middles_);
    step_again(middles_[k]);
  }
  for (std::size_t k = 0; k < touched_count_; ++k) {
    const Reach& reached = reach_[touched_[k]];
    if (reached.paths > 0) best_two_.push_back({touched_[k], reached.two_hops});
  }
  keep_best(best_two_, kMiddlesMax);
  step_thrice();
}

void WalkExpert::reset(std::size_t rows) {
  for (std::size_t k = 0; k < touched_count_; ++k) reach_[touched_[k]] = {};
  touched_count_ = 0;
  if (reach_.size() < rows) {
    reach_.resize(rows);
    touched_.resize(rows + 1);
  }
  middles_.clear();
  best_two_.clear();
  best_three_.clear();
}

/// Without a branch: whether a row is new is hard to predict.
Reach& WalkExpert::touch(ItemRow row) {
  Reach& reached = reach_[row];
  touched_[touched_count_] = row;
  touched_count_ += reached.touched ? 0 : 1;
  reached.touched = true;
  return reached;
}

WalkExpert::Middle& WalkExpert::middle_of(ItemRow row) {
  Reach& reached = touch(row);
  if (reached.middle == 0) {
    middles_.push_back({.row = row});
    reached.middle = static_cast<std::uint32_t>(middles_.size());
  }
  return middles_[reached.middle - 1];
}

void WalkExpert::step_once(std::size_t used) {
  float total = 0;
  for (std::size_t k = 0; k < used; ++k) total += origins_[k].weight(k);
  for (std::size_t k = 0; k < used; ++k) {
    const Neighbours& from = counts_.of(origins_[k].row);
    const float near = origins_[k].weight(k) / total / from.edge_sum;
    for (const Edge& edge : from.edges.rows()) {
      Middle& middle = middle_of(edge.row);
      reach_[edge.row].one_step += near * edge.score;
      middle.forward += near * edge.forward;
      middle.backward += near * (edge.score - edge.forward);
      if (k == 0) middle.from_last = near * edge.score;
      middle.origins += 1;
    }
  }
}

void WalkExpert::step_once_older(std::size_t used) {
  for (std::size_t k = used; k < origins_.size(); ++k) {
    const Neighbours& from = counts_.of(origins_[k].row);
    const float near = origins_[k].weight(k) / from.edge_sum;
    for (const Edge& edge : from.edges.rows()) middle_of(edge.row).older += near * edge.score;
  }
}

/// Once for all origins that lead to `middle`: walks of one session meet early.
void WalkExpert::step_again(const Middle& middle) {
  using Four = Lanes<4>::Float;
  const Neighbours& item = counts_.of(middle.row);
  const float forward = middle.forward / item.edge_sum;
  const float backward = middle.backward / item.edge_sum;
  const Four by_forward{forward, 0, backward, 0};
  const Four by_backward{0, forward, 0, backward};
  const Four by_both{forward + backward, middle.from_last / item.edge_sum,
                     middle.older / item.edge_sum, 0};
  const Four by_path{0, 0, 0, middle.origins};
  for (const Edge& edge : item.edges.rows()) {
    Reach& reached = touch(edge.row);
    lanes_at<4>(&reached.forward_forward) +=
        by_forward * edge.forward + by_backward * (edge.score - edge.forward);
    lanes_at<4>(&reached.two_hops) += by_both * edge.score + by_path;
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
  for (std::size_t k = 0; k < touched_count_; ++k) {
    const Reach& reached = reach_[touched_[k]];
    if (reached.three_hops > 0) best_three_.push_back({touched_[k], reached.three_hops});
  }
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
  return joined(reach(row).two_hops, reach(row).three_hops);
}

float WalkExpert::joined(float two_hops, float three_hops) {
  return kTwoHopsShare * two_hops + (1 - kTwoHopsShare) * three_hops;
}

/// Both steps are linear in where the walker sets out, so the origins' parts add up. The item that
/// would move up is taken to lead to the row as the older ones do on average.
void WalkExpert::add_influences(ItemRow row, std::vector<Influence>& influences) {
  const Reach& reached = reach(row);
  const float last = joined(reached.two_hops_from_last, reached.three_hops_from_last);
  const std::array parts{last, std::max(probability(row) - last, 0.0F)};
  const std::size_t used = std::min(kOriginsMax, origins_.size());
  float total = 0, older = 0;
  for (std::size_t k = 0; k < origins_.size(); ++k)
    (k < used ? total : older) += origins_[k].weight(k);
  std::array<float, kOriginsMax + 1> rates{};
  for (std::size_t k = 0; k < used; ++k) rates[k] = parts[k] * total / origins_[k].weight(k);
  if (older > 0) rates[used] = joined(reached.two_hops_older, 0) / older;
  leave_one_out_.add_influences(rates, influences);
}

}  // namespace freshet
