#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace freshet {

/// The dense weights of the network in one flat array, for rows of `width` floats:
///   keys_and_skip [width, (heads + 1) · width]  A_1 … A_H, W_0 side by side
///   contexts      [heads · width, width]        W_1 … W_H on top of each other
///   hidden_in     [width, width]                W_1 of the hidden layer
///   hidden_out    [width, width]
/// all to be multiplied from the left: y = x W. Immutable.
struct DenseLayout {
  std::size_t width = 0, heads = 0;

  std::size_t keys_and_skip() const { return 0; }
  std::size_t contexts() const { return (heads + 1) * width * width; }
  std::size_t hidden_in() const { return (2 * heads + 1) * width * width; }
  std::size_t hidden_out() const { return (2 * heads + 2) * width * width; }
  std::size_t size() const { return (2 * heads + 3) * width * width; }
};

/// One of the width x width matrices of a layout: row i begins at offset + i · row.
struct DenseMatrix {
  std::string name;  ///< For example "attention.0.query".
  std::size_t offset, row;
};

/// Returns all matrices of a layout; together they are all of it.
std::vector<DenseMatrix> dense_matrices(const DenseLayout& layout);

/// Copies the upper left dim x dim floats of every matrix between two layouts of as many heads.
void copy_dense(const DenseLayout& from_layout, std::span<const float> from,
                const DenseLayout& to_layout, std::span<float> to, std::size_t dim);

/// Initial weights: identity where the query starts as the newest step's embedding (keys, skip),
/// small random values elsewhere; equal on every device and for every implementation.
std::vector<float> initial_dense_weights(const DenseLayout& layout, std::uint64_t seed);

/// Adagrad's sums start here: less, and the first steps are too long, more, too short.
inline constexpr float kInitialDenseSquare = 0.001F;

}  // namespace freshet
