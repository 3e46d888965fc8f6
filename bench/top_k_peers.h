#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "bench/top_k_data.h"

namespace freshet {

/// Exact top-k by somebody else, on the table and the queries of a TopKData, with one thread.
class TopKPeer {
 public:
  virtual ~TopKPeer() = default;
  /// Best `k` of queries [from, from + count).
  virtual void search(std::size_t from, std::size_t count, std::size_t k) = 0;
};

/// `data` must outlive the peer. Null where the peer was not built. Biases are regarded by LibTorch
/// (addmm) and, as one more dimension, by Faiss.
std::unique_ptr<TopKPeer> torch_peer(const TopKData& data, bool cuda);
std::unique_ptr<TopKPeer> faiss_peer(const TopKData& data);

}  // namespace freshet
