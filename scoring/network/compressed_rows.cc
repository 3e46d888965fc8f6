#include "scoring/network/compressed_rows.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "config/assert.h"

namespace freshet {
namespace {

constexpr float kLargestCode = 127;

std::uint16_t to_bfloat16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if (std::isnan(value)) return static_cast<std::uint16_t>(bits >> 16 | 0x40U);
  return static_cast<std::uint16_t>((bits + 0x7fffU + (bits >> 16 & 1U)) >> 16);
}

void decode(const std::uint16_t* from, std::size_t count, float* out) {
  for (std::size_t k = 0; k < count; ++k)
    out[k] = std::bit_cast<float>(static_cast<std::uint32_t>(from[k]) << 16);
}

void decode(const std::int8_t* from, float scale, std::size_t count, float* out) {
  for (std::size_t k = 0; k < count; ++k) out[k] = scale * static_cast<float>(from[k]);
}

}  // namespace

TableFormat table_format(std::string_view name) {
  if (name == "bf16") return TableFormat::kBfloat16;
  return name == "int8" ? TableFormat::kInt8 : TableFormat::kFloat32;
}

void CompressedRows::resize(std::size_t rows) {
  FRESHET_ASSERT(format_ != TableFormat::kFloat32, "float32 is not compressed");
  if (format_ == TableFormat::kBfloat16) {
    halves_.resize(rows * dim_);
  } else {
    codes_.resize(rows * dim_);
    scales_.resize(rows);
  }
}

void CompressedRows::write(std::size_t row, const float* vector) {
  if (format_ == TableFormat::kBfloat16) {
    std::transform(vector, vector + dim_, halves_.data() + row * dim_, to_bfloat16);
    return;
  }
  float largest = 0;
  bool finite = true;
  for (std::size_t k = 0; k < dim_; ++k) {
    largest = std::max(largest, std::abs(vector[k]));
    finite = finite && std::isfinite(vector[k]);
  }
  std::int8_t* codes = codes_.data() + row * dim_;
  scales_[row] = finite ? largest / kLargestCode : std::numeric_limits<float>::quiet_NaN();
  if (!finite || largest == 0) return static_cast<void>(std::fill_n(codes, dim_, std::int8_t{0}));
  for (std::size_t k = 0; k < dim_; ++k)
    codes[k] = static_cast<std::int8_t>(std::lrint(vector[k] / largest * kLargestCode));
}

void CompressedRows::read(std::size_t first, std::size_t count, float* out) const {
  if (format_ == TableFormat::kBfloat16)
    return decode(halves_.data() + first * dim_, count * dim_, out);
  for (std::size_t row = first; row < first + count; ++row, out += dim_)
    decode(codes_.data() + row * dim_, scales_[row], dim_, out);
}

std::size_t CompressedRows::row_bytes() const {
  return format_ == TableFormat::kBfloat16 ? 2 * dim_ : dim_ + sizeof(float);
}

}  // namespace freshet
