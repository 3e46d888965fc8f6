#include "scoring/network/dense_weights.h"

#include <algorithm>
#include <cmath>

#include "scoring/network/split_mix.h"

namespace freshet {

std::vector<DenseMatrix> dense_matrices(const DenseLayout& layout) {
  const std::size_t width = layout.width, wide_row = (layout.heads + 1) * width;
  std::vector<DenseMatrix> matrices;
  for (std::size_t h = 0; h < layout.heads; ++h) {
    const std::string head = "attention." + std::to_string(h);
    matrices.push_back({head + ".query", layout.keys_and_skip() + h * width, wide_row});
    matrices.push_back({head + ".output", layout.contexts() + h * width * width, width});
  }
  matrices.push_back({"skip", layout.keys_and_skip() + layout.heads * width, wide_row});
  matrices.push_back({"hidden.in", layout.hidden_in(), width});
  matrices.push_back({"hidden.out", layout.hidden_out(), width});
  return matrices;
}

void copy_dense(const DenseLayout& from_layout, std::span<const float> from,
                const DenseLayout& to_layout, std::span<float> to, std::size_t dim) {
  const auto sources = dense_matrices(from_layout), targets = dense_matrices(to_layout);
  for (std::size_t m = 0; m < sources.size(); ++m) {
    for (std::size_t i = 0; i < dim; ++i) {
      const auto row = from.subspan(sources[m].offset + i * sources[m].row, dim);
      std::copy(row.begin(), row.end(),
                to.begin() + static_cast<std::ptrdiff_t>(targets[m].offset + i * targets[m].row));
    }
  }
}

std::vector<float> initial_dense_weights(const DenseLayout& layout, std::uint64_t seed) {
  SplitMix random(seed);
  std::vector<float> weights(layout.size());
  const float scale = 1.0F / std::sqrt(static_cast<float>(layout.width));
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const bool is_hidden_in = i >= layout.hidden_in() && i < layout.hidden_out();
    weights[i] = (2 * random.uniform() - 1) * (is_hidden_in ? scale : 0.1F * scale);
  }
  const std::size_t wide_row = (layout.heads + 1) * layout.width;
  for (std::size_t i = 0; i < layout.contexts(); ++i) {
    if (i % wide_row % layout.width == i / wide_row) weights[i] += 1;
  }
  return weights;
}

}  // namespace freshet
