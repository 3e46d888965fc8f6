#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace freshet {

/// How the vectors of an item table are kept.
enum class TableFormat : std::uint8_t {
  kFloat32,
  kBfloat16,  ///< The upper half of a float32, rounded to nearest even.
  kInt8,      ///< round(127 x / m), m = the row's largest |x|; m / 127 stands beside it.
};

/// The format of that name in the configuration; kFloat32 for any other text.
TableFormat table_format(std::string_view name);

/// Vectors by row in 2 or 1 bytes per number. NaN stays NaN in bfloat16; an int8 row with a number
/// that is not finite has a scale that is not, so that all of it reads as such. Confined to one
/// thread.
class CompressedRows {
 public:
  /// `format` is not kFloat32.
  CompressedRows(TableFormat format, std::size_t dim) : format_(format), dim_(dim) {}

  void resize(std::size_t rows);
  std::size_t dim() const { return dim_; }

  /// Overwrites a row from [dim] float32.
  void write(std::size_t row, const float* vector);

  /// Copies rows [first, first + count) to `out` [count, dim] float32.
  void read(std::size_t first, std::size_t count, float* out) const;

  /// Bytes of one row.
  std::size_t row_bytes() const;

 private:
  TableFormat format_;
  std::size_t dim_;
  std::vector<std::uint16_t> halves_;  // [rows, dim] kBfloat16
  std::vector<std::int8_t> codes_;     // [rows, dim] kInt8
  std::vector<float> scales_;          // [rows] kInt8
};

}  // namespace freshet
