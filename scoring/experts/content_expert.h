#pragma once

#include <cstddef>
#include <vector>

#include "scoring/catalogue/catalogue.h"
#include "scoring/content/content_index.h"
#include "scoring/experts/expert.h"
#include "scoring/experts/sparse_scores.h"

namespace freshet {

/// Items that are said to be like the user's newest ones (docs/model.md). It needs no events on an
/// item, so a new one has its chance from its first update on.
class ContentExpert final : public Expert {
 public:
  /// `index` and `catalogue` must outlive the expert.
  ContentExpert(const ContentIndex& index, const Catalogue& catalogue)
      : index_(index), catalogue_(catalogue) {}

  /// False when it knows nothing like the items of the context prepared last.
  bool awake() const { return !scores_.touched().empty(); }

  Source source() const override { return Source::kContent; }
  void prepare(const Context& context, std::size_t rows) override;
  void candidates(std::size_t count, std::vector<ScoredRow>& best) override;
  float probability(ItemRow row) const override { return scores_[row]; }
  void influences_on(ItemRow row, std::vector<Influence>& influences) override;

 private:
  /// Fills `nearest_` with the available neighbours.
  void find_nearest(ItemRow row);

  const ContentIndex& index_;
  const Catalogue& catalogue_;
  SparseScores scores_;
  std::vector<DistinctItem> newest_;  // Those that are asked, and the one that would move up.
  std::vector<ScoredRow> nearest_;
};

}  // namespace freshet
