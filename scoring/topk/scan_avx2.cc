#include "scoring/topk/scan_variants.h"
#include "scoring/topk/scan_ymm.h"

namespace freshet {
namespace {

struct Avx2 : Ymm {
  /// Two products are summed in 16 bits with saturation: 2 · 255 · 64 still fits.
  FRESHET_SCAN_INLINE void add_products(Vector& sums, Vector codes, Vector query) {
    const Vector pairs = _mm256_maddubs_epi16(codes, query);
    sums = _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
  }
};

}  // namespace

std::size_t scan_avx2(const ScanTile& tile, const ScanQueries& queries, ScanHit* hits) {
  return TileScan<Avx2, 2, 6>::scan(tile, queries, hits);
}

}  // namespace freshet
