#include "scoring/related/basket_pairs.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "scoring/related/lift.h"

namespace freshet {
namespace {

/// The landmark moves once a basket counts 2^32: floats then still tell old counts from new ones.
constexpr double kHalfLivesMax = 32;

bool rarer(const Partner& a, const Partner& b) { return a.count < b.count; }

}  // namespace

double BasketPairs::weight_at(EventTime time) {
  using Milliseconds = std::chrono::duration<double, std::milli>;
  const Milliseconds half_life = config_.half_life;
  if (landmark_ == EventTime{}) landmark_ = time;
  double half_lives = Milliseconds(time - landmark_) / half_life;
  if (half_lives > kHalfLivesMax) {
    move_landmark(std::floor(half_lives));
    half_lives = Milliseconds(time - landmark_) / half_life;
  }
  const double weight = std::exp2(half_lives);
  scale_ = std::min(scale_, 1 / weight);
  return weight;
}

/// A power of two, so that nothing is rounded.
void BasketPairs::move_landmark(double half_lives) {
  const double factor = std::exp2(-half_lives);
  landmark_ +=
      std::chrono::duration_cast<std::chrono::milliseconds>(config_.half_life * half_lives);
  baskets_ *= factor;
  scale_ = 1;
  for (Item& item : items_) {
    item.count *= factor;
    for (Partner& partner : item.partners) {
      partner.count *= static_cast<float>(factor);
      partner.error *= static_cast<float>(factor);
    }
  }
}

void BasketPairs::observe(const BasketEntry& entry) {
  if (!config_.enabled) return;
  const double weight = weight_at(entry.time);
  const auto rounded = static_cast<float>(weight);
  if (entry.opens) baskets_ += weight;
  items_[entry.row].count += weight;
  for (const ItemRow other : entry.before) {
    add(entry.row, other, rounded);
    add(other, entry.row, rounded);
  }
  for (const ItemRow other : entry.beside) add(entry.row, other, rounded);
}

void BasketPairs::add(ItemRow from, ItemRow to, float weight) {
  std::vector<Partner>& partners = items_[from].partners;
  const auto known = std::find_if(partners.begin(), partners.end(),
                                  [to](const Partner& partner) { return partner.row == to; });
  if (known != partners.end()) {
    known->count += weight;
  } else if (partners.size() < config_.partners_max) {
    partners.push_back({.row = to, .count = weight});
  } else {
    Partner& rarest = *std::min_element(partners.begin(), partners.end(), rarer);
    rarest = {.row = to, .count = rarest.count + weight, .error = rarest.count};
  }
}

void BasketPairs::evict(std::span<const ItemRow> rows) {
  std::vector<bool> leaves(items_.size(), false);
  for (const ItemRow row : rows) {
    leaves[row] = true;
    items_[row] = {};
  }
  for (Item& item : items_)
    std::erase_if(item.partners, [&leaves](const Partner& partner) { return leaves[partner.row]; });
}

const Partner* BasketPairs::find(ItemRow from, ItemRow to) const {
  const std::vector<Partner>& partners = items_[from].partners;
  const auto known = std::find_if(partners.begin(), partners.end(),
                                  [to](const Partner& partner) { return partner.row == to; });
  return known == partners.end() ? nullptr : &*known;
}

/// A rare item still names its popular partner when that one has forgotten it.
double BasketPairs::together(ItemRow a, ItemRow b) const {
  const Partner* of_a = find(a, b);
  const Partner* of_b = find(b, a);
  const float sure_a = of_a == nullptr ? 0 : of_a->sure();
  const float sure_b = of_b == nullptr ? 0 : of_b->sure();
  return std::max(sure_a, sure_b) * scale_;
}

float BasketPairs::lift(ItemRow a, ItemRow b) const {
  const double all = baskets();
  const double expected = all > 0 ? baskets(a) * baskets(b) / all : 0;
  return shrunk_ratio(together(a, b), expected, config_.prior);
}

std::size_t BasketPairs::bytes() const {
  std::size_t bytes = items_.capacity() * sizeof(Item);
  for (const Item& item : items_) bytes += item.partners.capacity() * sizeof(Partner);
  return bytes;
}

/// They may have been counted with a larger partners_max.
void BasketPairs::trim() {
  for (Item& item : items_) {
    if (item.partners.size() <= config_.partners_max) continue;
    std::stable_sort(item.partners.begin(), item.partners.end(),
                     [](const Partner& a, const Partner& b) { return rarer(b, a); });
    item.partners.resize(config_.partners_max);
    item.partners.shrink_to_fit();
  }
}

}  // namespace freshet
