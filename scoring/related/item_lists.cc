#include "scoring/related/item_lists.h"

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <cmath>
#include <optional>
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

/// `events` of `total` new ones against those that the usual share would give.
float trend_of(const Popularity& popularity, ItemRow row, double events, double total) {
  const std::size_t slow = popularity.levels() - 1;
  return shrunk_ratio(events, popularity.share(slow, row) * total, kTrendPrior);
}

float trend_of(const Popularity& popularity, ItemRow row) {
  const double total = popularity.decayed_events(0);
  return trend_of(popularity, row, popularity.share(0, row) * total, total);
}

/// What rises with all users; score = the trend.
std::vector<ScoredRow> rising(const Popularity& popularity) {
  const double share_min = kTrendEventsMin / std::max(popularity.decayed_events(0), 1.0);
  std::vector<ScoredRow> rows;
  for (ItemRow row = 0; row < popularity.rows(); ++row)
    if (popularity.share(0, row) >= share_min) rows.push_back({row, trend_of(popularity, row)});
  return rows;
}

/// What rises with those whose events they are; score = the trend.
std::vector<ScoredRow> rising(const Popularity& popularity,
                              const ColdPopularity::ValueEvents& events) {
  std::vector<ScoredRow> rows;
  for (const ScoredRow& entry : events.rows) {
    if (entry.score < kTrendEventsMin) continue;
    rows.push_back({entry.row, trend_of(popularity, entry.row, entry.score, events.total)});
  }
  return rows;
}

/// The events of those who have the context that is asked for; empty = all users are asked for.
std::optional<ColdPopularity::ValueEvents> events_of(const Knowledge& knowledge,
                                                     const ItemListWish& wish) {
  const std::vector<ContextValue> values = context_values(wish.context);
  for (std::size_t key = 0; key < values.size(); ++key)
    if (values[key] != 0) return knowledge.cold_popularity().events_of(key, values[key]);
  return std::nullopt;
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

std::vector<ItemFigures> trending_items(const Knowledge& knowledge, const ItemListWish& wish,
                                        ItemFactor factor) {
  const Catalogue& catalogue = knowledge.catalogue();
  const Popularity& popularity = knowledge.popularity();
  const auto events = events_of(knowledge, wish);
  std::vector<ScoredRow> best = events ? rising(popularity, *events) : rising(popularity);
  absl::flat_hash_map<ItemRow, float> trends;
  std::erase_if(best, [&](ScoredRow& entry) {
    if (entry.score <= 1 || !catalogue.available(entry.row)) return true;
    if (!in_category(catalogue, entry.row, wish.category)) return true;
    trends[entry.row] = entry.score;
    entry.score *= factor(entry.row);
    return entry.score <= 0;
  });
  keep_best(best, wish.count);
  std::vector<ItemFigures> trending;
  for (const ScoredRow& entry : best)
    trending.emplace_back(figures_of(knowledge, entry.row)).trend = trends.at(entry.row);
  return trending;
}

std::vector<ItemFigures> newest_items(const Knowledge& knowledge, const ItemListWish& wish,
                                      ItemFactor factor) {
  const Catalogue& catalogue = knowledge.catalogue();
  const std::span<const ItemRow> by_age = catalogue.by_age();
  const auto events = events_of(knowledge, wish);
  const auto known = [&](ItemRow row) {
    return !events || std::binary_search(events->rows.begin(), events->rows.end(), ScoredRow{row},
                                         [](auto a, auto b) { return a.row < b.row; });
  };
  std::vector<ItemFigures> newest;
  for (std::size_t k = by_age.size(); k-- > 0 && newest.size() < wish.count;) {
    if (catalogue.available(by_age[k]) && known(by_age[k]) &&
        in_category(catalogue, by_age[k], wish.category) && factor(by_age[k]) > 0)
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
