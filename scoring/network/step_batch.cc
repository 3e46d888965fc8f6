#include "scoring/network/step_batch.h"

#include <algorithm>
#include <limits>

#include "config/assert.h"

namespace freshet {
namespace {

void lay_out(const Sequence& sequence, std::size_t index, StepBatch& batch) {
  const std::size_t count = std::min(sequence.size(), batch.length);
  for (std::size_t back = 0; back < count; ++back) {
    const StepRows rows = rows_of(sequence[sequence.size() - 1 - back], back);
    const std::size_t at = (index + 1) * batch.length - 1 - back;
    batch.items[at] = rows.item;
    batch.actions[at] = rows.action;
    batch.gaps[at] = rows.gap;
    batch.positions[at] = rows.position;
  }
}

}  // namespace

StepRows rows_of(const SequenceStep& step, std::size_t back) {
  const std::size_t action = std::min<std::size_t>(step.action, kActionRows - 1);
  const std::size_t gap = std::min<std::size_t>(step.gap_bucket, kGapBuckets - 1);
  return {.item = step.row,
          .action = static_cast<ItemRow>(action),
          .gap = static_cast<ItemRow>(kActionRows + gap),
          .position = static_cast<ItemRow>(kActionRows + kGapBuckets + back)};
}

Status check_sequence(const Sequence& sequence, std::size_t row_count) {
  if (sequence.empty()) return error(ErrorCode::kInternal, "network: a sequence is empty");
  for (const SequenceStep& step : sequence) {
    if (step.row >= row_count) {
      return error(ErrorCode::kInternal, "network: row " + std::to_string(step.row) +
                                             " is beyond the item table's " +
                                             std::to_string(row_count) + " rows");
    }
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
  for (const Sequence* sequence : sequences) {
    FRESHET_RETURN_IF_ERROR(check_sequence(*sequence, row_count));
    batch.length = std::max(batch.length, std::min(sequence->size(), history_max));
  }
  for (auto* rows : {&batch.items, &batch.actions, &batch.gaps, &batch.positions}) {
    rows->assign(batch.size * batch.length, kNoRow);
  }
  for (std::size_t i = 0; i < sequences.size(); ++i) lay_out(*sequences[i], i, batch);
  return batch;
}

void embed_steps(const StepBatch& batch, const EmbeddingTable& items, const EmbeddingTable& context,
                 float* out) {
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
