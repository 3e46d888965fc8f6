#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "scoring/experts/context.h"
#include "scoring/ranked_list.h"
#include "scoring/topk/top_k.h"

namespace freshet {

/// What an item of a context does to an expert's probability of a row.
struct Influence {
  ItemRow item = 0;
  float share = 0;  ///< Its part of the probability, 0..1.
  float loss = 0;   ///< What the probability would lose without it; < 0 = it would gain.
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

  /// Adds to `influences` those of the context's items on `row`, where it goes by them: each item
  /// once, in no particular order. May cost some time: asked for the items of a list alone.
  virtual void add_influences(ItemRow row, std::vector<Influence>& influences) = 0;
};

/// A value per expert, indexed by Source.
using PerSource = std::array<float, kSourceCount>;

inline constexpr std::size_t index_of(Source source) { return static_cast<std::size_t>(source); }

}  // namespace freshet
