#include "scoring/experts/repeat.h"

#include <algorithm>
#include <cmath>

namespace freshet {
namespace {

/// Rate of the running share, and the least that either side keeps so that it can come back.
constexpr float kDueRate = 0.005F;
constexpr float kDueMin = 0.01F;

/// Rates of few purchases are too sure of themselves; their power is less so.
constexpr float kRatePower = 0.7F;

/// Returns to each distance that are taken to have been seen: 1/(1 + distance).
constexpr auto kPriors = [] {
  std::array<double, kContextStepsMax> priors{};
  for (std::size_t k = 0; k < priors.size(); ++k) priors[k] = 1.0 / static_cast<double>(1 + k);
  return priors;
}();

}  // namespace

void RepeatCounts::observe_due(Action newest, float due) {
  float& share = due_[static_cast<std::size_t>(newest)];
  share = std::clamp(share + kDueRate * (due - share), kDueMin, 1 - kDueMin);
}

float RepeatCounts::share(std::size_t distinct_index) const {
  double total = 0;
  for (std::size_t k = 0; k < kContextStepsMax; ++k) total += counts_[k] + kPriors[k];
  const std::size_t k = slot(distinct_index);
  return static_cast<float>((counts_[k] + kPriors[k]) / total);
}

void RepeatExpert::prepare(const Context& context, std::size_t) {
  own_.clear();
  for (std::size_t k = 0; k < context.distinct.size(); ++k)
    own_.push_back({.row = context.distinct[k].row, .returned = counts_.share(k)});
  has_owned_ = !context.owned.empty();
  if (has_owned_) add_owned(context);
}

void RepeatExpert::add_owned(const Context& context) {
  const float due = counts_.due_share(context.last_action);
  for (Own& own : own_) own.returned *= 1 - due;
  std::vector<float> rates;
  float total = 0;
  for (const OwnedItem& item : context.owned) {
    const float rate = counts_.repurchases().rate(item.row, Repurchases::piece_group(item.pieces),
                                                  Repurchases::age_bucket(item.age));
    rates.push_back(std::pow(rate, kRatePower));
    total += rates.back();
  }
  for (std::size_t k = context.owned.size(); k-- > 0 && total > 0;) {
    const ItemRow row = context.owned[k].row;
    const auto known =
        std::find_if(own_.begin(), own_.end(), [row](const Own& own) { return own.row == row; });
    const float probability = due * rates[k] / total;
    if (known != own_.end()) {
      known->due = probability;
    } else {
      own_.push_back({.row = row, .due = probability});
    }
  }
}

void RepeatExpert::candidates(std::size_t count, std::vector<ScoredRow>& best) {
  best.clear();
  for (const Own& own : own_) best.push_back({own.row, own.returned + own.due});
  keep_best(best, count);
}

const RepeatExpert::Own* RepeatExpert::find(ItemRow row) const {
  const auto own =
      std::find_if(own_.begin(), own_.end(), [row](const Own& known) { return known.row == row; });
  return own != own_.end() ? &*own : nullptr;
}

float RepeatExpert::probability(ItemRow row) const {
  const Own* own = find(row);
  return own != nullptr ? own->returned + own->due : 0;
}

/// Without a newer item the row moves up by one place.
void RepeatExpert::add_influences(ItemRow row, std::vector<Influence>& influences) {
  for (std::size_t k = 0; k < own_.size(); ++k) {
    if (own_[k].row != row) continue;
    influences.push_back({.item = row, .share = 1, .loss = own_[k].returned + own_[k].due});
    for (std::size_t newer = 0; newer < k && own_[k].returned > 0; ++newer)
      influences.push_back(
          {.item = own_[newer].row, .loss = own_[k].returned - own_[k - 1].returned});
  }
}

std::optional<float> RepeatExpert::due_part(ItemRow row) const {
  const Own* own = find(row);
  if (!has_owned_ || own == nullptr || !(own->returned + own->due > 0)) return std::nullopt;
  return own->due / (own->returned + own->due);
}

}  // namespace freshet
