#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "scoring/network/network.h"

namespace freshet {

/// A row and its score; higher is better.
struct ScoredRow {
  ItemRow row = 0;
  float score = 0;

  friend bool operator==(const ScoredRow&, const ScoredRow&) = default;
};

/// Exact top `k` of every query over the whole item table, best first (ties: smaller row first).
///
/// queries [n, table.dim] float32. Scores are made tile by tile and filtered at once: a [n, rows]
/// matrix never exists. `excluded`: bitmap [ceil(rows/64)], bit row%64 of word row/64, of rows left
/// out, or empty. Scores that are NaN or -infinity are left out, too. When `log_sum_exp` is not
/// null it is set to [n]: log(sum(exp(score))) over all rows not left out (the softmax's
/// denominator), -infinity when there are none. Thread-safe (no state).
std::vector<std::vector<ScoredRow>> top_k(const ItemTableView& table,
                                          std::span<const float> queries, std::size_t k,
                                          std::span<const std::uint64_t> excluded,
                                          std::vector<float>* log_sum_exp);

}  // namespace freshet
