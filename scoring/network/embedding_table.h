#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "scoring/network/aligned_floats.h"
#include "scoring/network/fused_kernels.h"
#include "scoring/network/network.h"

namespace freshet {

/// Padding in a batch of sequences.
inline constexpr ItemRow kNoRow = ~ItemRow{0};

/// Gradients of one training step, one per use of a row (a row may be used often). Values are
/// [rows.size(), width] float32, row-major, read at values + i · width.
struct RowGradients {
  std::span<const ItemRow> rows;  ///< kNoRow: this gradient is skipped.
  const float* values = nullptr;
  std::size_t width = 0;  ///< dim (embedding alone) or dim + 1 (embedding, then bias).
};

/// Embeddings (and biases) by row in host memory, with the sparse Adagrad that touches only the
/// rows a step used (Duchi et al., JMLR 2011). The one owner of its rows, whatever computes their
/// gradients and wherever. Grows geometrically. Confined to one thread.
class EmbeddingTable {
 public:
  struct Options {
    std::size_t dim = 0;
    std::uint64_t seed = 0;
    float initial_norm = 0.5F;  ///< About the length of a new embedding.
    /// Adagrad's sums start here. 0: a row's first step is as long as the learning rate, however
    /// small its gradient.
    float initial_square = 0;
  };

  explicit EmbeddingTable(const Options& options) : dim_(options.dim), options_(options) {}

  /// Grows to `rows` rows (never shrinks); new rows depend on the seed and their index alone.
  void grow(std::size_t rows);

  /// Makes rows as fresh as `grow` made them, Adagrad's sums included; they count as changed.
  void reset(std::span<const ItemRow> rows);

  /// Drops the rows from `rows` on; nothing if there are fewer.
  void truncate(std::size_t rows);

  std::size_t rows() const { return values_.biases.size(); }
  std::size_t dim() const { return dim_; }
  /// Valid until the next non-const call.
  ItemTableView view() const {
    return {values_.vectors.data(),
            values_.biases.data(),
            rows(),
            dim_,
            compressed_ ? &*compressed_ : nullptr,
            &stamps_};
  }
  /// Null when compressed.
  const float* vector(ItemRow row) const { return values_.vectors.data() + row * dim_; }
  /// Copies the row's vector to `out` [dim].
  void read_vector(ItemRow row, float* out) const { view().read(row, 1, out); }

  /// Keeps the vectors in `format` from now on; then there are no gradients and no checkpoints.
  void compress(TableFormat format);

  /// Copies row after row [rows.size(), dim + 1], embedding then bias, to `out`.
  void read(std::span<const ItemRow> rows, float* out) const;

  /// Gradients of one step: forget those of the last step, name every row that will have one, then
  /// add to the sums. A row's slot is its place among the rows named.
  void start_gradients();
  /// Has what slot_of and a reader of the row need brought into the cache, a while before.
  void prefetch(ItemRow row) const {
    if (compressed_) return;
    __builtin_prefetch(slots_.data() + row);
    prefetch_row(vector(row), dim_);
  }
  std::uint32_t slot_of(ItemRow row) {
    const std::uint32_t known = slots_[row];
    const bool is_known = known < touched_.size() && touched_[known] == row;
    return is_known ? known : add_slot(row);
  }
  std::size_t slot_count() const { return touched_.size(); }
  /// Sum of a slot [gradient_row()], zero where nothing was added; valid until the next slot_of.
  float* gradient(std::size_t slot) { return sums_.data() + slot * gradient_row(); }
  std::size_t gradient_row() const { return padded(dim_); }
  float& bias_gradient(std::size_t slot) { return bias_sums_[slot]; }
  /// Ends the sums. False when one is not finite; then `apply_gradients` must not follow.
  bool finish_gradients();

  /// All of it: sums gradients that lie in memory per row; false when one is not finite.
  bool sum_gradients(std::span<const RowGradients> gradients);

  /// One Adagrad step on the rows summed last; a row's gradient is clipped to kGradientNormMax.
  void apply_gradients(float learning_rate);

  /// Moves the changed rows since the last call, and the row count, into `delta`.
  void take_changes(NetworkDelta& delta);
  /// Overwrites the rows of a delta.
  void apply(const NetworkDelta& delta);
  /// Overwrites `rows` by `values` [rows.size(), dim + 1], embedding then bias.
  void set_rows(std::span<const ItemRow> rows, std::span<const float> values);

  /// Overwrites all vectors from [rows(), dim].
  void set_vectors(std::span<const float> vectors);

  /// What a checkpoint holds; `squares` are Adagrad's sums, of vectors and of biases.
  struct Values {
    AlignedFloats vectors, biases, squares, bias_squares;
  };
  /// Adagrad's sums are made on first use: a replica has none.
  const Values& values();
  /// Replaces everything; every row counts as changed.
  void restore(Values values);

  static constexpr float kGradientNormMax = 20.0F;

 private:
  std::uint32_t add_slot(ItemRow row);
  void make_squares();
  void write_vector(ItemRow row, const float* vector);
  void mark_changed(ItemRow row);

  std::size_t dim_;
  Options options_;
  Values values_;
  std::optional<CompressedRows> compressed_;  ///< In place of values_.vectors.

  std::vector<bool> is_changed_;
  std::vector<ItemRow> changed_;
  RowStamps stamps_;

  std::vector<std::uint32_t> slots_;  ///< Per row: its place in touched_, if that place names it.
  std::vector<ItemRow> touched_;      ///< Rows of the current step.
  AlignedFloats sums_;                ///< [slots ever needed, gradient_row()].
  AlignedFloats bias_sums_;           ///< [slots ever needed].
  AlignedFloats scales_;              ///< [slots ever needed]; clip factors.
};

}  // namespace freshet
