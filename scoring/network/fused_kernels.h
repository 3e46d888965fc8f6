#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "scoring/network/network.h"

namespace freshet {

/// Floats that rows of the kernels' arrays are padded to; what is beyond a row's width is zero.
inline constexpr std::size_t kRowBlock = 16;

inline constexpr std::size_t padded(std::size_t count) {
  return (count + kRowBlock - 1) / kRowBlock * kRowBlock;
}

/// Has a row of floats brought into the cache: rows lie apart, so that no hardware guesses the
/// next.
[[gnu::always_inline]] inline void prefetch_row(const float* row, std::size_t count) {
  for (std::size_t i = 0; i < count; i += kRowBlock) __builtin_prefetch(row + i);
}

/// C [rows, columns] = A B, or C += A B. A(i, k) is a[i · a_row + k · a_column], so that a
/// transposed A needs no copy; B and C are row-major. `columns` is a multiple of kRowBlock.
struct Product {
  std::size_t rows, depth, columns;
  const float* a;
  std::size_t a_row, a_column;
  const float* b;
  std::size_t b_row;
  float* c;
  std::size_t c_row;
  bool add = false;
};

/// Rows of the four tables whose sum a step is.
struct StepRows {
  ItemRow item, action, gap, position;
};

/// The attention of a batch. Steps stand one after the other, each sequence's newest first; `dim`
/// is padded, `attention_row` is the padded length of the longest sequence.
struct AttentionArrays {
  std::size_t batch, heads, dim, attention_row;
  float scale;                ///< 1/√d.
  const std::size_t* starts;  ///< [batch + 1]: where a sequence's steps begin in `steps`.
  const float* steps;         ///< [starts[batch], dim].
  const float* projected;     ///< [batch, (heads + 1) · dim]: keys A_h x_0, then W_0 x_0.
  float* attention;           ///< [batch, heads, attention_row].
  float* contexts;            ///< [batch, heads · dim].

  const float* context_gradients;  ///< [batch, heads · dim].
  float* score_gradients;          ///< [batch, heads, attention_row].
  float* projected_gradients;      ///< [batch, (heads + 1) · dim]; only the keys' part is written.
};

/// Sampled softmax over a batch: `logits` come in as query · negative and leave as the loss's
/// gradient. The negatives' columns are padded: row kNoRow, shift -infinity.
struct SoftmaxArrays {
  std::size_t batch, columns, dim;
  const float* queries;             ///< [batch, dim].
  const float* targets;             ///< [batch, dim].
  const float* target_shifts;       ///< [batch]: bias - log q.
  const float* weights;             ///< [batch].
  const ItemRow* target_rows;       ///< [batch].
  const ItemRow* negative_rows;     ///< [columns].
  const float* negative_shifts;     ///< [columns]: bias - log q.
  float* logits;                    ///< [batch, columns].
  float* target_gradients;          ///< [batch], of the target's logit.
  float* negative_shift_gradients;  ///< [columns], summed over the batch.
};

/// One Adagrad step on rows of a table; gradient i belongs to rows[i].
struct RowUpdate {
  const ItemRow* rows;
  std::size_t count, dim;
  const float* gradients;  ///< [count, gradient_row].
  std::size_t gradient_row;
  const float* scales;  ///< [count]: a gradient counts this much (clipping).
  float* vectors;       ///< [table rows, dim].
  float* squares;       ///< [table rows, dim].
  float learning_rate, epsilon;
};

/// Instruction-set variant of the loops of the fused network. Arrays do not overlap. Immutable;
/// thread-safe. Results of two variants differ by rounding.
struct FusedKernels {
  const char* name;  ///< "default", "avx2" or "avx512".

  void (*multiply)(const Product& product);
  /// to[j, i] = from[i, j] for i < rows, j < columns, both multiples of kRowBlock.
  void (*transpose)(const float* from, std::size_t rows, std::size_t columns, std::size_t from_row,
                    float* to, std::size_t to_row);
  /// Fills attention and contexts.
  void (*attend)(const AttentionArrays& arrays);
  /// Fills score_gradients and the keys' part of projected_gradients.
  void (*attend_backward)(const AttentionArrays& arrays);
  /// Computes the gradient of every step into `out` [starts[batch], dim], to which newest [batch,
  /// dim] is added where the step is its sequence's newest.
  void (*step_gradients)(const AttentionArrays& arrays, const float* newest, float* out);
  /// Returns the loss summed over the batch.
  double (*softmax)(const SoftmaxArrays& arrays);
  /// out[i] = item + action + gap + position, rows of `dim` floats into rows of padded(dim).
  void (*gather_steps)(std::span<const StepRows> steps, const float* items, const float* context,
                       std::size_t dim, float* out);
  /// to[i] += from[i].
  void (*add)(const float* from, std::size_t count, float* to);
  /// Returns the sum of squares.
  float (*squared_norm)(const float* values, std::size_t count);
  void (*update_rows)(const RowUpdate& update);
  /// Adagrad without clipping: squares += g², values -= learning_rate · g / √squares.
  void (*update_dense)(const float* gradient, std::size_t count, float learning_rate, float* values,
                       float* squares);
};

/// Returns the variants this processor can run, slowest first; never empty.
std::span<const FusedKernels> supported_fused_kernels();

/// Returns the fastest.
inline const FusedKernels& fused_kernels() { return supported_fused_kernels().back(); }

}  // namespace freshet
