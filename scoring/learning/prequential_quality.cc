#include "scoring/learning/prequential_quality.h"

#include <algorithm>
#include <cmath>

namespace freshet {
namespace {

template <class List>
void fill(List& list, const std::vector<ItemId>& items) {
  list.fill(ItemId{});
  std::copy_n(items.begin(), std::min(items.size(), list.size()), list.begin());
}

template <class List>
std::size_t rank_in(const List& list, ItemId item) {
  return static_cast<std::size_t>(std::find(list.begin(), list.end(), item) - list.begin());
}

}  // namespace

void PrequentialTotals::add(std::size_t rank) {
  ++events;
  if (rank < kListMax) ++at_rank_[rank];
}

void PrequentialTotals::remove(std::size_t rank) {
  --events;
  if (rank < kListMax) --at_rank_[rank];
}

double PrequentialTotals::hit_rate_20() const {
  double sum = 0;
  for (const std::uint64_t count : at_rank_) sum += static_cast<double>(count);
  return events > 0 ? sum / static_cast<double>(events) : 0;
}

double PrequentialTotals::mrr_20() const {
  double sum = 0;
  for (std::size_t rank = 0; rank < kListMax; ++rank)
    sum += static_cast<double>(at_rank_[rank]) / static_cast<double>(1 + rank);
  return events > 0 ? sum / static_cast<double>(events) : 0;
}

double PrequentialTotals::ndcg_20() const {
  double sum = 0;
  for (std::size_t rank = 0; rank < kListMax; ++rank)
    sum += static_cast<double>(at_rank_[rank]) / std::log2(static_cast<double>(2 + rank));
  return events > 0 ? sum / static_cast<double>(events) : 0;
}

void PrequentialQuality::served(const UserId& user, const Position& position,
                                const std::vector<ItemId>& items,
                                const std::vector<ItemId>& popular_items) {
  if (lists_max_ == 0) return;
  Served& list = lists_[user];
  list.position = position;
  list.turn = ++turn_;
  fill(list.items, items);
  fill(list.popular_items, popular_items);
  order_.emplace_back(user, turn_);
  // Outdated entries are dropped with the oldest, and at the latest when they are the most.
  while (lists_.size() > lists_max_ || order_.size() > 2 * lists_max_) forget_oldest();
}

void PrequentialQuality::forget_oldest() {
  const auto oldest = lists_.find(order_.front().first);
  if (oldest != lists_.end() && oldest->second.turn == order_.front().second) lists_.erase(oldest);
  order_.pop_front();
}

void PrequentialQuality::forget(const UserId& user) {
  lists_.erase(user);
  std::erase_if(order_, [&](const auto& entry) { return entry.first == user; });
}

void PrequentialQuality::observe(const TrainingExample& example) {
  const auto found = lists_.find(example.user);
  if (found == lists_.end()) return;
  const Served& list = found->second;
  const bool served_before =
      list.position.partition != example.partition || list.position.offset < example.offset;
  if (!served_before) return;
  const std::size_t served_rank = rank_in(list.items, example.item);
  const std::size_t popular_rank = rank_in(list.popular_items, example.item);
  figures_.served.add(served_rank);
  figures_.served_window.add(served_rank);
  figures_.popularity.add(popular_rank);
  figures_.popularity_window.add(popular_rank);
  window_.push_back(
      {static_cast<std::uint8_t>(served_rank), static_cast<std::uint8_t>(popular_rank)});
  if (window_.size() <= kWindow) return;
  figures_.served_window.remove(window_.front().served_rank);
  figures_.popularity_window.remove(window_.front().popular_rank);
  window_.pop_front();
}

}  // namespace freshet
