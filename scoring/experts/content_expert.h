#pragma once

#include <cstddef>
#include <vector>

#include "scoring/catalogue/catalogue.h"
#include "scoring/content/content_index.h"
#include "scoring/experts/expert.h"
#include "scoring/experts/leave_one_out.h"
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
  void add_influences(ItemRow row, std::vector<Influence>& influences) override;

 private:
  /// An item that is asked, or that would move up.
  struct Origin {
    std::vector<ScoredRow> nearest;  ///< Available neighbours; score = cosine.
    float strength = 0;              ///< What a neighbour's strength is divided by.
  };

  void find_nearest(ItemRow row, Origin& origin);

  const ContentIndex& index_;
  const Catalogue& catalogue_;
  SparseScores scores_;
  std::vector<Origin> origins_;  // The first origin_count_.
  std::size_t origin_count_ = 0;
  LeaveOneOut leave_one_out_;  // Of the same items.
};

}  // namespace freshet
