#pragma once

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "config/scoring_config.h"
#include "scoring/delta.h"
#include "scoring/knowledge.h"

namespace freshet {

/// Decides which items come into the catalogue and which leave it (docs/model.md, "Items come and
/// go"). Changes nothing itself: what it decides is applied as a delta. Confined to one thread.
class AdmissionControl {
 public:
  /// Where a newcomer stands: an item update makes room no further.
  static constexpr double kNewcomerStanding = 1;
  static constexpr double kAnyStanding = std::numeric_limits<double>::infinity();

  /// `knowledge` must outlive the object.
  AdmissionControl(const CatalogueConfig& config, const Knowledge& knowledge)
      : config_(config), knowledge_(knowledge) {}

  /// Returns the item's row: the one it has, or gets when `change` is applied, which then names it
  /// among its new items. kNoRow if it is refused.
  ItemRow admit(ItemId id, const std::string& name, Delta& change);

  /// Tells that the change is applied that `admit` named items in.
  void applied() { arriving_.clear(); }

  /// Goes on where `saved`, of the same configuration, stood.
  void resume(AdmissionControl&& saved);

  /// Further new items that `admit` would take.
  std::size_t room() const {
    return knowledge_.catalogue().room() -
           std::min(knowledge_.catalogue().room(), arriving_.size());
  }

  /// Returns the rows whose items leave now, so that `wanted` new ones find room: at least a
  /// sixteenth of the catalogue at once, those of lowest standing, at most `standing_max`; of equal
  /// ones the oldest. An item's standing is its events, decayed at the longest half-life of
  /// popularity; its admission counts as one event. Items that were removed and are no longer used
  /// leave anyway. Mostly empty.
  std::vector<ItemRow> leaving(std::size_t wanted, double standing_max);

  std::uint64_t refused() const { return refused_; }        ///< No room.
  std::uint64_t collisions() const { return collisions_; }  ///< Two names share one id.

  template <class Archive>
  void serialize(Archive& archive) {
    archive(admitted_, next_removal_, next_search_);
  }

 private:
  std::uint64_t since_admitted(ItemRow row) const;
  double standing(ItemRow row) const;
  void find_removed(std::vector<ItemRow>& leaving) const;
  void find_weakest(std::size_t count, double standing_max, std::vector<ItemRow>& leaving) const;

  const CatalogueConfig config_;
  const Knowledge& knowledge_;
  absl::flat_hash_map<ItemId, std::size_t> arriving_;  // Place in the change's new items.
  std::vector<std::uint64_t> admitted_;  // [row] popularity's events when its item came.
  std::uint64_t next_removal_ = 0;       // Event at which removed items are looked for again.
  std::uint64_t next_search_ = 0;        // The same, for room that was not found.
  std::uint64_t refused_ = 0;
  std::uint64_t collisions_ = 0;
};

}  // namespace freshet
