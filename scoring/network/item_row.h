#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace freshet {

/// Dense index of an item in every table of the model; given out by the catalogue.
using ItemRow = std::uint32_t;

/// A row and its score; higher is better.
struct ScoredRow {
  ItemRow row = 0;
  float score = 0;

  friend bool operator==(const ScoredRow&, const ScoredRow&) = default;
};

/// Whether a bitmap, where bit row%64 of word row/64 is a row's, holds the row; an empty one holds
/// none.
inline bool is_set(std::span<const std::uint64_t> bitmap, std::size_t row) {
  return !bitmap.empty() && (bitmap[row / 64] >> (row % 64) & 1U) != 0;
}

}  // namespace freshet
