#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "config/result.h"
#include "config/scoring_config.h"
#include "scoring/network/conditions.h"
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
  /// Rows of the condition table, [size, length] each: the newest steps' first ones, second ones, …
  std::vector<std::vector<ItemRow>> conditions;
};

/// Rows of the context table: actions, then gap buckets, then positions from the end.
inline std::size_t context_rows(std::size_t history_max) {
  return kActionRows + kGapBuckets + history_max;
}

/// How every implementation makes its tables and seeds its dense weights from the one seed.
inline EmbeddingTable::Options item_table_options(const NetworkConfig& config, std::uint64_t seed) {
  return {.dim = config.dim, .seed = seed, .initial_norm = 0.5F};
}
inline EmbeddingTable::Options context_table_options(const NetworkConfig& config,
                                                     std::uint64_t seed) {
  return {.dim = config.dim, .seed = seed + 1, .initial_norm = 0.2F};
}
EmbeddingTable::Options condition_table_options(const NetworkConfig& config, std::uint64_t seed);
inline std::uint64_t dense_seed(std::uint64_t seed) { return seed + 2; }

/// Moves the changed rows of the condition table into `delta`; overwrites those of a delta.
void take_conditions(EmbeddingTable& conditions, NetworkDelta& delta);
void apply_conditions(const NetworkDelta& delta, EmbeddingTable& conditions);

/// Rows of the item and context tables that a step `back` steps from its sequence's end uses.
StepRows rows_of(const SequenceStep& step, std::size_t back);

/// Checks that a sequence is not empty and names rows of items below `row_count`, and of the
/// condition table, only. Errors: kInternal.
Status check_sequence(const Sequence& sequence, std::size_t row_count);

/// Checks targets and negatives, too. Errors: kInternal.
Status check_examples(std::span<const SequenceExample> examples, const Negatives& negatives,
                      std::size_t row_count);

/// Lays `sequences` out; kInternal if one is empty or names a row beyond `row_count`.
Result<StepBatch> make_step_batch(std::span<const Sequence* const> sequences,
                                  std::size_t history_max, std::size_t row_count);

/// The tables that a step is the sum of rows of.
struct StepTables {
  const EmbeddingTable& items;
  const EmbeddingTable& context;
  const EmbeddingTable& conditions;
};

/// Computes x_t = E[item] + A[action] + T[gap] + P[position] + the conditions' rows into `out`
/// [size, length, dim]; zero where padded.
void embed_steps(const StepBatch& batch, const StepTables& tables, float* out);

/// All dense weights of a network as NetworkDelta::dense carries them: the context table, then the
/// `weights` of the model.
std::vector<float> join_dense(const EmbeddingTable& context, std::span<const float> weights);

/// Takes the context table out of what join_dense made; returns the model's `weight_count` weights.
std::span<const float> split_dense(std::span<const float> dense, std::size_t weight_count,
                                   EmbeddingTable& context);

/// Fills `out` [size, length] with 0, and -infinity where padded: what attention adds to its
/// scores.
void padding_mask(const StepBatch& batch, float* out);

}  // namespace freshet
