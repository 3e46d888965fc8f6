#include "scoring/topk/scan_variants.h"
#include "scoring/topk/scan_ymm.h"

namespace freshet {
namespace {

struct AvxVnni : Ymm {
  FRESHET_SCAN_INLINE void add_products(Vector& sums, Vector codes, Vector query) {
    asm("%{vex%} vpdpbusd %2, %1, %0" : "+x"(sums) : "x"(codes), "x"(query));
  }
};

}  // namespace

std::size_t scan_avxvnni(const ScanTile& tile, const ScanQueries& queries, ScanHit* hits) {
  return TileScan<AvxVnni, 2, 6>::scan(tile, queries, hits);
}

}  // namespace freshet
