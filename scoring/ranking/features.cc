#include "scoring/ranking/features.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "scoring/ranking/fast_log.h"
#include "scoring/ranking/vector_clones.h"
#include "scoring/topk/row_kernels.h"

namespace freshet {
namespace {

/// Distinct items whose pairs with a candidate are looked at.
constexpr std::size_t kPairItemsMax = 8;

/// What is added to probabilities of the walk before their logs.
constexpr float kStepMin = 1e-5F;

/// Replaces the first kLogFeatures of every row by their logarithms.
FRESHET_VECTOR_CLONES
void take_logs(float* features, std::size_t rows) {
  for (std::size_t j = 0; j < rows; ++j) {
    float* row = features + j * kFeatureCount;
    for (std::size_t f = 0; f < kLogFeatures; ++f) row[f] = fast_log(row[f]);
  }
}

float dot(const float* a, const float* b, std::size_t dim) {
  float dot = 0;
  row_kernels().dots(a, dim, &b, 1, &dot);
  return dot;
}

float cosine(float dot, float a_square, float b_square) {
  const float lengths = std::sqrt(a_square * b_square);
  return lengths > 0 ? dot / lengths : 0;
}

/// 1 + 100 (forward + backward) / (sqrt(c_i c_j) + 3).
float pair_cosine(const PairCounts& pair, float count_i, float count_j) {
  return 1 + 100 * (pair.forward + pair.backward) / (std::sqrt(count_i * count_j) + 3);
}

}  // namespace

void FeatureTable::fill(const FeatureSources& sources, CandidateSet& set) {
  // Ones are the neutral argument of the logs to come; the rest starts at zero.
  set.features.assign(set.rows.size() * kFeatureCount, 0);
  for (std::size_t j = 0; j < set.rows.size(); ++j)
    std::fill_n(&set.features[j * kFeatureCount], static_cast<std::size_t>(kLogFeatures), 1.0F);
  fill_experts(set);
  fill_walk(sources, set);
  fill_items(sources, set);
  fill_session(sources, set);
  fill_pairs(sources, set);
  fill_network(sources, set);
  finish(set);
  set.features_used = content_.any() ? kFeatureCount : kContentFeaturesBegin;
  if (content_.any()) content_.fill(sources.context, set);
}

void FeatureTable::fill_experts(CandidateSet& set) {
  float best_network = 0;
  for (const PerSource& p : set.probabilities)
    best_network = std::max(best_network, p[index_of(Source::kNetwork)]);
  for (std::size_t j = 0; j < set.rows.size(); ++j) {
    float* row = &set.features[j * kFeatureCount];
    const PerSource& p = set.probabilities[j];
    const PerSource& rank = set.ranks[j];
    row[kLogCovisitation] = p[index_of(Source::kCovisitation)] + 1e-6F;
    row[kLogWalk] = p[index_of(Source::kWalk)] + 1e-6F;
    row[kLogNetwork] = p[index_of(Source::kNetwork)] + 1e-6F;
    row[kLogRepeat] = p[index_of(Source::kRepeat)] + 1e-6F;
    row[kRankCovisitation] = 1 + rank[index_of(Source::kCovisitation)];
    row[kRankWalk] = 1 + rank[index_of(Source::kWalk)];
    row[kRankNetwork] = 1 + rank[index_of(Source::kNetwork)];
    row[kRankPopular] = 1 + rank[index_of(Source::kPopular)];
    row[kConfidence] = best_network + 1e-6F;
  }
}

void FeatureTable::fill_walk(const FeatureSources& sources, CandidateSet& set) {
  for (std::size_t j = 0; j < set.rows.size(); ++j) {
    float* row = &set.features[j * kFeatureCount];
    const Reach& reached = sources.walk.reach(set.rows[j]);
    row[kTwoHops] = kStepMin + reached.two_hops;
    row[kTwoHopsLast] = kStepMin + reached.two_hops_from_last;
    row[kThreeHops] = kStepMin + reached.three_hops;
    row[kForwardForward] = kStepMin + reached.forward_forward;
    row[kForwardBackward] = kStepMin + reached.forward_backward;
    row[kBackwardForward] = kStepMin + reached.backward_forward;
    row[kBackwardBackward] = kStepMin + reached.backward_backward;
    row[kTwoHopsOlder] = kStepMin + reached.two_hops_older;
    row[kPaths] = 1 + reached.paths;
    sources.covisitation.prefetch_edges_behind(j, set.rows);
    fill_meeting(sources, set.rows[j], row);
  }
}

/// A second walker sets out from the candidate: how likely it meets the one from the user. It sees
/// a popular candidate with other eyes, since its step is divided by all that leads there (Z_j).
void FeatureTable::fill_meeting(const FeatureSources& sources, ItemRow item, float* row) {
  const Neighbours& from = sources.covisitation.of(item);
  float one_step = 0, two_hops = 0;
  for (const Edge& edge : from.edges.rows()) {
    const Reach& middle = sources.walk.reach(edge.row);
    one_step += edge.score * middle.one_step;
    two_hops += edge.score * middle.two_hops;
  }
  row[kMeetOneStep] = kStepMin + one_step / from.edge_sum;
  row[kMeetTwoHops] = kStepMin + two_hops / from.edge_sum;
}

void FeatureTable::fill_items(const FeatureSources& sources, CandidateSet& set) {
  const Popularity& popularity = sources.popularity;
  const std::size_t slow = popularity.levels() - 1;
  for (std::size_t j = 0; j < set.rows.size(); ++j) {
    float* row = &set.features[j * kFeatureCount];
    const ItemRow item = set.rows[j];
    row[kPopularFast] = popularity.share(0, item) + 1e-6F;
    row[kPopularMain] = popularity.share(popularity.main_level(), item) + 1e-6F;
    row[kPopularSlow] = popularity.share(slow, item) + 1e-6F;
    row[kAge] = 1 + static_cast<float>(popularity.age(item));
    row[kSinceFirstSeen] = 1 + static_cast<float>(popularity.since_first_seen(item));
    row[kCount] = 1 + static_cast<float>(popularity.count(item));
  }
}

void FeatureTable::fill_session(const FeatureSources& sources, CandidateSet& set) {
  const Context& context = sources.context;
  const auto length = 1 + static_cast<float>(context.session_length);
  const auto distinct = 1 + static_cast<float>(context.distinct.size());
  const float last_count =
      context.empty() ? 1
                      : 1 + static_cast<float>(sources.popularity.count(context.distinct[0].row));
  for (std::size_t j = 0; j < set.rows.size(); ++j) {
    float* row = &set.features[j * kFeatureCount];
    row[kSessionLength] = length;
    row[kDistinctCount] = distinct;
    row[kLastCount] = last_count;
    for (std::size_t t = 0; t < context.distinct.size(); ++t) {
      if (context.distinct[t].row != set.rows[j]) continue;
      row[kTimes] = 1 + static_cast<float>(context.distinct[t].times);
      row[kInverseBack] = 1 / (1 + static_cast<float>(context.distinct[t].steps_back));
      row[kIsLast] = t == 0 ? 1 : 0;
      row[kIsSecond] = t == 1 ? 1 : 0;
    }
  }
}

void FeatureTable::fill_pairs(const FeatureSources& sources, CandidateSet& set) {
  if (slots_.size() < sources.covisitation.rows()) slots_.resize(sources.covisitation.rows(), 0);
  for (std::size_t j = 0; j < set.rows.size(); ++j)
    slots_[set.rows[j]] = static_cast<std::uint16_t>(j + 1);
  const auto& distinct = sources.context.distinct;
  for (std::size_t t = 0; t < std::min(kPairItemsMax, distinct.size()); ++t) {
    // All pairs of one item at once: a pass over its neighbours, not a search per candidate.
    const Neighbours& item = sources.covisitation.of(distinct[t].row);
    for (std::size_t k = 0; k < item.rows.size(); ++k) {
      const std::uint16_t slot = slots_[item.rows[k]];
      if (slot == 0) continue;
      fill_pair(sources, t, item.pairs[k], &set.features[(slot - 1U) * kFeatureCount],
                item.rows[k]);
    }
  }
  for (const ItemRow row : set.rows) slots_[row] = 0;
}

void FeatureTable::fill_pair(const FeatureSources& sources, std::size_t t, const PairCounts& pair,
                             float* row, ItemRow item) {
  const ItemRow from = sources.context.distinct[t].row;
  const Neighbours& neighbours = sources.covisitation.of(from);
  const float both = pair_cosine(pair, static_cast<float>(sources.popularity.count(from)),
                                 static_cast<float>(sources.popularity.count(item)));
  const float per_weight = 1000 / (neighbours.weight + 1);
  row[kBestCosine] = std::max(row[kBestCosine], both);
  row[kRateSum] +=
      fast_log(1 + per_weight * (pair.forward + 0.5F * pair.backward) / static_cast<float>(1 + t));
  if (t == 0) {
    row[kLastNext] = 1 + pair.next;
    row[kLastForward] = 1 + pair.forward;
    row[kLastBackward] = 1 + pair.backward;
    row[kLastRecent] = 1 + sources.covisitation.recent_now(pair);
    row[kLastNextRate] = 1 + 1000 * pair.next / (neighbours.next_count + 1);
    row[kLastCosine] = both;
    row[kLastPairAge] =
        1 + 1e4F / (1 + static_cast<float>(sources.covisitation.tick() - pair.last));
  } else if (t == 1) {
    row[kSecondForward] = 1 + pair.forward;
    row[kSecondBackward] = 1 + pair.backward;
    row[kSecondRate] = 1 + per_weight * pair.forward;
    row[kSecondCosine] = both;
  } else if (t == 2) {
    row[kThirdForward] = 1 + pair.forward;
    row[kThirdCosine] = both;
  }
}

void FeatureTable::fill_network(const FeatureSources& sources, CandidateSet& set) {
  const ItemTableView& table = sources.network.table();
  const Context& context = sources.context;
  if (table.dim == 0 || context.empty() || set.network_failed) return;
  for (std::vector<float>& buffer : vector_buffers_) buffer.resize(table.dim);
  const auto vector_of = [&](ItemRow row, std::size_t buffer) {
    return table.vector(std::min<std::size_t>(row, table.rows - 1), vector_buffers_[buffer].data());
  };
  window_mean_.assign(table.dim, 0);
  for (const ContextStep& step : context.steps) {
    const float* vector = vector_of(step.row, 0);
    for (std::size_t k = 0; k < table.dim; ++k) window_mean_[k] += vector[k];
  }
  const float* last = vector_of(context.distinct[0].row, 1);
  const bool has_second = context.distinct.size() > 1;
  const float* second = has_second ? vector_of(context.distinct[1].row, 2) : last;
  const float* mean = window_mean_.data();
  const std::array squares{dot(last, last, table.dim), dot(second, second, table.dim),
                           dot(mean, mean, table.dim)};
  for (std::size_t j = 0; j < set.rows.size(); ++j) {
    float* row = &set.features[j * kFeatureCount];
    const float* vector = vector_of(set.rows[j], 0);
    const std::array others{last, second, mean, vector};
    std::array<float, 4> dots;
    row_kernels().dots(vector, table.dim, others.data(), others.size(), dots.data());
    row[kNetworkCosineLast] = cosine(dots[0], dots[3], squares[0]);
    if (has_second) row[kNetworkCosineSecond] = cosine(dots[1], dots[3], squares[1]);
    row[kNetworkCosineMean] = cosine(dots[2], dots[3], squares[2]);
    row[kNetworkNorm] = std::sqrt(dots[3]);
    row[kNetworkBias] = table.biases[std::min<std::size_t>(set.rows[j], table.rows - 1)];
  }
}

void FeatureTable::finish(CandidateSet& set) {
  take_logs(set.features.data(), set.rows.size());
  for (std::size_t j = 0; j < set.rows.size(); ++j) {
    float* row = &set.features[j * kFeatureCount];
    row[kBase] = set.base[j];
    row[kNetworkBehind] = row[kLogNetwork] - row[kConfidence];
    row[kTwoHopsLift] = row[kTwoHops] - row[kPopularSlow];
    row[kTwoHopsPerCount] = row[kTwoHops] - 0.5F * row[kCount];
    row[kTrendFast] = row[kPopularFast] - row[kPopularMain];
    row[kTrendSlow] = row[kPopularMain] - row[kPopularSlow];
  }
}

}  // namespace freshet
