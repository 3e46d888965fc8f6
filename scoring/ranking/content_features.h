#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "scoring/content/content_index.h"
#include "scoring/experts/content_expert.h"
#include "scoring/experts/context.h"
#include "scoring/experts/popularity.h"

namespace freshet {

/// The second stage's features of what is said of a candidate j; i = last distinct item, i2 = the
/// one before. They stand behind all others and are left out while no item has content.
enum ContentFeature : std::size_t {
  // name             meaning                                                        range
  kContentLast,    // cosine of j with i                                          -1 .. 1
  kContentSecond,  // cosine of j with i2                                         -1 .. 1
  kContentBest,    // best cosine over up to 8 distinct items; beyond i2 only
                   // where j is among an item's neighbours                       -1 .. 1
  kCategoryDepth,  // levels of the category path that j and i share              0 .. 6
  kCategoryBest,   // the most it shares with up to 8 distinct items              0 .. 6
  kSameBrand,      // j and i have one brand                                      0, 1
  kPriceRatio,     // log(price of j / price of i); 0 where one is not given      -5 .. 5
  kLogContent,     // log(p + 1e-6) of the content expert                         -13.8 .. 0
  kRankContent,    // log(1 + place among its candidates); 200 = none             0 .. 5.3
  kFewEvents,      // j had fewer than 5 events                                   0, 1
  kContentFeatureCount,
};

struct CandidateSet;

/// Fills the block of content features. Confined to one thread.
class ContentFeatures {
 public:
  /// All must outlive the object.
  ContentFeatures(const ContentIndex& index, const Popularity& popularity)
      : index_(index), popularity_(popularity) {}

  /// False while no item has content: then there is nothing to fill.
  bool any() const { return !index_.empty(); }

  /// Fills the block of every candidate of `set`, which must be there and zero.
  void fill(const Context& context, CandidateSet& set);

 private:
  void fill_experts(CandidateSet& set);
  void fill_last(const Context& context, CandidateSet& set);
  void fill_second(const Context& context, CandidateSet& set);
  void fill_best(const Context& context, CandidateSet& set);
  void fill_neighbours(ItemRow item, CandidateSet& set);

  const ContentIndex& index_;
  const Popularity& popularity_;
  ContentQuery query_;
  std::vector<ScoredRow> nearest_;
  std::vector<ContentSlot> candidate_slots_;
  std::vector<std::uint16_t> places_;  // [catalogue row] place in the set plus one; 0 = none.
};

}  // namespace freshet
