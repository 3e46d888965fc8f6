#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "scoring/network/network.h"

namespace freshet {

/// A row and its score; higher is better.
struct ScoredRow {
  ItemRow row = 0;
  float score = 0;
};

/// Exact top `k` of every query over the whole item table, best first (ties: smaller row first).
///
/// queries [n, table.dim] float32. Scores are made tile by tile and filtered at once: a [n, rows]
/// matrix never exists. `excluded`: bitmap [ceil(rows/64)] of rows left out, or empty. NaN scores
/// are left out. Also adds, per query, log(sum(exp(score))) over all scored rows to `log_sum_exp`
/// when it is not null (for the softmax probability). Thread-safe (no state).
std::vector<std::vector<ScoredRow>> top_k(const ItemTableView& table, std::span<const float> queries,
                                          std::size_t k, std::span<const std::uint64_t> excluded,
                                          std::vector<float>* log_sum_exp);

}  // namespace freshet
