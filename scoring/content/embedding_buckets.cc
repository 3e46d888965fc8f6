#include "scoring/content/embedding_buckets.h"

#include <random>

namespace freshet {

EmbeddingBuckets::EmbeddingBuckets(std::size_t dim) : planes_(kTables * kBits * dim) {
  std::mt19937_64 random(1);  // Fixed: learner and replica must agree.
  for (float& sign : planes_) sign = (random() >> 63U) == 0 ? -1.0F : 1.0F;
}

std::array<std::uint32_t, EmbeddingBuckets::kTables> EmbeddingBuckets::of(
    std::span<const float> embedding) const {
  std::array<std::uint32_t, kTables> buckets{};
  const float* plane = planes_.data();
  for (std::size_t table = 0; table < kTables; ++table) {
    std::uint32_t code = 0;
    for (std::size_t bit = 0; bit < kBits; ++bit, plane += embedding.size()) {
      float side = 0;
      for (std::size_t k = 0; k < embedding.size(); ++k) side += plane[k] * embedding[k];
      code = 2 * code + (side > 0 ? 1U : 0U);
    }
    buckets[table] = static_cast<std::uint32_t>(table << kBits) + code;
  }
  return buckets;
}

}  // namespace freshet
