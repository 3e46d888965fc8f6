#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "scoring/experts/context.h"
#include "scoring/ranked_list.h"
#include "scoring/topk/top_k.h"

namespace freshet {

/// The item of a context that speaks most for a row.
struct Cause {
  ItemRow row = kNoRow;  ///< kNoRow = none in particular.
  float share = 1;       ///< Its part of the expert's probability of the row, 0..1.
};

/// One opinion on what a user does next: a probability per item, and why.
///
/// Port. `prepare` comes first; the rest speaks of the context prepared last. Confined to one
/// thread.
class Expert {
 public:
  virtual ~Expert() = default;

  virtual Source source() const = 0;

  /// Takes up a context; `rows`: rows of the catalogue.
  virtual void prepare(const Context& context, std::size_t rows) = 0;

  /// Replaces `best` by the expert's candidates, best first: about `count`; score = probability.
  virtual void candidates(std::size_t count, std::vector<ScoredRow>& best) = 0;

  /// Probability of any row, 0..1; over all rows they add up to 1 at most.
  virtual float probability(ItemRow row) const = 0;

  /// What speaks most for `row`. May cost some time: it is asked for the items of a list alone.
  virtual Cause cause_of(ItemRow row) = 0;
};

/// A value per expert, indexed by Source.
using PerSource = std::array<float, kSourceCount>;

inline constexpr std::size_t index_of(Source source) { return static_cast<std::size_t>(source); }

}  // namespace freshet
