#pragma once

#include <cstddef>
#include <vector>

#include "scoring/topk/code_tiles.h"
#include "scoring/topk/scan_kernels.h"
#include "scoring/topk/top_k.h"

namespace freshet {

/// Exact top-k of a table that changes all the time: int8 codes beside it, kept up to date row by
/// row. Small tables, and processors without fast kernels, are scanned in float32 as by top_k().
///
/// Threads: `follow` is the only writer. Between two of its calls any number of threads may search,
/// as long as the table does not change either.
class TopKIndex {
 public:
  /// From this many rows on codes are faster, whatever the batch (bench/RESULTS.md).
  static constexpr std::size_t kRowsMin = 8'192;
  /// Pairs of tiles that one call of `follow` looks at and puts right, to keep the order of norms.
  static constexpr std::size_t kTidyPairs = 8;
  static constexpr std::size_t kTidyMerges = 1;

  struct Options {
    const ScanKernels* kernels = nullptr;  ///< Null = the best of this processor.
    std::size_t rows_min = kRowsMin;
  };

  explicit TopKIndex(const Options& options);
  TopKIndex() : TopKIndex(Options{}) {}

  /// Catches up with the table: O(changed rows), and a whole new order when most of it changed, the
  /// table is another one, or it shrank.
  void follow(const ItemTableView& table);

  /// As top_k(), for the table followed last, unchanged since. Where codes are used
  ///  - scores are float32 products summed in another order,
  ///  - rows whose squared norm overflows are left out, like those with NaN,
  ///  - log_sum_exp is an estimate: the best k rows exactly, the others by a sample of 2,048
  ///    (bench/RESULTS.md says how good), and regards `excluded` alone for those.
  std::vector<std::vector<ScoredRow>> search(const ItemTableView& table, const TopKRequest& request,
                                             std::vector<float>* log_sum_exp) const;

  bool uses_codes() const { return tiles_.rows() > 0; }
  const CodeTiles& tiles() const { return tiles_; }

 private:
  const ScanKernels& kernels_;
  std::size_t rows_min_;
  CodeTiles tiles_;
  const RowStamps* stamps_ = nullptr;
  RowStamps::Time seen_ = 0;
  std::vector<ItemRow> changed_;
};

}  // namespace freshet
