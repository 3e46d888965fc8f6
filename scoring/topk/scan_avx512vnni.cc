#include "scoring/topk/scan_variants.h"
#include "scoring/topk/scan_zmm.h"

namespace freshet {
namespace {

struct Avx512Vnni {
  using Vector = __m512i;
  using Word = std::uint64_t;
  static constexpr int kLanes = 16;

  FRESHET_SCAN_INLINE Vector zero() { return _mm512_setzero_si512(); }
  FRESHET_SCAN_INLINE Vector load(const void* from) { return _mm512_loadu_si512(from); }
  FRESHET_SCAN_INLINE Vector broadcast(const std::uint8_t* codes) {
    std::int32_t four;
    __builtin_memcpy(&four, codes, 4);
    return _mm512_set1_epi32(four);
  }
  /// By assembly: with the intrinsic g++ 12 keeps the sums of a block in memory, at half the speed.
  FRESHET_SCAN_INLINE void add_products(Vector& sums, Vector codes, Vector query) {
    asm("vpdpbusd %2, %1, %0" : "+v"(sums) : "v"(codes), "v"(query));
  }
  FRESHET_SCAN_INLINE Word not_negative(Vector a, Vector b, Vector c, Vector d) {
    const Vector bytes = _mm512_packs_epi16(_mm512_packs_epi32(a, b), _mm512_packs_epi32(c, d));
    return ~_mm512_movepi8_mask(bytes);
  }
  FRESHET_SCAN_INLINE std::int32_t sum(Vector sums) { return _mm512_reduce_add_epi32(sums); }
  FRESHET_SCAN_INLINE std::size_t find_nonzero(const Word* words, std::size_t count,
                                               std::uint16_t* places) {
    return find_nonzero_words(words, count, places);
  }
};

}  // namespace

std::size_t scan_avx512vnni(const ScanTile& tile, const ScanQueries& queries, ScanHit* hits) {
  if (queries.lanes == 64) return TileScan<Avx512Vnni, 4, 6>::scan(tile, queries, hits);
  if (queries.lanes == 32) return TileScan<Avx512Vnni, 2, 12>::scan(tile, queries, hits);
  return TileScan<Avx512Vnni, 1, 24>::scan(tile, queries, hits);
}

}  // namespace freshet
