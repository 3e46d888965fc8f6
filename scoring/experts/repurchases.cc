#include "scoring/experts/repurchases.h"

#include <algorithm>
#include <cmath>

namespace freshet {
namespace {

constexpr double kPerOctave = 4;

/// Purchases at risk that what is known of all items counts for.
constexpr float kPriorPurchases = 20;

/// Before anything was bought again: rarely, so that what is known soon counts more.
constexpr float kHazardMin = 1e-4F;

double begin_days(std::size_t age) {
  return age == 0 ? 0 : std::exp2(static_cast<double>(age) / kPerOctave);
}

float width_days(std::size_t age) {
  return static_cast<float>(begin_days(age + 1) - begin_days(age));
}

/// Share repeated at `age` of what was not repeated before.
template <class Counts>
float hazard(float purchases, const Counts& again, std::size_t age) {
  float before = 0;
  for (std::size_t k = 0; k < age; ++k) before += again[k];
  return (again[age] + kHazardMin) / (std::max(purchases - before, 0.0F) + 1);
}

template <class Counts>
void halve(float& purchases, Counts& again) {
  purchases *= 0.5F;
  for (float& count : again) count *= 0.5F;
}

}  // namespace

std::size_t Repurchases::age_bucket(std::chrono::seconds age) {
  const double days = static_cast<double>(age.count()) / 86'400;
  if (!(days > 1)) return 0;
  return std::min(static_cast<std::size_t>(kPerOctave * std::log2(days)), kAges - 1);
}

std::size_t Repurchases::piece_group(std::uint32_t pieces) {
  return pieces <= 1 ? 0 : pieces <= 3 ? 1 : pieces <= 7 ? 2 : 3;
}

void Repurchases::evict(std::span<const ItemRow> rows) {
  for (const ItemRow row : rows) {
    if (items_[row].again != kNone) {
      again_[items_[row].again] = {};
      free_.push_back(items_[row].again);
    }
    items_[row] = {};
  }
}

void Repurchases::observe(ItemRow row, std::size_t group_after) {
  Item& item = items_[row];
  item.purchases += 1;
  if (item.purchases >= kItemPurchasesMax) {
    if (item.again != kNone) {
      halve(item.purchases, again_[item.again].at);
    } else {
      item.purchases *= 0.5F;
    }
  }
  All& all = all_[group_after];
  all.purchases += 1;
  if (all.purchases >= kAllPurchasesMax) halve(all.purchases, all.again.at);
}

void Repurchases::observe_again(ItemRow row, std::size_t group, std::size_t age) {
  Item& item = items_[row];
  if (item.again == kNone) {
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(again_.size()));
      again_.emplace_back();
    }
    item.again = free_.back();
    free_.pop_back();
  }
  again_[item.again].at[age] += 1;
  all_[group].again.at[age] += 1;
}

float Repurchases::rate(ItemRow row, std::size_t group, std::size_t age) const {
  const float expected = hazard(all_[group].purchases, all_[group].again.at, age);
  const Item& item = items_[row];
  float hits = 0, at_risk = item.purchases;
  if (item.again != kNone) {
    const auto& at = again_[item.again].at;
    for (std::size_t k = 0; k < age; ++k) at_risk -= at[k];
    // A purchase at one age says nearly as much of the ages beside it.
    const float below = at[age > 0 ? age - 1 : 0], above = at[std::min(age + 1, kAges - 1)];
    hits = 0.25F * below + 0.5F * at[age] + 0.25F * above;
  }
  const float of_item =
      (hits + kPriorPurchases * expected) / (std::max(at_risk, 0.0F) + kPriorPurchases);
  return of_item / width_days(age);
}

}  // namespace freshet
