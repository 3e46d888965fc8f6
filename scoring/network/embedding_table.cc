#include "scoring/network/embedding_table.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "config/assert.h"
#include "scoring/network/split_mix.h"

namespace freshet {
namespace {

/// Keeps the first steps of a coordinate that has hardly had a gradient small.
constexpr float kAdagradEpsilon = 1e-6F;

/// Uniform with variance initial_norm²/dim.
void initialise_row(const EmbeddingTable::Options& options, std::size_t row,
                    std::span<float> vector) {
  SplitMix random(SplitMix(options.seed ^ (row * 0xd1342543de82ef95U)).next());
  const float range = options.initial_norm * std::sqrt(3.0F / static_cast<float>(options.dim));
  for (float& value : vector) value = (2 * random.uniform() - 1) * range;
}

/// Returns the factor that clips a vector of this squared norm.
float clip_factor(float squared_norm) {
  const float norm = std::sqrt(squared_norm);
  return norm > EmbeddingTable::kGradientNormMax ? EmbeddingTable::kGradientNormMax / norm : 1.0F;
}

}  // namespace

void EmbeddingTable::grow(std::size_t rows) {
  const std::size_t before = this->rows();
  if (rows <= before) return;
  vectors_.resize(rows * dim_);
  biases_.resize(rows, 0.0F);
  is_changed_.resize(rows, false);
  for (std::size_t row = before; row < rows; ++row) {
    initialise_row(options_, row, std::span(vectors_).subspan(row * dim_, dim_));
  }
}

void EmbeddingTable::read(std::span<const ItemRow> rows, float* out) const {
  for (const ItemRow row : rows) {
    out = std::copy_n(vector(row), dim_, out);
    *out++ = biases_[row];
  }
}

std::size_t EmbeddingTable::slot_of(ItemRow row) {
  const std::uint32_t slot = slots_[row];
  if (slot < touched_.size() && touched_[slot] == row) return slot;
  slots_[row] = static_cast<std::uint32_t>(touched_.size());
  touched_.push_back(row);
  sums_.resize(touched_.size() * (dim_ + 1), 0.0F);
  return touched_.size() - 1;
}

bool EmbeddingTable::sum_gradients(std::span<const RowGradients> gradients) {
  slots_.resize(rows());
  touched_.clear();
  sums_.clear();
  for (const RowGradients& part : gradients) {
    FRESHET_ASSERT(part.width == dim_ || part.width == dim_ + 1, "a gradient is as wide as a row");
    for (std::size_t i = 0; i < part.rows.size(); ++i) {
      if (part.rows[i] == kNoRow) continue;
      const std::size_t slot = slot_of(part.rows[i]);
      float* sum = sums_.data() + slot * (dim_ + 1);
      const float* value = part.values + i * part.width;
      for (std::size_t d = 0; d < part.width; ++d) sum[d] += value[d];
    }
  }
  // Not finite times zero is NaN, and NaN stays NaN in a sum.
  float check = 0;
  for (const float sum : sums_) check += sum * 0.0F;
  return check == 0.0F;
}

void EmbeddingTable::apply_gradients(float learning_rate) {
  squares();
  const std::size_t width = dim_ + 1;
  for (std::size_t slot = 0; slot < touched_.size(); ++slot) {
    const ItemRow row = touched_[slot];
    float* gradient = sums_.data() + slot * width;
    float* square = squares_.data() + row * width;
    float* vector = vectors_.data() + row * dim_;
    const float clip = clip_factor(std::inner_product(gradient, gradient + width, gradient, 0.0F));
    for (std::size_t d = 0; d < width; ++d) {
      gradient[d] *= clip;
      square[d] += gradient[d] * gradient[d];
      gradient[d] *= learning_rate / (std::sqrt(square[d]) + kAdagradEpsilon);
    }
    for (std::size_t d = 0; d < dim_; ++d) vector[d] -= gradient[d];
    biases_[row] -= gradient[dim_];
    mark_changed(row);
  }
}

void EmbeddingTable::mark_changed(ItemRow row) {
  if (is_changed_[row]) return;
  is_changed_[row] = true;
  changed_.push_back(row);
}

void EmbeddingTable::take_changes(NetworkDelta& delta) {
  delta.row_count = rows();
  delta.row_values.resize(changed_.size() * (dim_ + 1));
  read(changed_, delta.row_values.data());
  for (const ItemRow row : changed_) is_changed_[row] = false;
  delta.rows = std::move(changed_);
  changed_.clear();
}

void EmbeddingTable::apply(const NetworkDelta& delta) {
  FRESHET_ASSERT(delta.row_values.size() == delta.rows.size() * (dim_ + 1),
                 "a delta carries dim + 1 values per row");
  grow(delta.row_count);
  const float* values = delta.row_values.data();
  for (const ItemRow row : delta.rows) {
    FRESHET_ASSERT(row < rows(), "a delta's rows are within its row count");
    std::copy_n(values, dim_, vectors_.data() + row * dim_);
    biases_[row] = values[dim_];
    values += dim_ + 1;
  }
}

void EmbeddingTable::set_vectors(std::span<const float> vectors) {
  FRESHET_ASSERT(vectors.size() == vectors_.size(), "all rows are overwritten");
  std::copy(vectors.begin(), vectors.end(), vectors_.begin());
}

std::span<const float> EmbeddingTable::squares() {
  squares_.resize(rows() * (dim_ + 1), 0.0F);
  return squares_;
}

void EmbeddingTable::restore(std::vector<float> vectors, std::vector<float> biases,
                             std::vector<float> squares) {
  FRESHET_ASSERT(vectors.size() == biases.size() * dim_, "restored sizes agree");
  FRESHET_ASSERT(squares.size() == biases.size() * (dim_ + 1), "restored sizes agree");
  vectors_ = std::move(vectors);
  biases_ = std::move(biases);
  squares_ = std::move(squares);
  is_changed_.assign(rows(), true);
  changed_.resize(rows());
  std::iota(changed_.begin(), changed_.end(), ItemRow{0});
}

}  // namespace freshet
