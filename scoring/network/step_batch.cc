#include "scoring/network/step_batch.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "config/assert.h"

namespace freshet {
namespace {

void lay_out(const Sequence& sequence, std::size_t index, StepBatch& batch) {
  const std::vector<SequenceStep>& steps = sequence.steps;
  const std::size_t newest = (index + 1) * batch.length - 1;
  const std::size_t count = std::min(steps.size(), batch.length);
  for (std::size_t back = 0; back < count; ++back) {
    const StepRows rows = rows_of(steps[steps.size() - 1 - back], back);
    const std::size_t at = newest - back;
    batch.items[at] = rows.item;
    batch.actions[at] = rows.action;
    batch.gaps[at] = rows.gap;
    batch.positions[at] = rows.position;
  }
  for (std::size_t k = 0; k < sequence.conditions.size(); ++k)
    batch.conditions[k][newest] = sequence.conditions[k];
}

}  // namespace

EmbeddingTable::Options condition_table_options(const NetworkConfig& config, std::uint64_t seed) {
  // Rows start at zero and with small steps: most values come seldom, and say nothing then.
  return {.dim = config.dim, .seed = seed + 3, .initial_norm = 0, .initial_square = 1};
}

StepRows rows_of(const SequenceStep& step, std::size_t back) {
  const std::size_t action = std::min<std::size_t>(step.action, kActionRows - 1);
  const std::size_t gap = std::min<std::size_t>(step.gap_bucket, kGapBuckets - 1);
  return {.item = step.row,
          .action = static_cast<ItemRow>(action),
          .gap = static_cast<ItemRow>(kActionRows + gap),
          .position = static_cast<ItemRow>(kActionRows + kGapBuckets + back)};
}

void take_conditions(EmbeddingTable& conditions, NetworkDelta& delta) {
  NetworkDelta changes;
  conditions.take_changes(changes);
  delta.condition_rows = std::move(changes.rows);
  delta.condition_values = std::move(changes.row_values);
}

void apply_conditions(const NetworkDelta& delta, EmbeddingTable& conditions) {
  conditions.set_rows(delta.condition_rows, delta.condition_values);
}

Status check_sequence(const Sequence& sequence, std::size_t row_count) {
  if (sequence.empty()) return error(ErrorCode::kInternal, "network: a sequence is empty");
  for (const SequenceStep& step : sequence.steps) {
    if (step.row >= row_count) {
      return error(ErrorCode::kInternal, "network: row " + std::to_string(step.row) +
                                             " is beyond the item table's " +
                                             std::to_string(row_count) + " rows");
    }
  }
  for (const ConditionRow row : sequence.conditions) {
    if (row >= kConditionRows)
      return error(ErrorCode::kInternal, "network: a condition is beyond the condition table");
  }
  return {};
}

Status check_examples(std::span<const SequenceExample> examples, const Negatives& negatives,
                      std::size_t row_count) {
  for (const SequenceExample& example : examples) {
    FRESHET_RETURN_IF_ERROR(check_sequence(example.sequence, row_count));
    if (example.target >= row_count) {
      return error(ErrorCode::kInternal, "network: a target is beyond the item table");
    }
  }
  if (negatives.rows.empty() || negatives.log_q.size() != negatives.rows.size() ||
      negatives.target_log_q.size() != examples.size()) {
    return error(ErrorCode::kInternal, "network: the negatives do not fit the examples");
  }
  for (const ItemRow row : negatives.rows) {
    if (row >= row_count) {
      return error(ErrorCode::kInternal, "network: a negative is beyond the item table");
    }
  }
  return {};
}

Result<StepBatch> make_step_batch(std::span<const Sequence* const> sequences,
                                  std::size_t history_max, std::size_t row_count) {
  StepBatch batch;
  batch.size = sequences.size();
  std::size_t conditions = 0;
  for (const Sequence* sequence : sequences) {
    FRESHET_RETURN_IF_ERROR(check_sequence(*sequence, row_count));
    batch.length = std::max(batch.length, std::min(sequence->steps.size(), history_max));
    conditions = std::max(conditions, sequence->conditions.size());
  }
  batch.conditions.assign(conditions, std::vector<ItemRow>(batch.size * batch.length, kNoRow));
  for (auto* rows : {&batch.items, &batch.actions, &batch.gaps, &batch.positions}) {
    rows->assign(batch.size * batch.length, kNoRow);
  }
  for (std::size_t i = 0; i < sequences.size(); ++i) lay_out(*sequences[i], i, batch);
  return batch;
}

void embed_steps(const StepBatch& batch, const StepTables& tables, float* out) {
  const auto& [items, context, conditions] = tables;
  const std::size_t dim = items.dim();
  for (std::size_t i = 0; i < batch.items.size(); ++i, out += dim) {
    if (batch.items[i] == kNoRow) {
      std::fill_n(out, dim, 0.0F);
      continue;
    }
    items.read_vector(batch.items[i], out);
    const float* action = context.vector(batch.actions[i]);
    const float* gap = context.vector(batch.gaps[i]);
    const float* position = context.vector(batch.positions[i]);
    for (std::size_t d = 0; d < dim; ++d) out[d] = out[d] + action[d] + gap[d] + position[d];
    for (const std::vector<ItemRow>& rows : batch.conditions) {
      if (rows[i] == kNoRow) continue;
      const float* condition = conditions.vector(rows[i]);
      for (std::size_t d = 0; d < dim; ++d) out[d] += condition[d];
    }
  }
}

std::vector<float> join_dense(const EmbeddingTable& context, std::span<const float> weights) {
  const ItemTableView table = context.view();
  std::vector<float> dense(table.vectors, table.vectors + table.rows * table.dim);
  dense.insert(dense.end(), weights.begin(), weights.end());
  return dense;
}

std::span<const float> split_dense(std::span<const float> dense, std::size_t weight_count,
                                   EmbeddingTable& context) {
  const std::size_t context_size = context.rows() * context.dim();
  FRESHET_ASSERT(dense.size() == context_size + weight_count,
                 "learner and replica have the same configuration");
  context.set_vectors(dense.first(context_size));
  return dense.subspan(context_size);
}

void padding_mask(const StepBatch& batch, float* out) {
  std::transform(batch.items.begin(), batch.items.end(), out, [](ItemRow row) {
    return row == kNoRow ? -std::numeric_limits<float>::infinity() : 0.0F;
  });
}

}  // namespace freshet
