#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "scoring/experts/context.h"
#include "scoring/experts/covisitation.h"
#include "scoring/experts/network_expert.h"
#include "scoring/experts/popularity.h"
#include "scoring/experts/walk.h"
#include "scoring/ranking/content_features.h"

namespace freshet {

/// The second stage's features of one candidate j; i = last distinct item, i2 and i3 = the ones
/// before, p_m = an expert's probability, l_H = log(popularity share + 1e-6) at a half-life.
///
/// The first kLogFeatures are logarithms: their arguments are collected first and all logs taken in
/// one vectorised pass. Counts are >= 0, so "log1p" features are >= 0.
enum Feature : std::size_t {
  // name                     meaning                                             range
  kBase,              // log(sum w_m p_m + 1e-7): the mixture                    -16.1 .. 0
  kLogCovisitation,   // log(p + 1e-6) of the co-visitation expert               -13.8 .. 0
  kLogWalk,           // the same of the walk                                    -13.8 .. 0
  kLogNetwork,        // the same of the network                                 -13.8 .. 0
  kLogRepeat,         // the same of the repeat expert                           -13.8 .. 0
  kRankCovisitation,  // log(1 + place among the expert's candidates)            0 .. 5.3
  kRankWalk,          // the same of the walk; 200 where it is no candidate      0 .. 5.3
  kRankNetwork,       // the same of the network                                 0 .. 5.3
  kRankPopular,       // the same of popularity                                  0 .. 5.3
  kTwoHops,           // log(1e-5 + two-hop probability)                         -11.5 .. 0
  kTwoHopsLast,       // the same from i alone                                   -11.5 .. 0
  kThreeHops,         // log(1e-5 + three-hop probability)                       -11.5 .. 0
  kForwardForward,    // log(1e-5 + two-hop probability, both steps forward)     -11.5 .. 0
  kForwardBackward,   // the same, one step forward, then one backward           -11.5 .. 0
  kBackwardForward,   // the same, one step backward, then one forward           -11.5 .. 0
  kBackwardBackward,  // the same, both steps backward                           -11.5 .. 0
  kTwoHopsOlder,      // the same from the third to sixth item, times a(t)       -11.5 .. 0
  kMeetOneStep,       // log(1e-5 + sum_m s(j,m)/Z_j · one-step probability of m) -11.5 .. 0
  kMeetTwoHops,       // the same with the two-hop probability of m              -11.5 .. 0
  kPaths,             // log1p of the number of two-hop paths                    0 .. 7
  kLastNext,          // log1p of j as the very next step after i                >= 0
  kLastForward,       // log1p of forward counts i -> j                          >= 0
  kLastBackward,      // log1p of backward counts i -> j                         >= 0
  kLastRecent,        // log1p of decayed forward counts i -> j                  >= 0
  kLastNextRate,      // log(1 + 1000 next / (steps on from i + 1))              0 .. 6.9
  kLastCosine,        // log(1 + 100 (fw + bw) / (sqrt(c_i c_j) + 3))            >= 0
  kLastPairAge,       // log(1 + 1e4 / (1 + events since the pair))              0 .. 9.2
  kSecondForward,     // log1p of forward counts i2 -> j                         >= 0
  kSecondBackward,    // log1p of backward counts i2 -> j                        >= 0
  kSecondRate,        // log(1 + 1000 fw / (weight of i2 + 1))                   0 .. 6.9
  kSecondCosine,      // cosine as above, of i2                                  >= 0
  kThirdForward,      // log1p of forward counts i3 -> j                         >= 0
  kThirdCosine,       // cosine as above, of i3                                  >= 0
  kBestCosine,        // best cosine over up to 8 distinct items                 >= 0
  kPopularFast,       // l of the shortest half-life                             -13.8 .. 0
  kPopularMain,       // l of the middle half-life                               -13.8 .. 0
  kPopularSlow,       // l of the longest half-life                              -13.8 .. 0
  kAge,               // log1p of events since j's newest event                  >= 0
  kSinceFirstSeen,    // log1p of events since j's first event                  >= 0
  kCount,             // log1p of j's events                                     >= 0
  kTimes,             // log1p of j's times in the history                       0 .. 3
  kSessionLength,     // log1p of the session's length (same for all j)          0 .. 3
  kDistinctCount,     // log1p of distinct items of the history (same for all)   0 .. 3
  kLastCount,         // log1p of i's events (same for all)                      >= 0
  kConfidence,        // log(network's best probability + 1e-6) (same for all)   -13.8 .. 0
  kLogFeatures,
  kNetworkBehind = kLogFeatures,  // kLogNetwork less the best candidate's        -13.8 .. 0
  kTwoHopsLift,           // kTwoHops - kPopularSlow                                 -11.5 .. 14
  kTwoHopsPerCount,       // kTwoHops - kCount / 2                                   -20 .. 0
  kTrendFast,             // kPopularFast - kPopularMain                             -14 .. 14
  kTrendSlow,             // kPopularMain - kPopularSlow                             -14 .. 14
  kRateSum,               // sum over up to 8 distinct items, t back, of
                          // log(1 + 1000 (fw + bw/2) / weight / (1 + t))            >= 0
  kInverseBack,           // 1 / (1 + steps back of j in the history), else 0        0 .. 1
  kIsLast,                // j is i                                                  0, 1
  kIsSecond,              // j is i2                                                 0, 1
  kNetworkCosineLast,     // cosine of j's vector with i's                           -1 .. 1
  kNetworkCosineSecond,   // with i2's                                             -1 .. 1
  kNetworkCosineMean,     // with the mean of the history's vectors                  -1 .. 1
  kNetworkNorm,           // length of j's vector                                    >= 0
  kNetworkBias,           // j's bias                                                any
  kContentFeaturesBegin,  // ContentFeature (content_features.h)
  kFeatureCount = kContentFeaturesBegin + kContentFeatureCount,
};

/// What features are made from; all must be prepared for `context`.
struct FeatureSources {
  const Context& context;
  const Popularity& popularity;
  const Covisitation& covisitation;
  const WalkExpert& walk;
  const NetworkExpert& network;
};

/// The candidates of one context. `features` is [rows.size(), kFeatureCount].
struct CandidateSet {
  std::vector<ItemRow> rows;
  std::vector<PerSource> probabilities;  ///< [rows]
  std::vector<PerSource> ranks;          ///< [rows] place among each expert's candidates.
  std::vector<float> base;               ///< [rows] log of the mixture.
  std::vector<float> features;
  /// Features that say anything: kFeatureCount, or kContentFeaturesBegin without content.
  std::size_t features_used = kContentFeaturesBegin;
  bool network_failed = false;
};

/// The place of a row that an expert did not name.
inline constexpr float kRankMissing = 200;

/// Fills `set.features` from its other members. Confined to one thread.
class FeatureTable {
 public:
  /// Both must outlive the table.
  FeatureTable(const ContentIndex& content, const Popularity& popularity)
      : content_(content, popularity) {}

  void fill(const FeatureSources& sources, CandidateSet& set);

 private:
  static void fill_experts(CandidateSet& set);
  void fill_walk(const FeatureSources& sources, CandidateSet& set);
  static void fill_meeting(const FeatureSources& sources, ItemRow item, float* row);
  void fill_items(const FeatureSources& sources, CandidateSet& set);
  void fill_pairs(const FeatureSources& sources, CandidateSet& set);
  void fill_pair(const FeatureSources& sources, std::size_t t, const PairCounts& pair, float* row,
                 ItemRow item);
  void fill_session(const FeatureSources& sources, CandidateSet& set);
  void fill_network(const FeatureSources& sources, CandidateSet& set);
  static void finish(CandidateSet& set);

  ContentFeatures content_;
  std::vector<std::uint16_t> slots_;  // [catalogue row] place in the set plus one; 0 = none.
  std::vector<float> window_mean_;
  std::array<std::vector<float>, 3> vector_buffers_;  // [dim] each, of a compressed table.
};

}  // namespace freshet
