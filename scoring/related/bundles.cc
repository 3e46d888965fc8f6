#include "scoring/related/bundles.h"

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <cmath>

#include "ingest/event.h"
#include "scoring/experts/top_list.h"
#include "scoring/related/item_lists.h"

namespace freshet {
namespace {

/// Items of the basket that are named as causes.
constexpr std::size_t kCausesMax = 3;

/// Exponent of the basket's size: 0 = every item's lift counts in full, 1 = their mean does.
constexpr double kTempering = 0.3;

/// Newest items of a basket that are asked what goes with them.
constexpr std::size_t kAskedMax = 32;

/// One item that may be added.
struct Candidate {
  ItemRow row = 0;
  double log_share = 0;  ///< With what rules add to it.
  double log_lift = 0;   ///< Sum over the basket.
};

class BundleMaker {
 public:
  BundleMaker(const Knowledge& knowledge, const BundleLimits& limits, ItemFactor factor)
      : knowledge_(knowledge), pairs_(knowledge.baskets()), limits_(limits), factor_(factor) {}

  Bundle make(std::span<const std::string> names) {
    Bundle bundle;
    for (const std::string& name : names) {
      const ItemRow row = knowledge_.catalogue().find(item_id_of(name));
      if (row == kNoRow || knowledge_.catalogue().item(row).name != name || holds(row)) continue;
      bundle.basket.push_back(name);
      taken_.push_back(row);
    }
    const std::vector<ItemRow> given = taken_;
    for (std::size_t k = given.size() - std::min(given.size(), kAskedMax); k < given.size(); ++k)
      ask(given[k]);
    while (bundle.items.size() < limits_.count) {
      const Candidate* best = find_best(bundle.price);
      if (best == nullptr) break;
      bundle.items.push_back(item_of(*best));
      bundle.price += bundle.items.back().price;
      taken_.push_back(best->row);
      ask(best->row);
    }
    return bundle;
  }

 private:
  bool holds(ItemRow row) const {
    return std::find(taken_.begin(), taken_.end(), row) != taken_.end();
  }

  /// Asks an item what goes with it: its partners become candidates, and all are told of it.
  void ask(ItemRow row) {
    basket_.push_back(row);
    for (const Partner& partner : pairs_.partners(row)) {
      if (!may_be_added(partner.row)) continue;
      const auto [place, is_new] = places_.emplace(partner.row, candidates_.size());
      if (is_new) candidates_.push_back(started(partner.row));
    }
    for (Candidate& candidate : candidates_) candidate.log_lift += log_lift(row, candidate.row);
  }

  double log_lift(ItemRow a, ItemRow b) const {
    return std::log(static_cast<double>(pairs_.lift(a, b)));
  }

  /// With all of the basket but its newest item.
  Candidate started(ItemRow row) const {
    Candidate candidate{.row = row,
                        .log_share = std::log(static_cast<double>(factor_(row)) *
                                              pairs_.baskets(row) / pairs_.baskets())};
    for (std::size_t k = 0; k + 1 < basket_.size(); ++k)
      candidate.log_lift += log_lift(basket_[k], row);
    return candidate;
  }

  bool may_be_added(ItemRow row) const {
    return knowledge_.catalogue().available(row) && pairs_.baskets(row) > 0 &&
           in_category(knowledge_.catalogue(), row, limits_.category) &&
           (!limits_.price_max || price_of(row) > 0) && factor_(row) > 0;
  }

  double price_of(ItemRow row) const {
    const ItemUpdate* content = knowledge_.catalogue().content(row);
    return content == nullptr ? 0 : content->price;
  }

  double tempering() const { return std::pow(static_cast<double>(basket_.size()), -kTempering); }

  const Candidate* find_best(double spent) const {
    const Candidate* best = nullptr;
    double most = 0;
    for (const Candidate& candidate : candidates_) {
      if (candidate.log_lift <= 0 || holds(candidate.row)) continue;
      if (limits_.price_max && spent + price_of(candidate.row) > *limits_.price_max) continue;
      const double value = candidate.log_share + tempering() * candidate.log_lift;
      if (best != nullptr && (value < most || (value == most && candidate.row > best->row)))
        continue;
      best = &candidate;
      most = value;
    }
    return best;
  }

  BundleItem item_of(const Candidate& candidate) const {
    const ItemIdentity& identity = knowledge_.catalogue().item(candidate.row);
    BundleItem item{.id = identity.id,
                    .name = identity.name,
                    .price = price_of(candidate.row),
                    .lift = static_cast<float>(std::exp(tempering() * candidate.log_lift))};
    std::vector<ScoredRow> causes;
    for (const ItemRow row : basket_) {
      const float lift = pairs_.lift(row, candidate.row);
      if (lift > 1) causes.push_back({row, lift});
    }
    keep_best(causes, kCausesMax);
    for (const ScoredRow& cause : causes)
      item.because_of.push_back(knowledge_.catalogue().item(cause.row).name);
    if (causes.empty()) return item;
    const ItemRow first = causes.front().row;
    item.support = static_cast<float>(pairs_.together(first, candidate.row));
    item.confidence = static_cast<float>(item.support / std::max(pairs_.baskets(first), 1e-9));
    return item;
  }

  const Knowledge& knowledge_;
  const BasketPairs& pairs_;
  const BundleLimits& limits_;
  const ItemFactor factor_;
  std::vector<ItemRow> taken_;   // The basket and what was added.
  std::vector<ItemRow> basket_;  // Those of them that were asked.
  std::vector<Candidate> candidates_;
  absl::flat_hash_map<ItemRow, std::size_t> places_;  // In `candidates_`.
};

}  // namespace

Bundle complete_basket(const Knowledge& knowledge, std::span<const std::string> names,
                       const BundleLimits& limits, ItemFactor factor) {
  return BundleMaker(knowledge, limits, factor).make(names);
}

}  // namespace freshet
