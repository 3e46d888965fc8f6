#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "scoring/experts/expert.h"
#include "scoring/experts/top_list.h"

namespace freshet {

/// How often a next step goes back to the k-th distinct item of the history. Confined to one
/// thread.
class RepeatCounts {
 public:
  /// Counts one event: `distinct_index` of the target in the history, newest = 0.
  void observe(std::size_t distinct_index) { counts_[slot(distinct_index)] += 1; }

  /// Share of all returns that go to this distance, 0..1.
  float share(std::size_t distinct_index) const;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(counts_);
  }

 private:
  static std::size_t slot(std::size_t index) {
    return index < kContextStepsMax ? index : kContextStepsMax - 1;
  }

  std::array<double, kContextStepsMax> counts_{};
};

/// The user's own items once more.
class RepeatExpert final : public Expert {
 public:
  /// `counts` must outlive the expert.
  explicit RepeatExpert(const RepeatCounts& counts) : counts_(counts) {}

  Source source() const override { return Source::kRepeat; }
  void prepare(const Context& context, std::size_t rows) override;
  void candidates(std::size_t count, std::vector<ScoredRow>& best) override;
  float probability(ItemRow row) const override;
  ItemRow because_of(ItemRow row) const override { return row; }

 private:
  const RepeatCounts& counts_;
  std::vector<ScoredRow> own_;  // Newest first.
};

}  // namespace freshet
