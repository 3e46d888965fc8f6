#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "scoring/network/aligned_floats.h"
#include "scoring/network/network.h"
#include "scoring/topk/row_kernels.h"
#include "scoring/topk/scan_kernels.h"

namespace freshet {

/// What is known of all rows v of a tile, and of their codes v' = scale · (code - 128).
struct TileBounds {
  float scale = 1;
  float norm = 0;        ///< |v| is at most this.
  float coded_norm = 0;  ///< |v'| is at most this.
  float residual = 0;    ///< |v - v'| is at most this.
};

/// An item table as int8 codes, in tiles of kScanRows rows that share a scale. Tiles go by falling
/// norm, so that a scan can stop early; a slot is a row's place in that order. A row that changes
/// is written where it stands: the order and the bounds get looser by that, never wrong, and `tidy`
/// tightens them again. No value is ever clipped: a row that outgrows its tile's scale has the tile
/// quantised anew.
///
/// A bias is one more value of its row, in a unit that gives it about the size of the others.
/// Reading is thread-safe; writing is confined to one thread and excludes reading.
class CodeTiles {
 public:
  /// Row of a slot whose vector is not finite: it has no score.
  static constexpr ItemRow kNoRow = ~ItemRow{0};

  /// Quantises the whole table, in order of norm.
  void build(const ItemTableView& table);
  /// Adds the rows from rows() up to the table's at the end.
  void append(const ItemTableView& table);
  /// Quantises rows that have changed.
  void update(const ItemTableView& table, std::span<const ItemRow> rows);
  /// Puts the order right for `pairs` pairs of neighbouring tiles, from the last to the first and
  /// round again: the larger rows of a pair go up, so that one round carries a row that grew all
  /// the way (cocktail sort of tiles). At most `merges` of them, each as dear as 2 · kScanRows
  /// updates.
  void tidy(const ItemTableView& table, std::size_t pairs, std::size_t merges);
  /// Forgets all rows.
  void clear();

  std::size_t rows() const { return slots_.size(); }
  std::size_t tile_count() const { return bounds_.size(); }
  /// Codes of a row: dim, one for the bias where there is any, padded to a multiple of 4.
  std::size_t width() const { return width_; }
  /// Unit of the biases; 0 = the table has none.
  float bias_unit() const { return bias_unit_; }
  const TileBounds& bounds(std::size_t tile) const { return bounds_[tile]; }
  ScanTile tile(std::size_t tile) const {
    return {codes_.data() + tile * kScanRows * width_, rows_of(tile), width_};
  }
  /// Rows of a tile by slot; kNoRow among them.
  std::span<const ItemRow> rows_in(std::size_t tile) const {
    return std::span(row_at_).subspan(tile * kScanRows, rows_of(tile));
  }
  std::size_t bytes() const;

 private:
  std::size_t rows_of(std::size_t tile) const {
    return std::min(kScanRows, row_at_.size() - tile * kScanRows);
  }
  void choose_width(const ItemTableView& table);
  RowSize read(const ItemTableView& table, ItemRow row, float* values) const;
  void prefetch(const ItemTableView& table, ItemRow row) const;
  void add_slots(std::size_t count);
  void quantise(const ItemTableView& table, std::size_t tile, float room);
  void encode(const float* values, float square, std::size_t slot);
  bool is_sorted(std::size_t tile);
  void merge(const ItemTableView& table, std::size_t tile);

  std::size_t dim_ = 0, width_ = 0, padded_ = 0;
  float bias_unit_ = 0;
  std::vector<std::uint8_t, AlignedAllocator<std::uint8_t>> codes_;  // [tiles, kScanRows, width]
  std::vector<TileBounds> bounds_;                                   // [tiles]
  std::vector<ItemRow> row_at_;                                      // [slots]
  std::vector<float> norms_;                                         // [slots]
  std::vector<std::uint32_t> slots_;                                 // [rows]
  std::vector<ItemRow> ids_;                                         // [slots] also of kNoRow's.
  std::size_t next_pair_ = 0;
  AlignedFloats values_;                 // [kScanRows, padded] of the tile being quantised.
  std::vector<std::uint8_t> row_codes_;  // [padded]
};

}  // namespace freshet
