#include "scoring/network/negative_sampler.h"

#include <algorithm>
#include <cmath>

#include "config/assert.h"

namespace freshet {

NegativeSampler::NegativeSampler(const Options& options)
    : options_(options), random_(options.seed) {
  FRESHET_ASSERT(options.recent_ratio >= 0 && options.recent_ratio <= 1, "a ratio is in 0..1");
  FRESHET_ASSERT(options.ring_max > 0, "the ring holds at least one target");
}

void NegativeSampler::add_row(ItemRow row) {
  if (is_live(row)) return;
  if (row >= place_.size()) {
    place_.resize(row + 1, kDead);
    count_.resize(row + 1, 0);
  }
  place_[row] = static_cast<std::uint32_t>(live_.size());
  live_.push_back(row);
}

void NegativeSampler::remove_rows(std::span<const ItemRow> rows) {
  for (const ItemRow row : rows) {
    if (!is_live(row)) continue;
    live_[place_[row]] = live_.back();
    place_[live_.back()] = place_[row];
    live_.pop_back();
    place_[row] = kDead;
    count_[row] = 0;
  }
  std::erase_if(ring_, [this](ItemRow row) { return !is_live(row); });
}

void NegativeSampler::add_targets(std::span<const ItemRow> targets) {
  for (const ItemRow row : targets) {
    if (!is_live(row)) continue;
    if (ring_.size() == options_.ring_max) {
      --count_[ring_.front()];
      ring_.pop_front();
    }
    ring_.push_back(row);
    ++count_[row];
  }
}

Negatives NegativeSampler::sample(std::span<const ItemRow> targets, std::size_t count) {
  Negatives negatives;
  if (live_.empty()) return negatives;
  for (std::size_t i = 0; i < count; ++i) {
    negatives.rows.push_back(draw());
    negatives.log_q.push_back(log_q(negatives.rows.back()));
  }
  for (const ItemRow target : targets) negatives.target_log_q.push_back(log_q(target));
  return negatives;
}

ItemRow NegativeSampler::draw() {
  if (random_.uniform() < recent_ratio()) return ring_[random_.below(ring_.size())];
  return live_[random_.below(live_.size())];
}

float NegativeSampler::log_q(ItemRow row) const {
  const double ratio = recent_ratio();
  const double uniform = (1 - ratio) / static_cast<double>(live_.size());
  const double ring_size = static_cast<double>(std::max<std::size_t>(ring_.size(), 1));
  double q = 0;
  if (is_live(row)) q = ratio * count_[row] / ring_size + uniform;
  const double smallest = uniform > 0 ? uniform : ratio / ring_size;
  return static_cast<float>(std::log(std::max(q, smallest)));
}

}  // namespace freshet
