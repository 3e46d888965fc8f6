#pragma once

#include "scoring/topk/scan_loops.h"

namespace freshet {
namespace {

/// What the variants with vectors of 32 bytes share.
struct Ymm {
  using Vector = __m256i;
  using Word = std::uint32_t;
  static constexpr int kLanes = 8;

  FRESHET_SCAN_INLINE Vector zero() { return _mm256_setzero_si256(); }
  FRESHET_SCAN_INLINE Vector load(const void* from) {
    return _mm256_loadu_si256(static_cast<const __m256i*>(from));
  }
  FRESHET_SCAN_INLINE Vector broadcast(const std::uint8_t* codes) {
    std::int32_t four;
    __builtin_memcpy(&four, codes, 4);
    return _mm256_set1_epi32(four);
  }
  FRESHET_SCAN_INLINE Word not_negative(Vector a, Vector b, Vector c, Vector d) {
    const Vector bytes = _mm256_packs_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d));
    return ~static_cast<Word>(_mm256_movemask_epi8(bytes));
  }
  FRESHET_SCAN_INLINE std::int32_t sum(Vector sums) {
    __m128i s = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1));
    return _mm_cvtsi128_si32(s);
  }
  FRESHET_SCAN_INLINE std::size_t find_nonzero(const Word* words, std::size_t count,
                                               std::uint16_t* places) {
    std::size_t found = 0;
    for (std::size_t i = 0; i < count; ++i) {
      places[found] = static_cast<std::uint16_t>(i);
      found += words[i] != 0 ? 1 : 0;
    }
    return found;
  }
};

}  // namespace
}  // namespace freshet
