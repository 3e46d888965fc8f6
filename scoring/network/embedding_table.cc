#include "scoring/network/embedding_table.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "config/assert.h"
#include "scoring/network/split_mix.h"

namespace freshet {
namespace {

/// Keeps the first steps of a coordinate that has hardly had a gradient small.
constexpr float kAdagradEpsilon = 1e-12F;

/// Uniform with variance initial_norm²/dim.
std::vector<float> initial_vector(const EmbeddingTable::Options& options, std::size_t row) {
  SplitMix random(SplitMix(options.seed ^ (row * 0xd1342543de82ef95U)).next());
  const float range = options.initial_norm * std::sqrt(3.0F / static_cast<float>(options.dim));
  std::vector<float> vector(options.dim);
  for (float& value : vector) value = (2 * random.uniform() - 1) * range;
  return vector;
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
  if (compressed_) {
    compressed_->resize(rows);
  } else {
    values_.vectors.resize(rows * dim_);
  }
  values_.biases.resize(rows, 0.0F);
  is_changed_.resize(rows, false);
  stamps_.resize(rows);
  stamps_.advance();
  for (std::size_t row = before; row < rows; ++row)
    write_vector(static_cast<ItemRow>(row), initial_vector(options_, row).data());
}

void EmbeddingTable::truncate(std::size_t rows) {
  if (rows >= this->rows()) return;
  if (compressed_) {
    compressed_->resize(rows);
  } else {
    values_.vectors.resize(rows * dim_);
  }
  values_.biases.resize(rows);
  if (!values_.squares.empty()) make_squares();
  is_changed_.resize(rows);
  stamps_.resize(rows);
  std::erase_if(changed_, [rows](ItemRow row) { return row >= rows; });
}

void EmbeddingTable::write_vector(ItemRow row, const float* vector) {
  stamps_.mark(row);
  if (compressed_) return compressed_->write(row, vector);
  std::copy_n(vector, dim_, values_.vectors.data() + row * dim_);
}

void EmbeddingTable::compress(TableFormat format) {
  if (format == TableFormat::kFloat32) return;
  FRESHET_ASSERT(!compressed_ && values_.squares.empty(), "what is trained is not compressed");
  compressed_.emplace(format, dim_);
  compressed_->resize(rows());
  for (std::size_t row = 0; row < rows(); ++row)
    compressed_->write(row, values_.vectors.data() + row * dim_);
  values_.vectors = {};
  stamps_.advance();
  stamps_.mark_all();
}

void EmbeddingTable::reset(std::span<const ItemRow> rows) {
  stamps_.advance();
  for (const ItemRow row : rows) {
    write_vector(row, initial_vector(options_, row).data());
    values_.biases[row] = 0;
    mark_changed(row);
    if (values_.bias_squares.size() <= row) continue;
    std::fill_n(values_.squares.data() + row * dim_, dim_, 0.0F);
    values_.bias_squares[row] = 0;
  }
}

void EmbeddingTable::read(std::span<const ItemRow> rows, float* out) const {
  for (const ItemRow row : rows) {
    read_vector(row, out);
    out += dim_;
    *out++ = values_.biases[row];
  }
}

void EmbeddingTable::start_gradients() {
  FRESHET_ASSERT(!compressed_, "a compressed table is not trained");
  slots_.resize(rows());
  touched_.clear();
}

std::uint32_t EmbeddingTable::add_slot(ItemRow row) {
  const auto slot = static_cast<std::uint32_t>(touched_.size());
  slots_[row] = slot;
  touched_.push_back(row);
  if (slot == bias_sums_.size()) {
    const std::size_t room = 2 * std::size_t{slot} + 1;
    sums_.resize(room * gradient_row());
    bias_sums_.resize(room);
    scales_.resize(room);
  }
  std::fill_n(gradient(slot), gradient_row(), 0.0F);
  bias_sums_[slot] = 0;
  return slot;
}

bool EmbeddingTable::finish_gradients() {
  const FusedKernels& kernels = fused_kernels();
  bool finite = true;
  for (std::size_t slot = 0; slot < slot_count(); ++slot) {
    const float square =
        kernels.squared_norm(gradient(slot), gradient_row()) + bias_sums_[slot] * bias_sums_[slot];
    finite = finite && std::isfinite(square);
    scales_[slot] = clip_factor(square);
  }
  return finite;
}

bool EmbeddingTable::sum_gradients(std::span<const RowGradients> gradients) {
  start_gradients();
  for (const RowGradients& part : gradients) {
    FRESHET_ASSERT(part.width == dim_ || part.width == dim_ + 1, "a gradient is as wide as a row");
    for (std::size_t i = 0; i < part.rows.size(); ++i) {
      if (part.rows[i] == kNoRow) continue;
      const std::size_t slot = slot_of(part.rows[i]);
      const float* value = part.values + i * part.width;
      fused_kernels().add(value, dim_, gradient(slot));
      if (part.width > dim_) bias_gradient(slot) += value[dim_];
    }
  }
  return finish_gradients();
}

void EmbeddingTable::apply_gradients(float learning_rate) {
  make_squares();
  fused_kernels().update_rows({.rows = touched_.data(),
                               .count = slot_count(),
                               .dim = dim_,
                               .gradients = sums_.data(),
                               .gradient_row = gradient_row(),
                               .scales = scales_.data(),
                               .vectors = values_.vectors.data(),
                               .squares = values_.squares.data(),
                               .learning_rate = learning_rate,
                               .epsilon = kAdagradEpsilon});
  stamps_.advance();
  for (std::size_t slot = 0; slot < slot_count(); ++slot) {
    const ItemRow row = touched_[slot];
    mark_changed(row);
    stamps_.mark(row);
    if (bias_sums_[slot] == 0) continue;  // Rows of histories: most of them.
    const float gradient = bias_sums_[slot] * scales_[slot];
    float& square = values_.bias_squares[row];
    square += gradient * gradient;
    values_.biases[row] -= gradient * learning_rate / std::sqrt(square + kAdagradEpsilon);
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
  grow(delta.row_count);
  set_rows(delta.rows, delta.row_values);
}

void EmbeddingTable::set_rows(std::span<const ItemRow> rows, std::span<const float> values) {
  FRESHET_ASSERT(values.size() == rows.size() * (dim_ + 1),
                 "a delta carries dim + 1 values per row");
  stamps_.advance();
  const float* from = values.data();
  for (const ItemRow row : rows) {
    FRESHET_ASSERT(row < this->rows(), "a delta's rows are within its row count");
    write_vector(row, from);
    values_.biases[row] = from[dim_];
    from += dim_ + 1;
  }
}

void EmbeddingTable::set_vectors(std::span<const float> vectors) {
  FRESHET_ASSERT(vectors.size() == values_.vectors.size(), "all rows are overwritten");
  std::copy(vectors.begin(), vectors.end(), values_.vectors.begin());
  stamps_.advance();
  stamps_.mark_all();
}

void EmbeddingTable::make_squares() {
  FRESHET_ASSERT(!compressed_, "a compressed table has no optimizer");
  values_.squares.resize(values_.vectors.size(), options_.initial_square);
  values_.bias_squares.resize(values_.biases.size(), 0.0F);
}

const EmbeddingTable::Values& EmbeddingTable::values() {
  make_squares();
  return values_;
}

void EmbeddingTable::restore(Values values) {
  FRESHET_ASSERT(values.vectors.size() == values.biases.size() * dim_ &&
                     values.squares.size() == values.vectors.size() &&
                     values.bias_squares.size() == values.biases.size(),
                 "restored sizes agree");
  FRESHET_ASSERT(!compressed_, "a compressed table follows deltas alone");
  values_ = std::move(values);
  is_changed_.assign(rows(), true);
  stamps_.resize(rows());
  stamps_.advance();
  stamps_.mark_all();
  changed_.resize(rows());
  std::iota(changed_.begin(), changed_.end(), ItemRow{0});
}

}  // namespace freshet
