#include "scoring/network/sampled_softmax.h"

#include <algorithm>
#include <limits>

namespace freshet {

void SampledSoftmax::name_rows(std::span<const SequenceExample> examples,
                               const Negatives& negatives, EmbeddingTable& items) {
  target_slots_.clear();
  negative_slots_.clear();
  for (const SequenceExample& example : examples) {
    target_slots_.push_back(items.slot_of(example.target));
  }
  for (const ItemRow row : negatives.rows) negative_slots_.push_back(items.slot_of(row));
}

void SampledSoftmax::gather(std::span<const SequenceExample> examples, const Negatives& negatives,
                            const EmbeddingTable& items) {
  const float* biases = items.view().biases;
  batch_ = examples.size();
  columns_ = padded(negatives.rows.size());
  width_ = padded(items.dim());
  targets_.assign(batch_ * width_, 0.0F);
  target_shifts_.resize(batch_);
  weights_.resize(batch_);
  target_rows_.resize(batch_);
  for (std::size_t b = 0; b < batch_; ++b) {
    const ItemRow row = examples[b].target;
    std::copy_n(items.vector(row), items.dim(), targets_.data() + b * width_);
    target_shifts_[b] = biases[row] - negatives.target_log_q[b];
    weights_[b] = examples[b].weight;
    target_rows_[b] = row;
  }
  negatives_.assign(columns_ * width_, 0.0F);
  negative_shifts_.assign(columns_, -std::numeric_limits<float>::infinity());
  negative_rows_.assign(columns_, kNoRow);
  for (std::size_t j = 0; j < negatives.rows.size(); ++j) {
    const ItemRow row = negatives.rows[j];
    std::copy_n(items.vector(row), items.dim(), negatives_.data() + j * width_);
    negative_shifts_[j] = biases[row] - negatives.log_q[j];
    negative_rows_[j] = row;
  }
  negatives_transposed_.resize(columns_ * width_);
  kernels_.transpose(negatives_.data(), columns_, width_, width_, negatives_transposed_.data(),
                     columns_);
}

SoftmaxArrays SampledSoftmax::arrays(const float* queries) {
  return {.batch = batch_,
          .columns = columns_,
          .dim = width_,
          .queries = queries,
          .targets = targets_.data(),
          .target_shifts = target_shifts_.data(),
          .weights = weights_.data(),
          .target_rows = target_rows_.data(),
          .negative_rows = negative_rows_.data(),
          .negative_shifts = negative_shifts_.data(),
          .logits = logits_.data(),
          .target_gradients = target_gradients_.data(),
          .negative_shift_gradients = negative_shift_gradients_.data()};
}

double SampledSoftmax::differentiate(std::span<const SequenceExample> examples,
                                     const Negatives& negatives, const float* queries,
                                     EmbeddingTable& items) {
  gather(examples, negatives, items);
  logits_.resize(batch_ * columns_);
  target_gradients_.resize(batch_);
  negative_shift_gradients_.resize(columns_);
  query_gradients_.resize(batch_ * width_);
  kernels_.multiply({.rows = batch_,
                     .depth = width_,
                     .columns = columns_,
                     .a = queries,
                     .a_row = width_,
                     .a_column = 1,
                     .b = negatives_transposed_.data(),
                     .b_row = columns_,
                     .c = logits_.data(),
                     .c_row = columns_});
  const double loss = kernels_.softmax(arrays(queries));
  kernels_.multiply({.rows = batch_,
                     .depth = columns_,
                     .columns = width_,
                     .a = logits_.data(),
                     .a_row = columns_,
                     .a_column = 1,
                     .b = negatives_.data(),
                     .b_row = width_,
                     .c = query_gradients_.data(),
                     .c_row = width_});
  add_target_gradients(queries, items);
  add_negative_gradients(queries, negatives.rows.size(), items);
  return loss;
}

void SampledSoftmax::add_target_gradients(const float* queries, EmbeddingTable& items) {
  for (std::size_t b = 0; b < batch_; ++b) {
    const float gradient = target_gradients_[b];
    const float* query = queries + b * width_;
    const float* target = targets_.data() + b * width_;
    float* of_query = query_gradients_.data() + b * width_;
    float* of_target = items.gradient(target_slots_[b]);
    for (std::size_t d = 0; d < width_; ++d) {
      of_query[d] += gradient * target[d];
      of_target[d] += gradient * query[d];
    }
    items.bias_gradient(target_slots_[b]) += gradient;
  }
}

void SampledSoftmax::add_negative_gradients(const float* queries, std::size_t count,
                                            EmbeddingTable& items) {
  negative_gradients_.resize(columns_ * width_);
  kernels_.multiply({.rows = count,
                     .depth = batch_,
                     .columns = width_,
                     .a = logits_.data(),
                     .a_row = 1,
                     .a_column = columns_,
                     .b = queries,
                     .b_row = width_,
                     .c = negative_gradients_.data(),
                     .c_row = width_});
  for (std::size_t j = 0; j < count; ++j) {
    kernels_.add(negative_gradients_.data() + j * width_, width_,
                 items.gradient(negative_slots_[j]));
    items.bias_gradient(negative_slots_[j]) += negative_shift_gradients_[j];
  }
}

}  // namespace freshet
