#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"
#include "config/scoring_config.h"
#include "scoring/network/embedding_table.h"

namespace freshet {

/// The dense weights, flat (DenseLayout of width dim), and Adagrad's sums of them.
struct DenseState {
  std::vector<float> weights, squares;
};

/// What a network's rows are kept in.
struct NetworkTables {
  EmbeddingTable& items;
  EmbeddingTable& context;
  EmbeddingTable& conditions;
};

/// Writes a network as safetensors, the same for every implementation; docs/model.md lists names
/// and shapes. Adagrad's sums have the name of what they belong to after "adagrad.".
/// Errors: kInternal when a number is not finite.
Result<std::string> write_checkpoint(const NetworkConfig& config, const NetworkTables& tables,
                                     const DenseState& dense);

/// Reads it into the tables and `dense`; all rows then count as changed. Errors: kCorrupt, also
/// when a number is not finite; kInvalidConfig for a network of other sizes than the
/// configuration's. Then nothing is changed.
Status read_checkpoint(std::string_view bytes, const NetworkConfig& config,
                       const NetworkTables& tables, DenseState& dense);

}  // namespace freshet
