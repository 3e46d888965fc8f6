#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "config/result.h"
#include "scoring/network/embedding_table.h"
#include "scoring/network/network.h"

namespace freshet {

/// Action values the network tells apart; larger ones share the last row.
inline constexpr std::size_t kActionRows = 16;

/// Sequences as a padded rectangle [size, length]: aligned to the right, so that the newest step of
/// each is in the last column. Only the newest `history_max` steps of a sequence are in it.
/// Immutable after construction.
struct StepBatch {
  std::size_t size = 0;
  std::size_t length = 0;          ///< Of the longest sequence in it.
  std::vector<ItemRow> items;      ///< [size, length]; kNoRow = padding, in all four.
  std::vector<ItemRow> actions;    ///< Rows of the context table.
  std::vector<ItemRow> gaps;       ///< Rows of the context table.
  std::vector<ItemRow> positions;  ///< Rows of the context table: 0 steps from the end, 1, …
};

/// Rows of the context table: actions, then gap buckets, then positions from the end.
inline std::size_t context_rows(std::size_t history_max) {
  return kActionRows + kGapBuckets + history_max;
}

/// Lays `sequences` out; kInternal if one is empty or names a row beyond `row_count`.
Result<StepBatch> make_step_batch(std::span<const Sequence* const> sequences,
                                  std::size_t history_max, std::size_t row_count);

/// Computes x_t = E[item] + A[action] + T[gap] + P[position] into `out` [size, length, dim]; zero
/// where padded.
void embed_steps(const StepBatch& batch, const EmbeddingTable& items, const EmbeddingTable& context,
                 float* out);

/// Fills `out` [size, length] with 0, and -infinity where padded: what attention adds to its
/// scores.
void padding_mask(const StepBatch& batch, float* out);

}  // namespace freshet
