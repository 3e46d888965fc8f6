#include "scoring/replica.h"

#include <cmath>
#include <string>
#include <utility>

#include "ingest/event.h"

namespace freshet {

Replica::Replica(const ScoringConfig& config, const NetworkFactory& factory,
                 std::vector<std::string> context_keys)
    : language_(language_of(config.language)),
      knowledge_(config, factory),
      recommender_(config, knowledge_, std::move(context_keys)) {
  if (knowledge_.network() != nullptr)
    knowledge_.network()->compress(table_format(config.network.table));
}

Status Replica::apply(const Delta& delta) {
  FRESHET_RETURN_IF_ERROR(knowledge_.apply(delta));
  recommender_.rules().follow(delta);
  return {};
}

std::vector<RankedList> Replica::rank(std::span<const RankRequest> requests, RankEffort effort) {
  return recommender_.rank(requests, effort);
}

void Replica::rank(std::span<const RankRequest> requests, RankEffort effort, ListSink sink) {
  recommender_.rank(requests, effort, sink);
}

Explanation Replica::explain(const RankRequest& request, std::string_view item_name,
                             std::string_view language) {
  return recommender_.explain(request, item_name, language_of(language));
}

ItemRow Replica::row_of(std::string_view item_name) const {
  const ItemRow row = knowledge_.catalogue().find(item_id_of(item_name));
  return row != kNoRow && knowledge_.catalogue().item(row).name == item_name ? row : kNoRow;
}

std::vector<RankedItem> Replica::related(std::string_view item_name, std::size_t count) {
  const ItemRow row = row_of(item_name);
  if (row == kNoRow) return {};
  return related_items(knowledge_, row, count, language_, CommonRules(recommender_.rules()));
}

std::vector<RankedItem> Replica::similar(std::string_view item_name, std::size_t count) {
  const ItemRow row = row_of(item_name);
  if (row == kNoRow) return {};
  return similar_items(knowledge_, row, count, language_, CommonRules(recommender_.rules()));
}

Bundle Replica::bundle(std::span<const std::string> basket, const BundleLimits& limits) {
  return complete_basket(knowledge_, basket, limits, CommonRules(recommender_.rules()));
}

ItemRelations Replica::relations(ItemRow row, std::size_t count) {
  const ItemIdentity& item = catalogue().item(row);
  const CommonRules rules(recommender_.rules());
  return {.id = item.id,
          .name = item.name,
          .related = related_items(knowledge_, row, count, language_, rules),
          .bundle = complete_basket(knowledge_, {&item.name, 1}, {.count = count}, rules),
          .model_version = version()};
}

std::vector<ItemFigures> Replica::trending(const ItemListWish& wish) {
  return trending_items(knowledge_, wish, CommonRules(recommender_.rules()));
}

std::vector<ItemFigures> Replica::newest(const ItemListWish& wish) {
  return newest_items(knowledge_, wish, CommonRules(recommender_.rules()));
}

std::optional<ItemFigures> Replica::item_figures(std::string_view item_name) const {
  const ItemRow row = row_of(item_name);
  if (row == kNoRow) return std::nullopt;
  return figures_of(knowledge_, row);
}

std::vector<ItemId> Replica::popular(std::size_t count) const {
  std::vector<ItemId> popular;
  for (const ScoredRow& entry : knowledge_.popularity().top()) {
    if (popular.size() == count) break;
    if (knowledge_.catalogue().available(entry.row))
      popular.push_back(knowledge_.catalogue().item(entry.row).id);
  }
  return popular;
}

}  // namespace freshet
