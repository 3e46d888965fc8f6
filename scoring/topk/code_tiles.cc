#include "scoring/topk/code_tiles.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace freshet {
namespace {

/// Rows that are prefetched ahead of the one that is read.
constexpr std::size_t kAhead = 8;
constexpr float kCodeMax = 127;
constexpr std::uint8_t kZeroCode = 128;
/// Covers the rounding of sums of a few hundred squares and of their root.
constexpr float kRoundUp = 1 + 1e-4F;
/// A tile that a row has outgrown gets so much room, lest the next step does it again.
constexpr float kRoomToGrow = 1.125F;
/// Neighbouring tiles whose norms overlap by less stay as they are.
constexpr float kOverlap = 1.0625F;

float bound_of(float square) { return std::sqrt(square) * kRoundUp; }

std::size_t round_up(std::size_t value, std::size_t unit) {
  return (value + unit - 1) / unit * unit;
}

/// Fits the largest value and nothing smaller than the rounding of the division can leave over.
float scale_for(float largest, float room) {
  const float scale = largest * room * kRoundUp / kCodeMax;
  return scale > 0 ? scale : 1;
}

}  // namespace

void CodeTiles::clear() {
  codes_.clear();
  bounds_.clear();
  row_at_.clear();
  norms_.clear();
  ids_.clear();
  slots_.clear();
  next_pair_ = 0;
}

/// The bias unit makes the root mean squares of biases and of vector values alike.
void CodeTiles::choose_width(const ItemTableView& table) {
  dim_ = table.dim;
  double bias_square = 0, square = 0;
  std::vector<float> buffer(dim_);
  for (std::size_t row = 0; row < table.rows; ++row) {
    if (!std::isfinite(table.biases[row])) continue;
    bias_square += static_cast<double>(table.biases[row]) * table.biases[row];
  }
  for (std::size_t row = 0; row < table.rows && bias_square > 0; row += 1 + table.rows / 4096) {
    const float* vector = table.vector(row, buffer.data());
    const double sum = std::inner_product(vector, vector + dim_, vector, 0.0);
    if (std::isfinite(sum)) square += sum / static_cast<double>(dim_) * (1.0 + table.rows / 4096);
  }
  const double ratio = square > 0 ? std::sqrt(bias_square / square) : 1.0;
  bias_unit_ = bias_square > 0 ? static_cast<float>(ratio) : 0.0F;
  width_ = round_up(dim_ + (bias_unit_ > 0 ? 1 : 0), 4);
  padded_ = round_up(width_, kRowPadding);
  values_.resize(kScanRows * padded_);
  row_codes_.resize(padded_);
}

void CodeTiles::build(const ItemTableView& table) {
  clear();
  choose_width(table);
  std::vector<float> norms(table.rows);
  for (std::size_t row = 0; row < table.rows; ++row) {
    const float square = read(table, static_cast<ItemRow>(row), values_.data()).square;
    norms[row] = std::isfinite(square) ? square : 0;
  }
  std::vector<ItemRow> order(table.rows);
  std::iota(order.begin(), order.end(), ItemRow{0});
  std::sort(order.begin(), order.end(), [&](ItemRow a, ItemRow b) {
    return norms[a] != norms[b] ? norms[a] > norms[b] : a < b;
  });
  add_slots(table.rows);
  for (std::size_t slot = 0; slot < order.size(); ++slot) ids_[slot] = order[slot];
  for (std::size_t tile = 0; tile < tile_count(); ++tile) quantise(table, tile, 1);
}

void CodeTiles::append(const ItemTableView& table) {
  const std::size_t before = rows();
  if (table.rows <= before) return;
  add_slots(table.rows - before);
  for (std::size_t tile = before / kScanRows; tile < tile_count(); ++tile)
    quantise(table, tile, kRoomToGrow);
}

/// New slots name the rows of the same number until they are put in order.
void CodeTiles::add_slots(std::size_t count) {
  const std::size_t slots = rows() + count;
  const std::size_t tiles = (slots + kScanRows - 1) / kScanRows;
  codes_.resize(tiles * kScanRows * width_, kZeroCode);
  bounds_.resize(tiles);
  row_at_.resize(slots);
  norms_.resize(slots);
  slots_.resize(slots);
  const std::size_t before = ids_.size();
  ids_.resize(slots);
  std::iota(ids_.begin() + static_cast<std::ptrdiff_t>(before), ids_.end(),
            static_cast<ItemRow>(before));
}

/// Copies the row's values, padded by zeros, to `values` [padded] and returns their size.
RowSize CodeTiles::read(const ItemTableView& table, ItemRow row, float* values) const {
  std::fill(values + dim_, values + padded_, 0.0F);
  table.read(row, 1, values);
  if (bias_unit_ > 0) values[dim_] = table.biases[row] / bias_unit_;
  return row_kernels().measure(values, padded_);
}

void CodeTiles::prefetch(const ItemTableView& table, ItemRow row) const {
  if (table.compressed != nullptr) return;
  const float* vector = table.vectors + row * dim_;
  for (std::size_t d = 0; d < dim_; d += kRowPadding) __builtin_prefetch(vector + d);
  __builtin_prefetch(table.biases + row);
}

void CodeTiles::quantise(const ItemTableView& table, std::size_t tile, float room) {
  const std::size_t first = tile * kScanRows, count = rows_of(tile);
  float largest = 0;
  std::array<RowSize, kScanRows> sizes;
  for (std::size_t i = 0; i < count; ++i) {
    if (i + kAhead < count) prefetch(table, ids_[first + i + kAhead]);
    sizes[i] = read(table, ids_[first + i], values_.data() + i * padded_);
    if (std::isfinite(sizes[i].square)) largest = std::max(largest, sizes[i].largest);
  }
  bounds_[tile] = {.scale = scale_for(largest, room)};
  for (std::size_t i = 0; i < count; ++i)
    encode(values_.data() + i * padded_, sizes[i].square, first + i);
}

/// Writes a slot's codes and widens its tile's bounds to hold them.
void CodeTiles::encode(const float* values, float square, std::size_t slot) {
  TileBounds& bounds = bounds_[slot / kScanRows];
  slots_[ids_[slot]] = static_cast<std::uint32_t>(slot);
  row_at_[slot] = std::isfinite(square) ? ids_[slot] : kNoRow;
  std::uint8_t* codes = codes_.data() + slot * width_;
  if (row_at_[slot] == kNoRow) {
    norms_[slot] = 0;
    return static_cast<void>(std::fill_n(codes, width_, kZeroCode));
  }
  const CodedSize coded = row_kernels().encode(values, padded_, bounds.scale, row_codes_.data());
  std::copy_n(row_codes_.data(), width_, codes);
  norms_[slot] = bound_of(square);
  bounds.norm = std::max(bounds.norm, norms_[slot]);
  bounds.coded_norm = std::max(bounds.coded_norm, bound_of(coded.coded_square));
  bounds.residual = std::max(bounds.residual, bound_of(coded.residual_square));
}

void CodeTiles::update(const ItemTableView& table, std::span<const ItemRow> rows) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i + kAhead < rows.size()) prefetch(table, rows[i + kAhead]);
    const std::size_t slot = slots_[rows[i]];
    const RowSize size = read(table, rows[i], values_.data());
    const bool outgrown =
        std::isfinite(size.square) && size.largest > kCodeMax * bounds_[slot / kScanRows].scale;
    if (outgrown) {
      quantise(table, slot / kScanRows, kRoomToGrow);
    } else {
      encode(values_.data(), size.square, slot);
    }
  }
}

void CodeTiles::tidy(const ItemTableView& table, std::size_t pairs, std::size_t merges) {
  pairs = std::min(pairs, tile_count());
  for (; pairs > 0 && merges > 0; --pairs) {
    if (next_pair_ == 0 || next_pair_ >= tile_count()) next_pair_ = tile_count() - 1;
    if (next_pair_ == 0) return;
    if (!is_sorted(next_pair_)) {
      merge(table, next_pair_);
      --merges;
    }
    --next_pair_;
  }
}

/// Whether the tile stands right behind the one before it; tightens the norm bounds of both.
bool CodeTiles::is_sorted(std::size_t tile) {
  const auto first = norms_.begin() + static_cast<std::ptrdiff_t>(tile * kScanRows);
  const auto last = first + static_cast<std::ptrdiff_t>(rows_of(tile));
  const auto [smallest, largest] = std::minmax_element(first - kScanRows, first);
  bounds_[tile - 1].norm = *largest;
  bounds_[tile].norm = *std::max_element(first, last);
  return bounds_[tile].norm <= *smallest * kOverlap;
}

/// Moves the larger rows of two neighbouring tiles to the first of them.
void CodeTiles::merge(const ItemTableView& table, std::size_t tile) {
  const std::size_t first = (tile - 1) * kScanRows;
  const std::size_t count = kScanRows + rows_of(tile);
  std::vector<std::pair<float, ItemRow>> rows(count);
  for (std::size_t i = 0; i < count; ++i) rows[i] = {norms_[first + i], ids_[first + i]};
  std::nth_element(rows.begin(), rows.begin() + kScanRows, rows.end(),
                   [](const auto& a, const auto& b) {
                     return a.first != b.first ? a.first > b.first : a.second < b.second;
                   });
  for (std::size_t i = 0; i < count; ++i) ids_[first + i] = rows[i].second;
  quantise(table, tile - 1, 1);
  quantise(table, tile, 1);
}

std::size_t CodeTiles::bytes() const {
  return codes_.capacity() + row_at_.capacity() * sizeof(ItemRow) * 2 +
         norms_.capacity() * sizeof(float) + slots_.capacity() * sizeof(std::uint32_t);
}

}  // namespace freshet
