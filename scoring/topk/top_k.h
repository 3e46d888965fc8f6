#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "scoring/network/network.h"

namespace freshet {

/// How sure a scan over codes is that it lost none of the best rows.
enum class Margin : std::uint8_t {
  /// Errors of codes are bounded by the norms of what rounding really left (Cauchy-Schwarz): the
  /// result equals the float32 scan's.
  kProven,
  /// They are taken for independent, and five standard deviations are allowed.
  kStatistical,
};

/// What a search is asked for. Bitmaps are as `excluded` of top_k().
struct TopKRequest {
  std::span<const float> queries;  ///< [n, dim]
  std::size_t k = 0;
  std::span<const std::uint64_t> excluded;  ///< Rows left out for all queries.
  /// Rows left out for one query each, beside those: [n], or empty.
  std::span<const std::span<const std::uint64_t>> own_excluded;
  /// Rows of an earlier result of each query, which make it faster, or none: [n], or empty.
  std::span<const std::vector<ItemRow>> previous;
  Margin margin = Margin::kProven;
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

/// The largest score of every query [n] among each kTileRows consecutive rows: [n, tiles],
/// -infinity where there is none. `log_sum_exp` as above.
std::vector<float> tile_maxima(const ItemTableView& table, std::span<const float> queries,
                               std::vector<float>* log_sum_exp);

}  // namespace freshet
