#pragma once

#include <absl/functional/function_ref.h>

#include <cstdint>
#include <vector>

#include "config/scoring_config.h"
#include "scoring/catalogue/catalogue.h"
#include "scoring/experts/popularity.h"
#include "scoring/ranked_list.h"

namespace freshet {

/// An item drawn for a place of a list.
struct DrawnItem {
  ItemRow row = 0;
  float propensity = 0;  ///< The chance it had when it was drawn, given those drawn before it.
};

/// Draws items of which little is known: those that ExplorationConfig calls new and that are
/// described and available. An item's chance is 1 / (1 + its events) of the sum over those that may
/// be drawn: the fewer events, the more there is to learn. Without replacement, so an off-policy
/// estimate that divides by the propensities (Horvitz and Thompson 1952) is not biased. Confined to
/// one thread.
class ExplorationSlots {
 public:
  /// `catalogue` and `popularity` must outlive this object.
  ExplorationSlots(const ExplorationConfig& config, const Catalogue& catalogue,
                   const Popularity& popularity)
      : config_(config), catalogue_(catalogue), popularity_(popularity) {}

  /// Replaces `drawn` by up to `count` items. `may_stand`: asked of each item before its chance is
  /// set. The same seed and knowledge give the same items.
  void draw(std::uint64_t seed, std::size_t count, absl::FunctionRef<bool(ItemRow)> may_stand,
            std::vector<DrawnItem>& drawn);

 private:
  struct Chance {
    ItemRow row;
    float weight;
  };

  const ExplorationConfig config_;
  const Catalogue& catalogue_;
  const Popularity& popularity_;
  std::vector<Chance> pool_;
};

/// The seed of a request: the same for the same user, position and scenario, whoever asks.
std::uint64_t seed_of(const RankRequest& request, std::string_view scenario);

}  // namespace freshet
