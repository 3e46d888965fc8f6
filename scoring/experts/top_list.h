#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "scoring/topk/top_k.h"

namespace freshet {

/// True if the first stands before the second: higher score, then smaller row. An object, so that
/// sorting inlines it.
inline constexpr auto stands_before = [](const auto& a, const auto& b) {
  return a.score != b.score ? a.score > b.score : a.row < b.row;
};

/// The best rows of scores that only grow, kept exactly as they grow. `Entry` has `row` and
/// `score`. Confined to one thread.
template <class Entry>
class TopListOf {
 public:
  explicit TopListOf(std::size_t size_max = 0) : size_max_(size_max) {}

  /// Tells that `entry.row` has reached `entry.score`, which is not below its score before.
  void raise(const Entry& entry) {
    auto place = std::find_if(rows_.begin(), rows_.end(),
                              [&entry](const Entry& known) { return known.row == entry.row; });
    if (place == rows_.end()) {
      if (rows_.size() >= size_max_) {
        if (size_max_ == 0 || !stands_before(entry, rows_.back())) return;
        rows_.pop_back();
      }
      rows_.push_back(entry);
      place = rows_.end() - 1;
    }
    while (place != rows_.begin() && stands_before(entry, *(place - 1))) {
      *place = *(place - 1);
      --place;
    }
    *place = entry;
  }

  /// Multiplies every score by a power of two, which changes no order.
  void scale(float power_of_two) {
    for (Entry& entry : rows_) entry.score *= power_of_two;
  }

  void clear() { rows_.clear(); }

  /// Best first.
  const std::vector<Entry>& rows() const { return rows_; }

 private:
  std::size_t size_max_;
  std::vector<Entry> rows_;
};

using TopList = TopListOf<ScoredRow>;

/// Drops rows that stand behind `count` others, most of them by one comparison with the worst of
/// the best so far: of many rows few can be among the best.
template <class Entry>
void drop_the_hopeless(std::vector<Entry>& rows, std::size_t count) {
  const std::size_t room = 2 * count + 64;
  if (count == 0 || rows.size() <= room) return;
  const auto worst = rows.begin() + static_cast<std::ptrdiff_t>(count) - 1;
  auto end = rows.begin() + static_cast<std::ptrdiff_t>(room);
  std::nth_element(rows.begin(), worst, end, stands_before);
  Entry bar = *worst;
  const auto all = end;
  end = worst + 1;
  for (auto next = all; next != rows.end(); ++next) {
    if (!stands_before(*next, bar)) continue;
    *end++ = *next;
    if (end != all) continue;
    std::nth_element(rows.begin(), worst, end, stands_before);
    bar = *worst;
    end = worst + 1;
  }
  rows.erase(end, rows.end());
}

/// Keeps the `count` best of `rows`, in no particular order. `Entry` has `row` and `score`.
template <class Entry>
void choose_best(std::vector<Entry>& rows, std::size_t count) {
  drop_the_hopeless(rows, count);
  if (rows.size() <= count) return;
  std::nth_element(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(count), rows.end(),
                   stands_before);
  rows.resize(count);
}

/// The same, best first.
template <class Entry>
void keep_best(std::vector<Entry>& rows, std::size_t count) {
  choose_best(rows, count);
  std::sort(rows.begin(), rows.end(), stands_before);
}

}  // namespace freshet
