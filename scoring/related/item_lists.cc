#include "scoring/related/item_lists.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "scoring/experts/top_list.h"
#include "scoring/related/lift.h"

namespace freshet {
namespace {

/// Draws the cosine of rare pairs towards nothing: a pair seen once says little.
constexpr float kPairPrior = 3;

/// Events as usual that every item is given, now and usually: so few events do not make a trend.
constexpr double kTrendPrior = 10;

/// Items with fewer of the newest events are not looked at.
constexpr double kTrendEventsMin = 3;

RankedItem item_with(const Knowledge& knowledge, ItemRow row, float score, Reason reason) {
  const ItemIdentity& item = knowledge.catalogue().item(row);
  return {.id = item.id, .name = item.name, .score = score, .reasons = {std::move(reason)}};
}

Reason reason_for(const Knowledge& knowledge, ItemRow origin, Source source, std::string text) {
  const ItemIdentity& item = knowledge.catalogue().item(origin);
  return {.source = source,
          .because_of = item.id,
          .because_of_name = item.name,
          .share = 1,
          .text = std::move(text)};
}

/// Events now against those that the usual share would give.
float trend_of(const Popularity& popularity, ItemRow row) {
  const std::size_t slow = popularity.levels() - 1;
  const double events = popularity.decayed_events(0);
  return shrunk_ratio(popularity.share(0, row) * events, popularity.share(slow, row) * events,
                      kTrendPrior);
}

}  // namespace

std::vector<RankedItem> related_items(const Knowledge& knowledge, ItemRow row, std::size_t count,
                                      Language language, ItemFactor factor) {
  const Catalogue& catalogue = knowledge.catalogue();
  const Neighbours& item = knowledge.covisitation().of(row);
  const auto count_of = [&knowledge](ItemRow r) {
    return static_cast<float>(knowledge.popularity().count(r));
  };
  std::vector<ScoredRow> best;
  for (std::size_t k = 0; k < item.rows.size(); ++k) {
    if (item.rows[k] == row || !catalogue.available(item.rows[k])) continue;
    const float ruled = factor(item.rows[k]);
    if (ruled <= 0) continue;
    const float both = item.pairs[k].forward + item.pairs[k].backward;
    const float root = std::sqrt(count_of(row) * count_of(item.rows[k]));
    best.push_back({item.rows[k], ruled * both / (root + kPairPrior)});
  }
  keep_best(best, count);
  const Reason reason =
      reason_for(knowledge, row, Source::kCovisitation,
                 sentence(Phrase::kGoesWith, language, {{"because", catalogue.label(row)}}));
  std::vector<RankedItem> related;
  for (const ScoredRow& entry : best)
    related.push_back(item_with(knowledge, entry.row, entry.score, reason));
  return related;
}

std::vector<RankedItem> similar_items(const Knowledge& knowledge, ItemRow row, std::size_t count,
                                      Language language, ItemFactor factor) {
  const Catalogue& catalogue = knowledge.catalogue();
  const Reason reason =
      reason_for(knowledge, row, Source::kContent,
                 sentence(Phrase::kSimilar, language, {{"because", catalogue.label(row)}}));
  std::vector<ScoredRow> nearest;
  knowledge.content().neighbours(row, nearest);
  std::erase_if(nearest, [&](ScoredRow& near) {
    const float ruled = catalogue.available(near.row) ? factor(near.row) : 0;
    near.score *= ruled;
    return ruled <= 0;
  });
  keep_best(nearest, count);
  std::vector<RankedItem> similar;
  for (const ScoredRow& near : nearest)
    similar.push_back(item_with(knowledge, near.row, near.score, reason));
  return similar;
}

std::vector<ItemFigures> trending_items(const Knowledge& knowledge, std::size_t count,
                                        std::string_view category, ItemFactor factor) {
  const Catalogue& catalogue = knowledge.catalogue();
  const Popularity& popularity = knowledge.popularity();
  const double events_min = kTrendEventsMin / std::max(popularity.decayed_events(0), 1.0);
  std::vector<ScoredRow> best;
  for (ItemRow row = 0; row < popularity.rows(); ++row) {
    if (popularity.share(0, row) < events_min || !catalogue.available(row)) continue;
    const float trend = trend_of(popularity, row);
    if (trend <= 1 || !in_category(catalogue, row, category)) continue;
    if (const float ruled = factor(row); ruled > 0) best.push_back({row, ruled * trend});
  }
  keep_best(best, count);
  std::vector<ItemFigures> trending;
  for (const ScoredRow& entry : best) trending.push_back(figures_of(knowledge, entry.row));
  return trending;
}

std::vector<ItemFigures> newest_items(const Knowledge& knowledge, std::size_t count,
                                      std::string_view category, ItemFactor factor) {
  const Catalogue& catalogue = knowledge.catalogue();
  const std::span<const ItemRow> by_age = catalogue.by_age();
  std::vector<ItemFigures> newest;
  for (std::size_t k = by_age.size(); k-- > 0 && newest.size() < count;) {
    if (catalogue.available(by_age[k]) && in_category(catalogue, by_age[k], category) &&
        factor(by_age[k]) > 0)
      newest.push_back(figures_of(knowledge, by_age[k]));
  }
  return newest;
}

ItemFigures figures_of(const Knowledge& knowledge, ItemRow row) {
  const Popularity& popularity = knowledge.popularity();
  ItemFigures figures;
  if (const ItemUpdate* content = knowledge.catalogue().content(row)) {
    figures.item = *content;
    figures.item.embedding.clear();
    figures.described = true;
  }
  figures.item.id = knowledge.catalogue().item(row).id;
  figures.item.name = knowledge.catalogue().item(row).name;
  figures.available = knowledge.catalogue().available(row);
  const std::vector<ScoredRow>& top = popularity.top();
  const auto place =
      std::find_if(top.begin(), top.end(), [row](const ScoredRow& e) { return e.row == row; });
  if (place != top.end())
    figures.popularity_rank = 1 + static_cast<std::size_t>(place - top.begin());
  figures.share = popularity.share(popularity.main_level(), row);
  figures.trend = trend_of(popularity, row);
  figures.seen_times = popularity.count(row);
  return figures;
}

bool in_category(const Catalogue& catalogue, ItemRow row, std::string_view category) {
  if (category.empty()) return true;
  const ItemUpdate* content = catalogue.content(row);
  if (content == nullptr) return false;
  std::string path;
  for (const std::string& part : content->category) {
    path += (path.empty() ? "" : "/") + part;
    if (path.size() >= category.size()) break;
  }
  return path == category;
}

}  // namespace freshet
