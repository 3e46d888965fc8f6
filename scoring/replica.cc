#include "scoring/replica.h"

#include <cmath>
#include <string>
#include <utility>

#include "ingest/event.h"

namespace freshet {
namespace {

/// Draws the lift of rare pairs towards nothing: a pair seen once says little.
constexpr float kPairPrior = 3;

}  // namespace

Replica::Replica(const ScoringConfig& config, const NetworkFactory& factory,
                 std::vector<std::string> context_keys)
    : knowledge_(config, factory), recommender_(config, knowledge_, std::move(context_keys)) {
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

std::vector<RankedItem> Replica::related(std::string_view item_name, std::size_t count) const {
  const Catalogue& catalogue = knowledge_.catalogue();
  const ItemRow row = catalogue.find(item_id_of(item_name));
  if (row == kNoRow || catalogue.item(row).name != item_name) return {};
  const Neighbours& item = knowledge_.covisitation().of(row);
  const auto count_of = [this](ItemRow r) {
    return static_cast<float>(knowledge_.popularity().count(r));
  };
  std::vector<ScoredRow> best;  // row = place in `item`.
  for (std::size_t k = 0; k < item.rows.size(); ++k) {
    if (item.rows[k] == row || !catalogue.available(item.rows[k])) continue;
    const float both = item.pairs[k].forward + item.pairs[k].backward;
    const float cosine = both / (std::sqrt(count_of(row) * count_of(item.rows[k])) + kPairPrior);
    best.push_back({static_cast<ItemRow>(k), cosine});
  }
  keep_best(best, count);
  std::vector<RankedItem> related;
  for (const ScoredRow& entry : best) {
    const ItemIdentity& other = catalogue.item(item.rows[entry.row]);
    Reason reason{.source = Source::kCovisitation,
                  .because_of = catalogue.item(row).id,
                  .because_of_name = catalogue.item(row).name,
                  .share = 1,
                  .text = "Goes with " + std::string(catalogue.label(row))};
    related.push_back(
        {.id = other.id, .name = other.name, .score = entry.score, .reasons = {std::move(reason)}});
  }
  return related;
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
