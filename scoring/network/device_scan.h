#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "config/result.h"
#include "scoring/network/item_row.h"

namespace freshet {

struct ItemTableView;

/// What a scan found for each query: the best rows, best first, and log(sum(exp(score))) over all
/// rows not left out.
struct ScanFindings {
  std::vector<std::vector<ScoredRow>> best;  ///< [queries]
  std::vector<float> log_sum_exp;            ///< [queries]
};

/// Port: the best rows of an item table by a device of its own, which keeps a copy of the table.
/// Confined to one thread.
class DeviceScan {
 public:
  virtual ~DeviceScan() = default;

  /// Catches up with the table: rows that have changed since the last time are copied, all of them
  /// when the table is another one or tells no stamps. Errors: kInternal, the device failed.
  virtual Status follow(const ItemTableView& table) = 0;

  /// The `k` best rows of each query [n, dim] of the table followed last; rows that are not finite
  /// have no score. `excluded`: bitmap as of top_k(), or empty. Errors: as follow().
  virtual Result<ScanFindings> search(std::span<const float> queries, std::size_t k,
                                      std::span<const std::uint64_t> excluded) = 0;
};

}  // namespace freshet
