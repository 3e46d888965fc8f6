#include "scoring/ranking/exploration_slots.h"

#include <algorithm>

#include "ingest/event.h"
#include "scoring/experts/exploration.h"
#include "scoring/network/split_mix.h"

namespace freshet {

void ExplorationSlots::draw(std::uint64_t seed, std::size_t count,
                            absl::FunctionRef<bool(ItemRow)> may_stand,
                            std::vector<DrawnItem>& drawn) {
  drawn.clear();
  pool_.clear();
  if (count == 0) return;
  const std::span<const ItemRow> by_age = catalogue_.by_age();
  for (const ItemRow row : by_age.last(std::min(by_age.size(), config_.items_max))) {
    if (!is_new_item(row, config_, popularity_, catalogue_) || !may_stand(row)) continue;
    pool_.push_back({row, 1.0F / static_cast<float>(1 + popularity_.count(row))});
  }
  SplitMix random(seed);
  while (drawn.size() < count && !pool_.empty()) {
    float total = 0;
    for (const Chance& chance : pool_) total += chance.weight;
    float left = random.uniform() * total;
    std::size_t k = 0;
    while (k + 1 < pool_.size() && left >= pool_[k].weight) left -= pool_[k++].weight;
    drawn.push_back({pool_[k].row, pool_[k].weight / total});
    pool_.erase(pool_.begin() + static_cast<std::ptrdiff_t>(k));
  }
}

std::uint64_t seed_of(const RankRequest& request, std::string_view scenario) {
  const Position& at = request.position;
  std::uint64_t seed = item_id_of(request.user).value;
  for (const std::uint64_t part :
       {static_cast<std::uint64_t>(at.partition.value), static_cast<std::uint64_t>(at.offset.value),
        item_id_of(scenario).value})
    seed = SplitMix(seed ^ part).next();
  return seed;
}

}  // namespace freshet
