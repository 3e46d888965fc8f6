#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "config/result.h"
#include "scoring/network/compressed_rows.h"
#include "scoring/network/device_scan.h"
#include "scoring/network/item_row.h"
#include "scoring/network/row_stamps.h"

namespace freshet {

/// Index in the network's condition table (conditions.h).
using ConditionRow = std::uint32_t;

/// One step of a sequence.
struct SequenceStep {
  ItemRow row = 0;
  std::uint8_t action = 0;      ///< Action's value.
  std::uint8_t gap_bucket = 0;  ///< floor(log2(1 + seconds to the step after it)), < kGapBuckets.

  friend bool operator==(const SequenceStep&, const SequenceStep&) = default;
};
inline constexpr std::size_t kGapBuckets = 24;

/// A user's newest steps and what else is known of the moment.
struct Sequence {
  std::vector<SequenceStep> steps;  ///< Oldest first; not empty.
  /// Rows of the condition table (conditions.h), which are added to the newest step.
  std::vector<ConditionRow> conditions;

  bool empty() const { return steps.empty(); }
  friend bool operator==(const Sequence&, const Sequence&) = default;
};

/// A sequence and what followed it.
struct SequenceExample {
  Sequence sequence;
  ItemRow target = 0;
  float weight = 1;
};

/// Sampled negatives of one training step, shared by its examples.
struct Negatives {
  std::vector<ItemRow> rows;
  /// log of each row's expected share of the sample: the logQ correction (Yi et al., RecSys 2019).
  std::vector<float> log_q;
  /// The same for each example's target.
  std::vector<float> target_log_q;
};

/// What changed in a network since the last time: rows of its tables and all dense weights.
struct NetworkDelta {
  std::size_t row_count = 0;      ///< Rows of the item table after the change.
  std::vector<ItemRow> rows;      ///< Changed rows.
  std::vector<float> row_values;  ///< [rows.size(), dim + 1] float32: embedding, then bias.
  std::vector<float> dense;       ///< All dense weights, flattened; empty = unchanged.
  std::vector<ConditionRow> condition_rows;  ///< Changed rows of the condition table.
  std::vector<float> condition_values;       ///< As row_values, of condition_rows.
};

/// Read-only view of the item side: score(query, row) = query · vectors[row] + biases[row].
/// Valid until the next call of a non-const method of its network.
struct ItemTableView {
  const float* vectors = nullptr;  ///< [rows, dim] float32, row-major; null when compressed.
  const float* biases = nullptr;   ///< [rows] float32.
  std::size_t rows = 0;
  std::size_t dim = 0;
  const CompressedRows* compressed = nullptr;  ///< The vectors, if they are not float32.
  const RowStamps* stamps = nullptr;           ///< When rows changed; null = not known.

  /// Copies the vectors of rows [first, first + count) to `out` [count, dim].
  void read(std::size_t first, std::size_t count, float* out) const {
    if (compressed != nullptr) return compressed->read(first, count, out);
    std::copy_n(vectors + first * dim, count * dim, out);
  }
  /// Returns a row's vector; a compressed one is decoded to `buffer` [dim].
  const float* vector(std::size_t row, float* buffer) const {
    if (compressed == nullptr) return vectors + row * dim;
    compressed->read(row, 1, buffer);
    return buffer;
  }
};

/// The attention network over a user's newest steps (docs/model.md): x_t = E[item] + A[action] +
/// T[gap] + P[position], the newest step's conditions added to it, query = newest step, tied item
/// embeddings.
///
/// Port of two twins: fused_network (CPU) and torch_network (CUDA, and the reference of tests).
/// They are equal but for rounding, follow each other's deltas and load each other's checkpoints. A
/// learner trains one and a replica follows it by deltas. Confined to one thread.
class Network {
 public:
  virtual ~Network() = default;

  /// Grows the item table to `rows` rows; new rows are initialised from the seed and their index
  /// alone, so that a replica that grew in other steps is equal.
  virtual void grow(std::size_t rows) = 0;

  /// Makes these rows as fresh as if they had just been grown; they count as changed.
  virtual void reset(std::span<const ItemRow> rows) = 0;

  /// Drops the rows from `rows` on; nothing if there are fewer.
  virtual void truncate(std::size_t rows) = 0;

  /// Computes the query vector of every sequence: result [sequences.size(), dim] float32,
  /// row-major. Errors: kInternal when the library fails; never throws. May hold NaN if the weights
  /// do.
  virtual Result<std::vector<float>> queries(std::span<const Sequence> sequences) = 0;

  /// One step of sampled softmax and Adagrad over `examples`; returns the mean loss per example.
  /// A step whose loss or gradient is not finite changes nothing and is kInternal.
  virtual Result<float> train(std::span<const SequenceExample> examples,
                              const Negatives& negatives) = 0;

  /// Takes what changed since the last call.
  virtual NetworkDelta take_changes() = 0;

  /// Makes this network equal to the one that `delta` was taken from.
  virtual void apply(const NetworkDelta& delta) = 0;

  virtual ItemTableView item_table() const = 0;

  /// The scan of the item table by the network's own device; null: the processor's is faster
  /// (TopKIndex). Valid as long as the network.
  virtual DeviceScan* device_scan() { return nullptr; }

  /// Keeps the items' vectors in `format` from now on, for a replica: it still follows deltas and
  /// answers queries, but can neither be trained nor saved nor loaded.
  virtual void compress(TableFormat format) = 0;

  /// Weights and optimizer state as safetensors (docs/model.md), unless one is not finite
  /// (kInternal); load restores them. A network that bytes do not fit stays as it was: kCorrupt, or
  /// kInvalidConfig where they were learned with other sizes.
  virtual Result<std::string> save() = 0;
  virtual Status load(const std::string& bytes) = 0;
};

/// Makes a network with fresh weights; learner and replica each call it once.
using NetworkFactory = std::function<std::unique_ptr<Network>()>;

}  // namespace freshet
