#include "scoring/experts/covisitation.h"

#include <algorithm>
#include <cmath>

#include "scoring/vector_lanes.h"

namespace freshet {
namespace {

/// Distinct items back whose followers count for the probability.
constexpr std::size_t kOriginsMax = 3;

/// The weight of a pair inside one basket: its order is unknown, so it counts as two steps apart.
constexpr float kBasketWeight = 0.5F;

/// Where `row` stands among `rows`, which differ; their number if it does not. Looks at four at a
/// time and at all of them: most searches are in vain, and where the others end is hard to predict.
std::size_t place_of(ItemRow row, std::span<const ItemRow> rows) {
  using Four = Lanes<4>::Int;
  const Four wanted = Four{} + static_cast<std::int32_t>(row);
  Four places{1, 2, 3, 4}, found{};
  std::size_t k = 0;
  for (; k + 4 <= rows.size(); k += 4, places += 4)
    found |= (*reinterpret_cast<const Four*>(&rows[k]) == wanted) & places;
  for (; k < rows.size(); ++k)
    if (rows[k] == row) return k;
  const std::int32_t place = found[0] | found[1] | found[2] | found[3];
  return place > 0 ? static_cast<std::size_t>(place) - 1 : rows.size();
}

}  // namespace

void Covisitation::observe(ItemRow target, std::span<const ContextStep> steps,
                           std::span<const ItemRow> basket) {
  ++tick_;
  for (std::size_t k = 0; k < std::min(steps.size(), config_.window); ++k) {
    const float near = 1.0F / static_cast<float>(1 + k);
    const float weight = steps[k].same_session ? near : near * kCrossSessionWeight;
    count_forward(steps[k].row, target, weight, k == 0 && steps[k].same_session);
    count_backward(target, steps[k].row, weight);
  }
  // Every item of the basket is a target itself, so the other direction is counted then.
  for (std::size_t k = 0; k < std::min(basket.size(), config_.window); ++k)
    count_forward(basket[k], target, kBasketWeight, false);
}

const PairCounts* Covisitation::find(ItemRow from, ItemRow to) const {
  if (from >= items_.size()) return nullptr;
  const Neighbours& item = items_[from];
  const std::size_t place = place_of(to, item.rows);
  return place == item.rows.size() ? nullptr : &item.pairs[place];
}

float Covisitation::recent_now(const PairCounts& pair) const {
  return pair.recent *
         std::exp2(-static_cast<float>(tick_ - pair.last) / static_cast<float>(config_.half_life));
}

float Covisitation::strength(const PairCounts& pair) const {
  return pair.forward + static_cast<float>(config_.reverse_weight) * pair.backward;
}

PairCounts& Covisitation::touch(ItemRow from, ItemRow to) {
  Neighbours& item = items_[from];
  const std::size_t place = place_of(to, item.rows);
  if (place < item.rows.size()) return item.pairs[place];
  if (item.rows.size() >= 2 * config_.neighbours_max) prune(item);
  item.rows.push_back(to);
  item.pairs.push_back({.last = tick_});
  return item.pairs.back();
}

void Covisitation::count_forward(ItemRow from, ItemRow to, float weight, bool next) {
  PairCounts& pair = touch(from, to);
  Neighbours& item = items_[from];
  pair.recent = recent_now(pair) + weight;
  pair.forward += weight;
  item.weight += weight;
  pair.last = tick_;
  if (next) {
    pair.next += 1;
    item.next_count += 1;
  }
  raise_edge(item, to, pair);
}

void Covisitation::count_backward(ItemRow from, ItemRow to, float weight) {
  PairCounts& pair = touch(from, to);
  pair.recent = recent_now(pair);
  pair.backward += weight;
  pair.last = tick_;
  raise_edge(items_[from], to, pair);
}

void Covisitation::raise_edge(Neighbours& item, ItemRow row, const PairCounts& pair) {
  item.edges.raise({row, strength(pair), pair.forward});
  item.edge_sum = 1;
  for (const Edge& edge : item.edges.rows()) item.edge_sum += edge.score;
}

void Covisitation::prune(Neighbours& item) {
  std::vector<ScoredRow> standing;  // row = place in `item`.
  standing.reserve(item.rows.size());
  for (std::size_t k = 0; k < item.rows.size(); ++k) {
    const float age =
        static_cast<float>(tick_ - item.pairs[k].last) / static_cast<float>(config_.half_life);
    standing.push_back({static_cast<ItemRow>(k), strength(item.pairs[k]) * std::exp2(-age)});
  }
  keep_best(standing, config_.neighbours_max);
  std::vector<ItemRow> rows;
  std::vector<PairCounts> pairs;
  rows.reserve(2 * config_.neighbours_max);
  pairs.reserve(2 * config_.neighbours_max);
  for (const ScoredRow& kept : standing) {
    rows.push_back(item.rows[kept.row]);
    pairs.push_back(item.pairs[kept.row]);
  }
  item.rows = std::move(rows);
  item.pairs = std::move(pairs);
  rebuild_edges(item);
}

void Covisitation::evict(std::span<const ItemRow> rows) {
  std::vector<bool> leaves(items_.size(), false);
  for (const ItemRow row : rows) {
    leaves[row] = true;
    items_[row] = Neighbours{.edges = TopListOf<Edge>(config_.walk_edges_max)};
  }
  for (Neighbours& item : items_) {
    const bool touched = std::any_of(item.rows.begin(), item.rows.end(),
                                     [&leaves](ItemRow row) { return leaves[row]; });
    if (!touched) continue;
    drop_pairs(leaves, item);
    rebuild_edges(item);
  }
}

/// What was counted from the item stays in its weight: those steps were made.
void Covisitation::drop_pairs(const std::vector<bool>& leaves, Neighbours& item) {
  std::size_t kept = 0;
  for (std::size_t k = 0; k < item.rows.size(); ++k) {
    if (leaves[item.rows[k]]) continue;
    item.rows[kept] = item.rows[k];
    item.pairs[kept++] = item.pairs[k];
  }
  item.rows.resize(kept);
  item.pairs.resize(kept);
}

void Covisitation::rebuild_edges() {
  for (Neighbours& item : items_) rebuild_edges(item);
}

void Covisitation::rebuild_edges(Neighbours& item) {
  item.edges = TopListOf<Edge>(config_.walk_edges_max);
  item.edge_sum = 1;
  for (std::size_t k = 0; k < item.rows.size(); ++k)
    item.edges.raise({item.rows[k], strength(item.pairs[k]), item.pairs[k].forward});
  for (const Edge& edge : item.edges.rows()) item.edge_sum += edge.score;
}

void CovisitationExpert::prepare(const Context& context, std::size_t rows) {
  scores_.reset(rows);
  origins_.clear();
  const std::span<const DistinctItem> newest(context.distinct.data(),
                                             std::min(kOriginsMax + 1, context.distinct.size()));
  leave_one_out_.prepare(newest, kOriginsMax, true);
  float total = 0;
  for (std::size_t k = 0; k < std::min(kOriginsMax, context.distinct.size()); ++k) {
    const float near = context.distinct[k].weight(k);
    origins_.push_back({context.distinct[k].row, near * near});
    total += near * near;
  }
  for (ScoredRow& origin : origins_) {
    origin.score /= total;
    const Neighbours& item = counts_.of(origin.row);
    const float scale = origin.score / (item.weight + 1);
    for (std::size_t k = 0; k < item.rows.size(); ++k)
      if (item.pairs[k].forward > 0) scores_.add(item.rows[k], scale * item.pairs[k].forward);
  }
}

void CovisitationExpert::candidates(std::size_t count, std::vector<ScoredRow>& best) {
  best.clear();
  if (!origins_.empty()) add_followers(origins_[0].row, count, best);
  if (origins_.size() > 1) add_followers(origins_[1].row, count / 2, best);
  std::sort(best.begin(), best.end(), stands_before);
  const auto same = [](const ScoredRow& a, const ScoredRow& b) { return a.row == b.row; };
  best.erase(std::unique(best.begin(), best.end(), same), best.end());
}

void CovisitationExpert::add_followers(ItemRow row, std::size_t count,
                                       std::vector<ScoredRow>& best) {
  const Neighbours& item = counts_.of(row);
  followers_.clear();
  for (std::size_t k = 0; k < item.rows.size(); ++k)
    if (item.pairs[k].forward > 0) followers_.push_back({item.rows[k], item.pairs[k].forward});
  choose_best(followers_, count);
  for (const ScoredRow& follower : followers_)
    best.push_back({follower.row, scores_[follower.row]});
}

void CovisitationExpert::add_influences(ItemRow row, std::vector<Influence>& influences) {
  rates_.clear();
  for (const ItemRow item : leave_one_out_.items()) {
    const PairCounts* pair = counts_.find(item, row);
    const float forward = pair == nullptr ? 0 : pair->forward;
    rates_.push_back(forward / (counts_.of(item).weight + 1));
  }
  leave_one_out_.add_influences(rates_, influences);
}

}  // namespace freshet
