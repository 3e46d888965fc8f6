#include "scoring/ranking/list_maker.h"

#include <algorithm>

#include "scoring/experts/top_list.h"

namespace freshet {
namespace {

/// Categories of a history that calibration tells apart, the most frequent ones.
constexpr std::size_t kCategoriesMax = 32;

bool holds(std::span<const RuleIndex> rules, RuleIndex rule) {
  return std::find(rules.begin(), rules.end(), rule) != rules.end();
}

}  // namespace

ListMaker::ListMaker(const ScoringConfig& config, const Knowledge& knowledge, RuleBook& book)
    : knowledge_(knowledge),
      book_(book),
      filters_(config.filters, knowledge.catalogue()),
      rules_(book),
      reranker_(knowledge.covisitation(), knowledge.popularity()),
      exploration_(config.exploration, knowledge.catalogue(), knowledge.popularity()) {
  const auto add = [&](const ScenarioConfig& scenario) {
    names_.push_back(scenario.name);
    settings_.push_back(
        {.list_size = scenario.list_size.value_or(config.list_size),
         .exploration_slots = scenario.exploration_slots.value_or(config.exploration_slots),
         .dials = {.diversity = static_cast<float>(scenario.diversity.value_or(config.diversity)),
                   .by_volume = config.diversity_method == "dpp",
                   .novelty = static_cast<float>(scenario.novelty.value_or(config.novelty)),
                   .calibration =
                       static_cast<float>(scenario.calibration.value_or(config.calibration))}});
  };
  add({.name = kDefaultScenario});
  for (const ScenarioConfig& scenario : config.scenarios) add(scenario);
}

std::span<const PlacedItem> ListMaker::make(const ListOrder& order) {
  const Settings& settings = settings_[order.scenario];
  const RankRequest& request = order.request;
  rules_.prepare(order.scenario, request.state.context);
  filters_.prepare(request, order.context, rules_);
  list_.assign(order.count > 0 ? order.count : settings.list_size, {});
  listed_.clear();
  collect(order.offers);
  place_pins();
  place_promoted(order);
  draw(order);
  fill_by_score(order);
  if (order.fills_with_popular) fill_with_popular(order.scenario);
  std::erase_if(list_, [](const PlacedItem& item) { return item.how == PlacedItem::How::kEmpty; });
  return list_;
}

bool ListMaker::may_stand(ItemRow row) {
  if (listed_.contains(row) || !filters_.lets_pass(row)) return false;
  const bool passes = rules_.lets_pass(row);
  if (!passes) rules_.count_kept_out(row);
  return passes;
}

std::string_view ListMaker::filter_of(ItemRow row) const {
  const std::string_view filter = filters_.filter_of(row);
  if (!filter.empty()) return filter;
  return rules_.lets_pass(row) ? std::string_view() : "rule";
}

/// At the first free place from `from` on; false when there is none, or the list has enough of it.
bool ListMaker::put(std::size_t from, PlacedItem item) {
  while (from < list_.size() && !is_free(from)) ++from;
  if (from >= list_.size() || !rules_.admits(item.row)) return false;
  rules_.take(item.row);
  listed_.insert(item.row);
  list_[from] = item;
  return true;
}

void ListMaker::collect(std::span<const PoolItem> offers) {
  pool_.clear();
  for (const PoolItem& offer : offers) {
    if (!may_stand(offer.row)) continue;
    pool_.push_back(offer);
    pool_.back().score += rules_.log_factor(offer.row);
  }
}

/// Those whose place is free first: a pin that has to give way takes no other pin's place.
void ListMaker::place_pins() {
  for (const bool exactly : {true, false}) {
    rules_.for_each(RuleKind::kPin, [&](RuleIndex index, const Rule& rule) {
      const std::size_t place = rule.config.position - 1;
      if (place >= list_.size() || (exactly && !is_free(place))) return;
      const ItemRow row = knowledge_.catalogue().find(rule.item);
      if (row == kNoRow || !holds(book_.of(row), index) || !may_stand(row)) return;
      if (put(place, {.row = row, .how = PlacedItem::How::kRule, .rule = index}))
        book_.count_effect(index);
    });
  }
}

void ListMaker::place_promoted(const ListOrder& order) {
  rules_.for_each(RuleKind::kPromote, [&](RuleIndex index, const Rule& rule) {
    for (std::size_t slot = 0; slot < rule.config.slots; ++slot) {
      if (!promote(index, rule.config.position - 1 + slot, order)) return;
      book_.count_effect(index);
    }
  });
}

/// The campaign's best candidate; without one the most likely of its best-known items.
bool ListMaker::promote(RuleIndex rule, std::size_t from, const ListOrder& order) {
  const PoolItem* best = nullptr;
  for (const PoolItem& item : pool_) {
    if (best != nullptr && !stands_before(item, *best)) continue;
    if (holds(book_.of(item.row), rule) && !listed_.contains(item.row) && rules_.admits(item.row))
      best = &item;
  }
  const ItemRow row = best != nullptr ? best->row : best_leader(rule, order);
  return row != kNoRow && put(from, {.row = row,
                                     .how = PlacedItem::How::kRule,
                                     .score = best != nullptr ? best->score : 0,
                                     .rule = rule});
}

ItemRow ListMaker::best_leader(RuleIndex rule, const ListOrder& order) {
  ItemRow best = kNoRow;
  float highest = 0;
  for (const ItemRow row : book_.leaders(rule)) {
    // Leaders are chosen now and then: by now the item may have left, or changed.
    if (!holds(book_.of(row), rule) || !may_stand(row) || !rules_.admits(row)) continue;
    const float likelihood = order.likelihood(row);
    if (best != kNoRow && likelihood <= highest) continue;
    best = row;
    highest = likelihood;
  }
  return best;
}

/// For the last places that are free: the first ones are dear.
void ListMaker::draw(const ListOrder& order) {
  const std::size_t slots = settings_[order.scenario].exploration_slots;
  if (slots == 0) return;
  std::vector<std::size_t> places;
  for (std::size_t place = list_.size(); place > 0 && places.size() < slots; --place)
    if (is_free(place - 1)) places.push_back(place - 1);
  exploration_.draw(
      seed_of(order.request, names_[order.scenario]), places.size(),
      [this](ItemRow row) { return may_stand(row) && rules_.admits(row); }, drawn_);
  for (const DrawnItem& item : drawn_) {
    const bool placed =
        put(places.back(),
            {.row = item.row, .how = PlacedItem::How::kDrawn, .propensity = item.propensity});
    if (placed) places.pop_back();
  }
}

void ListMaker::fill_by_score(const ListOrder& order) {
  RerankDials dials = settings_[order.scenario].dials;
  const auto free = static_cast<std::size_t>(
      std::count_if(list_.begin(), list_.end(),
                    [](const PlacedItem& item) { return item.how == PlacedItem::How::kEmpty; }));
  std::erase_if(pool_, [this](const PoolItem& item) { return listed_.contains(item.row); });
  // What a bound refuses is followed by the next best, however far down.
  std::size_t looked_at = rules_.has_bounds() ? pool_.size() : free;
  if (dials.any()) looked_at = std::max(looked_at, Reranker::kPoolMax);
  keep_best(pool_, looked_at);
  if (dials.calibration > 0 && !order.request.opted_out) calibrate(order.request);
  std::size_t next = 0;
  reranker_.choose(
      dials, pool_, free, [this](const PoolItem& item) { return rules_.admits(item.row); },
      [&](const PoolItem& item) {
        put(next, {.row = item.row,
                   .how = PlacedItem::How::kOffered,
                   .score = item.score,
                   .place = item.place});
      });
}

void ListMaker::calibrate(const RankRequest& request) {
  std::vector<ItemCategories> history;
  history.reserve(request.state.history.size());
  for (const HistoryEntry& entry : request.state.history)
    history.push_back(book_.labels(knowledge_.catalogue().find(entry.item)).categories);
  std::vector<ItemCategories> pool;
  pool.reserve(pool_.size());
  for (const PoolItem& item : pool_) pool.push_back(book_.labels(item.row).categories);
  reranker_.calibrate(shares_of(history, kCategoriesMax), std::move(pool));
}

void ListMaker::fill_with_popular(ScenarioIndex scenario) {
  float below = 0;
  std::size_t next = 0;
  for (std::size_t place = 0; place < list_.size(); ++place)
    if (list_[place].how == PlacedItem::How::kOffered) below = list_[place].score - 1;
  const auto fill = [&](ItemRow row) {
    while (next < list_.size() && !is_free(next)) ++next;
    if (next == list_.size() || !may_stand(row)) return;
    const Popularity& popularity = knowledge_.popularity();
    put(next, {.row = row,
               .how = PlacedItem::How::kPopular,
               .score = below + popularity.share(popularity.main_level(), row)});
  };
  for (const ScoredRow& popular : knowledge_.popularity().top()) fill(popular.row);
  for (const ItemRow row : book_.leaders_of_scenario(scenario)) fill(row);
}

}  // namespace freshet
