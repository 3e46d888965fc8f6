#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "config/scoring_config.h"
#include "scoring/catalogue/catalogue.h"
#include "scoring/experts/expert.h"
#include "scoring/experts/popularity.h"
#include "scoring/experts/sparse_scores.h"

namespace freshet {

/// The item is described and available and had fewer events than make it known.
inline bool is_new_item(ItemRow row, const ExplorationConfig& config, const Popularity& popularity,
                        const Catalogue& catalogue) {
  return popularity.count(row) < config.events_max && catalogue.content(row) != nullptr &&
         catalogue.available(row);
}

/// New items for a chance: those among the newest that an item update has described, that are
/// available, and that had fewer than `events_max` events.
///
/// In the manner of Thompson sampling (1933): an item's rate is drawn from Gamma(1 + events,
/// 1 + age), age = items that came after it / `items_max`, and the highest draws stand first. The
/// random numbers come from a hash of row and history, so that the same knowledge and state give
/// the same list on every copy.
class ExplorationExpert final : public Expert {
 public:
  /// `popularity` and `catalogue` must outlive the expert.
  ExplorationExpert(const ExplorationConfig& config, const Popularity& popularity,
                    const Catalogue& catalogue)
      : config_(config), popularity_(popularity), catalogue_(catalogue) {}

  /// It is on and some item has been described.
  bool able() const { return config_.enabled && catalogue_.described() > 0; }

  /// False when there are no new items.
  bool awake() const { return !pool_.empty(); }

  Source source() const override { return Source::kExploration; }
  void prepare(const Context& context, std::size_t rows) override;
  void candidates(std::size_t count, std::vector<ScoredRow>& best) override;
  float probability(ItemRow row) const override { return scores_[row]; }
  void add_influences(ItemRow, std::vector<Influence>&) override {}

 private:
  float draw(ItemRow row, std::size_t items_since, std::uint64_t seed) const;

  const ExplorationConfig config_;
  const Popularity& popularity_;
  const Catalogue& catalogue_;
  std::vector<ScoredRow> pool_;  // score = draw
  SparseScores scores_;
};

}  // namespace freshet
