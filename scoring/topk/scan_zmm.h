#pragma once

#include "scoring/topk/scan_loops.h"

namespace freshet {
namespace {

/// Writes the places of the 64-bit words that are not zero to `places` [count, and 8 more]; returns
/// how many there are. Without a branch on a word.
FRESHET_SCAN_INLINE std::size_t find_nonzero_words(const void* words, std::size_t count,
                                                   std::uint16_t* places) {
  const auto* bytes = static_cast<const char*>(words);
  std::size_t found = 0;
  __m128i place = _mm_setr_epi16(0, 1, 2, 3, 4, 5, 6, 7);
  for (std::size_t i = 0; i < count; i += 8) {
    const __m512i eight = _mm512_loadu_si512(bytes + 8 * i);
    __mmask8 set = _mm512_test_epi64_mask(eight, eight);
    if (count - i < 8) set = static_cast<__mmask8>(set & ((1U << (count - i)) - 1U));
    // Bytes would need VBMI2: the places of eight words are widened, compressed and narrowed.
    const __m512i wide = _mm512_cvtepi16_epi64(place);
    const __m512i kept = _mm512_maskz_compress_epi64(set, wide);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(places + found), _mm512_cvtepi64_epi16(kept));
    found += static_cast<std::size_t>(__builtin_popcount(set));
    place = _mm_add_epi16(place, _mm_set1_epi16(8));
  }
  return found;
}

}  // namespace
}  // namespace freshet
