#include "scoring/experts/cold_popularity.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cmath>

namespace freshet {
namespace {

/// In events of the opinion itself.
constexpr double kHalfLife = 2'000;
/// As in Popularity: a power of two, so that scaling rounds nothing.
constexpr double kIncrementMax = 1U << 20;

/// Events that what is popular with all counts for beside an opinion's own.
constexpr float kPriorEvents = 100;

constexpr float kWeightRate = 0.005F;
constexpr float kWeightMin = 0.005F;

/// The counts of one value of a key; null = it is unknown or not kept.
template <class AllCounts>
auto* counts_for(AllCounts& all, ContextValue value) {
  const auto kept = std::find_if(all.begin(), all.end(),
                                 [value](const auto& counts) { return counts.value == value; });
  return kept == all.end() ? nullptr : &*kept;
}

}  // namespace

std::vector<ContextValue> context_values(std::span<const std::string> values) {
  std::vector<ContextValue> hashed;
  for (std::size_t key = 0; key < values.size(); ++key)
    hashed.push_back(values[key].empty()
                         ? 0
                         : XXH3_64bits_withSeed(values[key].data(), values[key].size(), key) | 1);
  return hashed;
}

/// Half for what is popular with all, until a key has shown that it tells more.
ColdPopularity::Weights ColdPopularity::initial() {
  Weights weights;
  weights.fill(0.5F / kKeysMax);
  weights[kAll] = 0.5F;
  return weights;
}

ColdPopularity::Opinions ColdPopularity::opinions(std::span<const ContextValue> values) const {
  Opinions opinions{};
  for (std::size_t key = 0; key < std::min(values.size(), kKeysMax); ++key)
    if (values[key] != 0) opinions[kKeysBegin + key] = counts_for(keys_[key], values[key]);
  return opinions;
}

ColdPopularity::Weights ColdPopularity::awake(const Opinions& opinions) const {
  Weights weights = weights_;
  float total = 0;
  for (std::size_t m = 0; m < kOpinions; ++m) {
    if (m != kAll && opinions[m] == nullptr) weights[m] = 0;
    total += weights[m];
  }
  for (float& weight : weights) weight /= total;
  return weights;
}

std::vector<ScoredRow>::const_iterator ColdPopularity::find(const Counts& counts, ItemRow row) {
  return std::lower_bound(counts.rows.begin(), counts.rows.end(), row,
                          [](const ScoredRow& entry, ItemRow r) { return entry.row < r; });
}

float ColdPopularity::share(const Counts& counts, ItemRow row, float of_all) {
  const auto place = find(counts, row);
  const bool known = place != counts.rows.end() && place->row == row;
  // In newest events: the increment is what one of them counts.
  const double own = known ? place->score / counts.increment : 0;
  return (static_cast<float>(own) + kPriorEvents * of_all) /
         (static_cast<float>(counts.total / counts.increment) + kPriorEvents);
}

void ColdPopularity::observe(ItemRow row, std::span<const ContextValue> values, bool first,
                             const Popularity& all) {
  values = values.first(std::min(values.size(), kKeysMax));
  if (first) learn_weights(row, values, all);
  for (std::size_t key = 0; key < values.size(); ++key)
    if (values[key] != 0) count(row, counts_of(key, values[key]));
}

void ColdPopularity::evict(std::span<const ItemRow> rows) {
  for (std::vector<Counts>& values : keys_)
    for (Counts& counts : values)
      for (const ItemRow row : rows) {
        const auto place = find(counts, row);
        if (place != counts.rows.end() && place->row == row) counts.rows.erase(place);
      }
}

void ColdPopularity::learn_weights(ItemRow row, std::span<const ContextValue> values,
                                   const Popularity& all) {
  const Opinions opinions = this->opinions(values);
  const Weights said = awake(opinions);
  const float of_all = all.share(all.main_level(), row);
  Weights parts{};
  float total = 0, together = 0;
  for (std::size_t m = 0; m < kOpinions; ++m) {
    if (said[m] == 0) continue;
    parts[m] = said[m] * (m == kAll ? of_all : share(*opinions[m], row, of_all));
    total += parts[m];
    together += weights_[m];
  }
  if (!(total > 0)) return;
  for (std::size_t m = 0; m < kOpinions; ++m) {
    if (said[m] == 0) continue;
    weights_[m] += kWeightRate * (together * parts[m] / total - weights_[m]);
    weights_[m] = std::max(weights_[m], kWeightMin);
  }
}

ColdPopularity::Counts& ColdPopularity::counts_of(std::size_t key, ContextValue value) {
  std::vector<Counts>& all = keys_[key];
  if (Counts* known = counts_for(all, value)) return *known;
  if (all.size() < kValuesMax) return all.emplace_back(Counts{.value = value});
  const auto rarest = std::min_element(
      all.begin(), all.end(), [](const auto& a, const auto& b) { return a.standing < b.standing; });
  *rarest = Counts{.value = value, .standing = rarest->standing};
  return *rarest;
}

void ColdPopularity::count(ItemRow row, Counts& counts) {
  counts.standing += 1;
  counts.increment *= std::exp2(1 / kHalfLife);
  counts.total += counts.increment;
  if (counts.rows.size() == 2 * kItemsMax) {
    keep_best(counts.rows, kItemsMax);
    std::sort(counts.rows.begin(), counts.rows.end(),
              [](const ScoredRow& a, const ScoredRow& b) { return a.row < b.row; });
  }
  const auto place = counts.rows.begin() + (find(counts, row) - counts.rows.cbegin());
  if (place != counts.rows.end() && place->row == row) {
    place->score += static_cast<float>(counts.increment);
  } else {
    counts.rows.insert(place, {row, static_cast<float>(counts.increment)});
  }
  if (counts.increment < kIncrementMax) return;
  counts.increment /= kIncrementMax;
  counts.total /= kIncrementMax;
  for (ScoredRow& entry : counts.rows) entry.score *= static_cast<float>(1 / kIncrementMax);
}

ColdPopularity::ValueEvents ColdPopularity::events_of(std::size_t key, ContextValue value) const {
  if (key >= kKeysMax || value == 0) return {};
  const Counts* kept = counts_for(keys_[key], value);
  if (kept == nullptr) return {};
  ValueEvents events{.rows = kept->rows, .total = kept->total / kept->increment};
  for (ScoredRow& entry : events.rows) entry.score /= static_cast<float>(kept->increment);
  return events;
}

void ColdPopularity::best(std::span<const ContextValue> values, const Popularity& all,
                          std::vector<Choice>& best) const {
  best.clear();
  const Opinions opinions = this->opinions(values);
  const Weights weights = awake(opinions);
  for (const ScoredRow& entry : all.top()) best.push_back({.row = entry.row});
  for (std::size_t m = kKeysBegin; m < kOpinions; ++m)
    for (std::size_t k = 0; opinions[m] != nullptr && k < opinions[m]->rows.size(); ++k)
      best.push_back({.row = opinions[m]->rows[k].row});
  std::sort(best.begin(), best.end(), [](const auto& a, const auto& b) { return a.row < b.row; });
  best.erase(std::unique(best.begin(), best.end(),
                         [](const auto& a, const auto& b) { return a.row == b.row; }),
             best.end());
  for (Choice& choice : best) {
    const float of_all = all.share(all.main_level(), choice.row);
    choice.score = weights[kAll] * of_all;
    choice.key = kNoKey;
    float most = 0;
    for (std::size_t m = kKeysBegin; m < kOpinions; ++m) {
      if (opinions[m] == nullptr) continue;
      const float of_value = share(*opinions[m], choice.row, of_all);
      const float part = weights[m] * of_value;
      choice.score += part;
      if (part <= most || of_value <= of_all) continue;
      most = part;
      choice.key = m - kKeysBegin;
    }
    // A key that accounts for less than a third is not why the item stands there.
    if (3 * most < choice.score) choice.key = kNoKey;
  }
  std::sort(best.begin(), best.end(), stands_before);
}

}  // namespace freshet
