#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace freshet {

/// Buckets in which near embeddings tend to meet: signs of random projections (Charikar 2002), so
/// that embeddings can be looked up by inverted lists, too. Two vectors at angle a share a bucket
/// of one table with probability (1 - a/pi)^kBits. Deterministic; immutable after construction.
class EmbeddingBuckets {
 public:
  static constexpr std::size_t kTables = 8;
  static constexpr std::size_t kBits = 10;
  static constexpr std::size_t kBuckets = kTables << kBits;

  explicit EmbeddingBuckets(std::size_t dim);

  /// The bucket of each table, 0 .. kBuckets - 1. `embedding` has the dimension of construction.
  std::array<std::uint32_t, kTables> of(std::span<const float> embedding) const;

 private:
  std::vector<float> planes_;  // [kTables * kBits, dim] +1 or -1.
};

}  // namespace freshet
