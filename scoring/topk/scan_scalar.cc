#include "scoring/topk/scan_variants.h"

namespace freshet {

/// What the other variants must equal, and what runs where none of them can.
std::size_t scan_scalar(const ScanTile& tile, const ScanQueries& queries, ScanHit* hits) {
  std::size_t count = 0;
  for (std::size_t row = 0; row < tile.rows; ++row) {
    const std::uint8_t* codes = tile.codes + row * tile.width;
    for (std::size_t lane = 0; lane < queries.lanes; ++lane) {
      const std::int8_t* query = queries.by_lane + lane * tile.width;
      std::int32_t dot = -queries.code_sums[lane];
      for (std::size_t d = 0; d < tile.width; ++d) dot += codes[d] * query[d];
      if (dot < queries.thresholds[lane]) continue;
      hits[count++] = {static_cast<std::uint16_t>(row), static_cast<std::uint16_t>(lane), dot};
    }
  }
  return count;
}

}  // namespace freshet
