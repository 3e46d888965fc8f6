#include "app/evaluation/ranking_metrics.h"

#include <algorithm>
#include <cmath>

namespace freshet {
namespace {

/// What a hit at `rank` (0 = first) adds to the discounted gain.
double gain(std::size_t rank) { return 1 / std::log2(static_cast<double>(2 + rank)); }

double f1_of(double precision, double recall) {
  return precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0;
}

}  // namespace

RankingFigures ranking_figures(std::span<const ItemId> list, std::span<const ItemId> relevant,
                               std::size_t k) {
  RankingFigures figures;
  if (relevant.empty() || k == 0) return figures;
  double hits = 0;
  double gained = 0;
  for (std::size_t rank = 0; rank < std::min(k, list.size()); ++rank) {
    if (std::find(relevant.begin(), relevant.end(), list[rank]) == relevant.end()) continue;
    if (hits == 0) figures.mrr = 1 / static_cast<double>(1 + rank);
    ++hits;
    gained += gain(rank);
  }
  double best_gain = 0;
  for (std::size_t rank = 0; rank < std::min(k, relevant.size()); ++rank) best_gain += gain(rank);
  figures.hit_rate = hits > 0 ? 1 : 0;
  figures.recall = hits / static_cast<double>(relevant.size());
  figures.precision = hits / static_cast<double>(k);
  figures.f1 = f1_of(figures.precision, figures.recall);
  figures.ndcg = gained / best_gain;
  return figures;
}

void RankTotals::add(std::size_t rank) {
  ++lists_;
  if (rank < kEvaluatedListMax) ++at_rank_[rank];
}

void RankTotals::add(const RankTotals& other) {
  lists_ += other.lists_;
  for (std::size_t rank = 0; rank < kEvaluatedListMax; ++rank)
    at_rank_[rank] += other.at_rank_[rank];
}

RankingFigures RankTotals::at(std::size_t k) const {
  RankingFigures figures;
  if (lists_ == 0) return figures;
  for (std::size_t rank = 0; rank < std::min(k, kEvaluatedListMax); ++rank) {
    const double share = static_cast<double>(at_rank_[rank]) / static_cast<double>(lists_);
    figures.hit_rate += share;
    figures.mrr += share / static_cast<double>(1 + rank);
    figures.ndcg += share * gain(rank);
  }
  figures.recall = figures.hit_rate;
  figures.precision = figures.hit_rate / static_cast<double>(k);
  // A list with its one hit has recall 1 and precision 1/k; the mean is over lists.
  figures.f1 = figures.hit_rate * f1_of(1 / static_cast<double>(k), 1);
  return figures;
}

RankTotals RankTotals::since(const RankTotals& earlier) const {
  RankTotals difference = *this;
  difference.lists_ -= earlier.lists_;
  for (std::size_t rank = 0; rank < kEvaluatedListMax; ++rank)
    difference.at_rank_[rank] -= earlier.at_rank_[rank];
  return difference;
}

}  // namespace freshet
