#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "scoring/network/aligned_floats.h"
#include "scoring/network/network.h"
#include "scoring/network/row_stamps.h"

namespace freshet {

/// An item table and queries for it.
struct TopKData {
  std::string name;
  std::size_t rows = 0, dim = 0;
  AlignedFloats vectors, biases;  ///< [rows, dim], [rows]: in memory as a network's table is.
  std::vector<float> queries;     ///< [n, dim]
  RowStamps stamps;

  ItemTableView table() const {
    return {vectors.data(), biases.data(), rows, dim, nullptr, &stamps};
  }
};

/// Independent normal values: no spread of norms, the worst case for leaving tiles out.
TopKData gauss_data(std::size_t rows, std::size_t dim, std::size_t queries);

/// As matrix factorisation leaves it: 200 clusters, a falling spectrum, a direction of popularity,
/// norms spread log-normally (0.7), all rotated.
TopKData spread_data(std::size_t rows, std::size_t dim, std::size_t queries);

/// What the sequence network learns from files of `session item` lines in one pass, with the
/// queries of the last sessions. Empty when a file cannot be read.
TopKData trained_data(const std::vector<std::string>& files, std::size_t dim, std::size_t queries);

}  // namespace freshet
