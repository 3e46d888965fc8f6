#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "scoring/topk/code_tiles.h"
#include "scoring/topk/scan_kernels.h"
#include "scoring/topk/survivors.h"
#include "scoring/topk/top_k.h"

namespace freshet {

/// One query of a scan over codes: its own codes, the bounds of its scores, and what it has found.
/// u = the query and, where there are biases, their unit; u' = scale · codes.
struct ScanQuery {
  std::size_t index = 0;           ///< In the batch.
  std::vector<std::int8_t> codes;  ///< [width]
  float scale = 1;
  float norm = 0;                           ///< |u| at most.
  float residual = 0;                       ///< |u - u'| at most.
  std::int32_t code_sum = 0;                ///< 128 · sum of the codes.
  std::span<const std::uint64_t> excluded;  ///< Its own, beside the batch's.
  Survivors found;

  /// No row of norm `norm` or less can be among the best.
  bool beyond(float row_norm) const { return norm * row_norm < found.threshold(); }
};

/// Codes of a query [dim] for `tiles`; its values are finite. Codes lie within ± code_max.
void encode_query(std::span<const float> query, const CodeTiles& tiles, int code_max,
                  ScanQuery& encoded);

/// Up to kScanLanes queries in the lanes of vector registers. Confined to one thread.
class ScanGroup {
 public:
  /// `queries` [at most kScanLanes] must outlive the group.
  ScanGroup(std::span<ScanQuery* const> queries, std::size_t width);

  std::span<ScanQuery* const> queries() const { return queries_; }
  std::size_t lanes() const { return lanes_; }

  /// Some row of this norm may be among the best of some query.
  bool wants(float row_norm) const;

  struct Tile {
    ScanTile codes;
    TileBounds bounds;
    std::span<const ItemRow> rows;            ///< [codes.rows] or CodeTiles::kNoRow.
    std::span<const std::uint64_t> excluded;  ///< Bitmap by row; empty = none.
  };
  /// Takes over the queries' thresholds.
  void take_thresholds();
  /// Adds the rows of the tile that may be among the best of a query to what it has found.
  /// `hits` [kScanRows · kScanLanes] is scratch.
  void scan(const Tile& tile, const ScanKernels& kernels, Margin margin, ScanHit* hits);

 private:
  void set_slacks(const TileBounds& tile, Margin margin);
  void set_thresholds(const TileBounds& tile);

  std::vector<ScanQuery*> queries_;
  std::size_t lanes_, width_;
  std::vector<std::int8_t> by_quad_, by_lane_;
  std::vector<std::int32_t> code_sums_, thresholds_;         // [lanes]
  std::vector<float> norms_, residuals_, scales_, reached_;  // [lanes] of the queries.
  std::vector<float> slacks_;                                // [lanes] of the tile.
};

}  // namespace freshet
