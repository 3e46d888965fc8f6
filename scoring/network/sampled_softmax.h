#pragma once

#include <span>
#include <vector>

#include "scoring/network/aligned_floats.h"
#include "scoring/network/embedding_table.h"
#include "scoring/network/fused_kernels.h"
#include "scoring/network/network.h"

namespace freshet {

/// Sampled softmax with the logQ correction (Yi et al., RecSys 2019) over each example's target and
/// the batch's negatives, and its gradients by hand. Rows of `queries` and their gradients are
/// padded(dim) long. Memory grows to the largest batch seen. Confined to one thread.
class SampledSoftmax {
 public:
  explicit SampledSoftmax(const FusedKernels& kernels) : kernels_(kernels) {}

  /// Names the rows that will have a gradient: call it between the table's start_gradients and the
  /// first of its `gradient`.
  void name_rows(std::span<const SequenceExample> examples, const Negatives& negatives,
                 EmbeddingTable& items);

  /// Computes the loss, summed over the examples, and the queries' gradients; adds those of targets
  /// and negatives to the table's.
  double differentiate(std::span<const SequenceExample> examples, const Negatives& negatives,
                       const float* queries, EmbeddingTable& items);

  /// [examples, padded(dim)]; valid until the next call.
  const float* query_gradients() const { return query_gradients_.data(); }

 private:
  void gather(std::span<const SequenceExample> examples, const Negatives& negatives,
              const EmbeddingTable& items);
  SoftmaxArrays arrays(const float* queries);
  void add_target_gradients(const float* queries, EmbeddingTable& items);
  void add_negative_gradients(const float* queries, std::size_t count, EmbeddingTable& items);

  const FusedKernels& kernels_;
  std::size_t batch_ = 0, columns_ = 0, width_ = 0;
  std::vector<std::uint32_t> target_slots_, negative_slots_;
  std::vector<ItemRow> target_rows_, negative_rows_;
  AlignedFloats targets_, target_shifts_, weights_, target_gradients_;
  AlignedFloats negatives_, negatives_transposed_, negative_shifts_, negative_shift_gradients_,
      negative_gradients_;
  AlignedFloats logits_, query_gradients_;
};

}  // namespace freshet
