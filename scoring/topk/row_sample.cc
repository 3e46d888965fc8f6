#include "scoring/topk/row_sample.h"

#include <algorithm>
#include <bit>

#include "scoring/topk/top_k.h"

namespace freshet {
namespace {

std::size_t count_set(std::span<const std::uint64_t> bitmap, std::size_t rows) {
  if (bitmap.empty()) return 0;
  std::size_t count = 0;
  for (std::size_t word = 0; word < rows / 64; ++word)
    count += static_cast<std::size_t>(std::popcount(bitmap[word]));
  for (std::size_t row = rows / 64 * 64; row < rows; ++row) count += is_set(bitmap, row) ? 1 : 0;
  return count;
}

}  // namespace

RowSample::RowSample(const ItemTableView& table, std::span<const std::uint64_t> excluded)
    : table_rows_(table.rows),
      dim_(table.dim),
      passing_(table.rows - count_set(excluded, table.rows)) {
  if (has_all()) {
    for (std::size_t row = 0; row < table.rows; ++row)
      if (!is_set(excluded, row)) rows_.push_back(static_cast<ItemRow>(row));
    copy(table);
    return;
  }
  by_segment_.assign(kSegments, ~ItemRow{0});
  for (std::size_t segment = 0; segment < kSegments; ++segment) {
    std::size_t row = (segment * table.rows + kSegments - 1) / kSegments;
    while (row < table.rows && segment_of(row) == segment && is_set(excluded, row)) ++row;
    if (row >= table.rows || segment_of(row) != segment) continue;
    by_segment_[segment] = static_cast<ItemRow>(row);
    rows_.push_back(static_cast<ItemRow>(row));
  }
  copy(table);
}

void RowSample::copy(const ItemTableView& table) {
  vectors_.resize(rows_.size() * dim_);
  biases_.resize(rows_.size());
  constexpr std::size_t kAhead = 12;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    if (table.compressed == nullptr && i + kAhead < rows_.size()) {
      const float* ahead = table.vectors + rows_[i + kAhead] * dim_;
      for (std::size_t d = 0; d < dim_; d += 16) __builtin_prefetch(ahead + d);
      __builtin_prefetch(table.biases + rows_[i + kAhead]);
    }
    table.read(rows_[i], 1, vectors_.data() + i * dim_);
    biases_[i] = table.biases[rows_[i]];
  }
}

ItemTableView RowSample::view() const {
  return {.vectors = vectors_.data(), .biases = biases_.data(), .rows = rows_.size(), .dim = dim_};
}

}  // namespace freshet
