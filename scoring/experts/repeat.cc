#include "scoring/experts/repeat.h"

#include <numeric>

namespace freshet {

float RepeatCounts::share(std::size_t distinct_index) const {
  double total = 0;
  for (std::size_t k = 0; k < kContextStepsMax; ++k)
    total += counts_[k] + 1.0 / static_cast<double>(1 + k);
  const std::size_t k = slot(distinct_index);
  return static_cast<float>((counts_[k] + 1.0 / static_cast<double>(1 + k)) / total);
}

void RepeatExpert::prepare(const Context& context, std::size_t) {
  own_.clear();
  for (std::size_t k = 0; k < context.distinct.size(); ++k)
    own_.push_back({context.distinct[k].row, counts_.share(k)});
}

void RepeatExpert::candidates(std::size_t count, std::vector<ScoredRow>& best) {
  best = own_;
  keep_best(best, count);
}

float RepeatExpert::probability(ItemRow row) const {
  for (const ScoredRow& own : own_)
    if (own.row == row) return own.score;
  return 0;
}

}  // namespace freshet
