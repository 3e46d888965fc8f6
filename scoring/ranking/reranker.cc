#include "scoring/ranking/reranker.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace freshet {
namespace {

/// Part of the user's own shares mixed into the list's, so that no logarithm is infinite.
constexpr float kSmoothing = 0.01F;

std::ptrdiff_t count_of(const ItemCategories& categories) {
  return std::find(categories.begin(), categories.end(), 0U) - categories.begin();
}

void scale_to_one(std::vector<float>& values) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  const float least = *low;
  const float spread = std::max(*high - least, 1e-9F);
  for (float& value : values) value = (value - least) / spread;
}

}  // namespace

float covisitation_cosine(const PairCounts& pair, float count_i, float count_j) {
  const float product = count_i * count_j;
  return product > 0 ? std::min(1.0F, (pair.forward + pair.backward) / std::sqrt(product)) : 0;
}

std::vector<CategoryShare> shares_of(std::span<const ItemCategories> history,
                                     std::size_t count_max) {
  absl::flat_hash_map<std::uint64_t, float> shares;
  float items = 0;
  for (const ItemCategories& categories : history) {
    const auto count = count_of(categories);
    if (count == 0) continue;
    ++items;
    for (std::ptrdiff_t k = 0; k < count; ++k)
      shares[categories[static_cast<std::size_t>(k)]] += 1 / static_cast<float>(count);
  }
  std::vector<CategoryShare> largest;
  largest.reserve(shares.size());
  for (const auto& [category, share] : shares) largest.push_back({category, share / items});
  std::sort(largest.begin(), largest.end(), [](const auto& a, const auto& b) {
    return a.share != b.share ? a.share > b.share : a.category < b.category;
  });
  if (largest.size() > count_max) largest.resize(count_max);
  return largest;
}

void Reranker::calibrate(std::vector<CategoryShare> user,
                         std::vector<ItemCategories> categories_of) {
  user_ = std::move(user);
  categories_of_ = std::move(categories_of);
}

void Reranker::choose(const RerankDials& dials, std::span<const PoolItem> pool, std::size_t count,
                      absl::FunctionRef<bool(const PoolItem&)> admits,
                      absl::FunctionRef<void(const PoolItem&)> take) {
  const std::size_t varied = dials.any() ? std::min(pool.size(), std::max(kPoolMax, count)) : 0;
  std::size_t taken = choose_varied(dials, pool.first(varied), count, admits, take);
  // By relevance alone, and what is left when bounds refused most of what was looked at.
  for (std::size_t k = varied; k < pool.size() && taken < count; ++k) {
    if (!admits(pool[k])) continue;
    take(pool[k]);
    ++taken;
  }
}

std::size_t Reranker::choose_varied(const RerankDials& dials, std::span<const PoolItem> pool,
                                    std::size_t count,
                                    absl::FunctionRef<bool(const PoolItem&)> admits,
                                    absl::FunctionRef<void(const PoolItem&)> take) {
  if (pool.empty()) return 0;
  start(dials, pool);
  std::size_t taken = 0;
  for (std::size_t looked_at = 0; looked_at < pool.size() && taken < count; ++looked_at) {
    if (dials.calibration > 0) weigh_kinds();
    const std::size_t next = next_item(dials);
    used_[next] = 1;
    if (!admits(pool[next])) continue;
    take(pool[next]);
    ++taken;
    note_taken(dials, pool, next);
  }
  for (const PoolItem& item : pool) slots_[item.row] = 0;
  return taken;
}

void Reranker::start(const RerankDials& dials, std::span<const PoolItem> pool) {
  const std::size_t n = pool.size();
  steps_ = 0;
  used_.assign(n, 0);
  variety_.assign(n, 0);
  volume_.assign(n, 1);
  factor_.clear();
  relevance_.resize(n);
  for (std::size_t k = 0; k < n; ++k) relevance_[k] = pool[k].score;
  scale_to_one(relevance_);
  if (dials.novelty > 0) {
    std::vector<float> rarity(n);
    const float events = static_cast<float>(popularity_.events()) + 1;
    for (std::size_t k = 0; k < n; ++k)
      rarity[k] =
          std::log2(events / static_cast<float>(std::max(1U, popularity_.count(pool[k].row))));
    scale_to_one(rarity);
    for (std::size_t k = 0; k < n; ++k)
      relevance_[k] += dials.novelty * (rarity[k] - relevance_[k]);
  }
  slots_.resize(std::max(slots_.size(), popularity_.rows()), 0);
  for (std::size_t k = 0; k < n; ++k) slots_[pool[k].row] = static_cast<std::uint16_t>(k + 1);
  if (dials.calibration > 0) find_kinds(n);
}

void Reranker::find_kinds(std::size_t count) {
  known_kinds_.clear();
  kinds_.clear();
  kind_of_.resize(count);
  for (std::size_t k = 0; k < count; ++k) {
    const ItemCategories& categories = categories_of_[k];
    const auto [kind, is_new] =
        known_kinds_.try_emplace(categories, static_cast<std::uint32_t>(kinds_.size()));
    if (is_new) kinds_.push_back(kind_of(categories));
    kind_of_[k] = kind->second;
  }
  counts_used_ = {};
  for (const Kind& kind : kinds_)
    if (!kind.parts.empty()) counts_used_[kind.count] = true;
  listed_.assign(user_.size(), 0);
  listed_all_ = 0;
}

Reranker::Kind Reranker::kind_of(const ItemCategories& categories) const {
  const auto count = count_of(categories);
  const auto end = categories.begin() + count;
  Kind kind{.count = static_cast<std::size_t>(count)};
  for (std::uint32_t part = 0; part < user_.size(); ++part)
    if (std::find(categories.begin(), end, user_[part].category) != end) kind.parts.push_back(part);
  return kind;
}

std::size_t Reranker::next_item(const RerankDials& dials) const {
  std::size_t next = used_.size();
  float highest = 0;
  for (std::size_t k = 0; k < used_.size(); ++k) {
    if (used_[k] != 0) continue;
    float value = (1 - dials.diversity) * relevance_[k] + dials.diversity * variety_[k];
    if (dials.calibration > 0)
      value = (1 - dials.calibration) * value - dials.calibration * divergence_[kind_of_[k]];
    if (next < used_.size() && value <= highest) continue;
    next = k;
    highest = value;
  }
  return next;
}

void Reranker::note_taken(const RerankDials& dials, std::span<const PoolItem> pool,
                          std::size_t taken) {
  if (dials.calibration > 0) {
    const Kind& kind = kinds_[kind_of_[taken]];
    for (const std::uint32_t part : kind.parts) listed_[part] += 1 / static_cast<float>(kind.count);
    ++listed_all_;
  }
  if (dials.diversity == 0 || steps_ >= kVariedMax) return;
  find_similar(pool, taken);
  if (dials.by_volume) {
    grow_factor(taken);
  } else {
    for (std::size_t k = 0; k < pool.size(); ++k) variety_[k] = std::min(variety_[k], -similar_[k]);
  }
  ++steps_;
}

/// One pass over the taken item's pairs reaches everything that is like it.
void Reranker::find_similar(std::span<const PoolItem> pool, std::size_t taken) {
  similar_.assign(pool.size(), 0);
  const ItemRow row = pool[taken].row;
  const Neighbours& item = covisitation_.of(row);
  const auto count = static_cast<float>(popularity_.count(row));
  for (std::size_t k = 0; k < item.rows.size(); ++k) {
    const std::uint16_t slot = slots_[item.rows[k]];
    if (slot == 0) continue;
    const auto other = static_cast<float>(popularity_.count(item.rows[k]));
    similar_[slot - 1U] = covisitation_cosine(item.pairs[k], count, other);
  }
}

/// e_i = (S_ji - <c_j, c_i>) / d_j and d_i² -= e_i² for every item i, j = the one taken. The cosine
/// is no kernel in the strict sense, so a volume may come out below 0: it counts as kVolumeMin.
void Reranker::grow_factor(std::size_t taken) {
  const std::size_t n = similar_.size();
  for (std::size_t t = 0; t < steps_; ++t) {
    const float* row = factor_.data() + t * n;
    const float own = row[taken];
    if (own == 0) continue;
    for (std::size_t i = 0; i < n; ++i) similar_[i] -= own * row[i];
  }
  const float scale = 1 / std::sqrt(std::max(volume_[taken], kVolumeMin));
  factor_.resize((steps_ + 1) * n);
  float* row = factor_.data() + steps_ * n;
  const float unit = -1 / std::log(kVolumeMin);
  for (std::size_t i = 0; i < n; ++i) {
    row[i] = scale * similar_[i];
    volume_[i] -= row[i] * row[i];
    if (row[i] != 0) variety_[i] = unit * std::log(std::clamp(volume_[i], kVolumeMin, 1.0F));
  }
}

/// Only the categories of the item that comes next make a difference: the divergence without it,
/// less what it gains in its own.
void Reranker::weigh_kinds() {
  const float all = listed_all_ + 1;
  const auto term = [&](std::size_t part, float listed) {
    const float p = user_[part].share;
    return p * std::log(p / ((1 - kSmoothing) * listed / all + kSmoothing * p));
  };
  float without = 0;
  gains_.resize(user_.size() * counts_used_.size());
  for (std::size_t part = 0; part < user_.size(); ++part) {
    const float now = term(part, listed_[part]);
    without += now;
    for (std::size_t count = 1; count < counts_used_.size(); ++count)
      if (counts_used_[count])
        gains_[part * counts_used_.size() + count] =
            now - term(part, listed_[part] + 1 / static_cast<float>(count));
  }
  divergence_.assign(kinds_.size(), without);
  for (std::size_t k = 0; k < kinds_.size(); ++k)
    for (const std::uint32_t part : kinds_[k].parts)
      divergence_[k] -= gains_[part * counts_used_.size() + kinds_[k].count];
}

}  // namespace freshet
