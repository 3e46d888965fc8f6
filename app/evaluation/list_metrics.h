#pragma once

#include <absl/container/flat_hash_map.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "app/evaluation/ranking_metrics.h"
#include "config/ids.h"
#include "scoring/catalogue/item_labels.h"

namespace freshet {

/// How alike two items are: a cosine, 0..1 (of co-visitation, content or embeddings).
using Similarity = std::function<double(ItemId, ItemId)>;

/// The categories an item belongs to; none = not known.
using CategoriesOf = std::function<ItemCategories(ItemId)>;

/// Mean of 1 - similarity over all pairs of the list (Ziegler et al., WWW 2005; as RecTools'
/// IntraListDiversity). 0 for fewer than two items.
double intra_list_diversity(std::span<const ItemId> list, const Similarity& similarity);

/// How far the categories of a list are from those of the history: KL divergence in nats,
/// Σ_c p(c) ln(p(c) / (0.99 q(c) + 0.01 p(c))), p = shares in the history, q = in the list
/// (Steck, RecSys 2018, section 3, all weights 1, α = 0.01). An item counts once, the same for each
/// of its categories. 0 = the same. Items without a category are left out; NaN when either side
/// has none left.
double calibration_divergence(std::span<const ItemId> history, std::span<const ItemId> list,
                              const CategoriesOf& categories_of);

/// What a hit at `rank` (0 = first) adds to serendipity: max(0, p_user - p_any) / k, where p =
/// (items + 1 - place) / items, p_user by the item's place in the list, p_any by its place in
/// popularity, 0 if it was never seen (RecTools' Serendipity). `popularity_place`: 1 = most
/// popular, 0 = never seen; `items` >= 1.
double serendipity_of_hit(std::size_t rank, std::size_t popularity_place, std::size_t items,
                          std::size_t k);

/// How unlike its history a hit is: 1 - greatest similarity to an item of it, 1 without one; 0 if
/// popularity's list has it, too. So the mean is the share of events that were hit by what neither
/// popularity nor more of the same would have shown (Ge et al., RecSys 2010: hits outside a
/// primitive recommender's list; weighted by the distance to the history, Kotkov et al. 2016).
double surprise_of_hit(ItemId target, std::span<const ItemId> popular,
                       std::span<const ItemId> history, const Similarity& similarity);

/// How lists spread over the catalogue. Memory: one entry per item ever listed. Confined to one
/// thread.
class ExposureTotals {
 public:
  void add(std::span<const ItemId> list);

  /// Share of the catalogue that stood among the first k of any list (RecTools' CatalogCoverage,
  /// normalised). `items`: of the catalogue.
  double coverage(std::size_t k, std::size_t items) const;

  /// Gini coefficient of how often each item of the catalogue was listed: Σ_i (2i - n - 1) x_i /
  /// (n Σ x), x ascending, n = items; 0 = all as often, near 1 = always the same few. NaN without
  /// lists.
  double gini(std::size_t items) const;

 private:
  struct Exposure {
    std::uint64_t lists = 0;
    std::size_t best_rank = kEvaluatedListMax;
  };
  absl::flat_hash_map<ItemId, Exposure> items_;
};

}  // namespace freshet
