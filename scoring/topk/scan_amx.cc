#include <immintrin.h>

#include "scoring/topk/scan_variants.h"
#include "scoring/topk/scan_zmm.h"

// Products by AMX: a tile register holds 16 rows of 64 bytes, one instruction multiplies 16 rows of
// codes with 16 queries over 64 dimensions. That takes no longer than to look at the 256 sums, so
// the sums are kept for those that reach their threshold, where other variants multiply again.
namespace freshet {
namespace {

constexpr std::size_t kTileRows = 16;   // Of a tile register: rows of codes, or lanes of queries.
constexpr std::size_t kTileBytes = 64;  // Codes of a row, or four codes of each lane.
constexpr std::size_t kBlockRows = 2 * kTileRows;  // Their sums stay in the first cache.
constexpr std::size_t kChunksMax = 8;              // Of kTileBytes codes.
/// Up to so many codes beyond whole chunks are cheaper by vectors than by one more chunk.
constexpr std::size_t kVectorBytesMax = 8;

struct alignas(64) TileConfig {
  std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
  std::uint16_t row_bytes[16] = {};
  std::uint8_t rows[16] = {};
};

FRESHET_SCAN_INLINE void configure_tiles() {
  TileConfig config;
  for (int tile = 0; tile < 8; ++tile) {
    config.row_bytes[tile] = kTileBytes;
    config.rows[tile] = kTileRows;
  }
  _tile_loadconfig(&config);
}

/// How the codes of a row are divided: chunks of kTileBytes, the last one filled up with zeros, and
/// the rest for vectors.
struct Chunks {
  std::size_t count, left;

  explicit Chunks(std::size_t width) : count(width / kTileBytes), left(width % kTileBytes) {
    if (count > 0 && left <= kVectorBytesMax) return;
    count += left > 0 ? 1 : 0;
    left = 0;
  }
};

/// The scan of one tile for kSets sets of 16 queries.
template <std::size_t kSets>
struct AmxScan {
  static constexpr std::size_t kLanes = kSets * 16;
  static constexpr std::size_t kQuadBytes = 4 * kLanes;
  static constexpr std::size_t kChunkQuads = kTileBytes / 4;

  const ScanTile& tile;
  const ScanQueries& queries;
  const Chunks chunks{tile.width};
  // A row that crosses a cache line takes a tile register twice as long.
  const bool is_aligned =
      tile.width % kTileBytes == 0 && reinterpret_cast<std::uintptr_t>(tile.codes) % 64 == 0;
  alignas(64) std::uint8_t rows[kBlockRows * kTileBytes * kChunksMax];   // Of codes, aligned.
  alignas(64) std::int8_t quads[kChunkQuads * kQuadBytes * kChunksMax];  // Of the queries.
  alignas(64) std::int32_t bars[kLanes];                                 // What a sum has to reach.
  alignas(64) std::int32_t sums[kBlockRows * kLanes];
  alignas(64) std::uint16_t passed[kBlockRows * kSets];  // A bit per lane.
  alignas(64) std::uint16_t places[kBlockRows * kSets / 4 + 8];

  /// Not an aggregate: its arrays stay as they are.
  AmxScan(const ScanTile& of_tile, const ScanQueries& for_queries)
      : tile(of_tile), queries(for_queries) {}

  std::size_t scan(ScanHit* hits) {
    for (std::size_t lane = 0; lane < kLanes; ++lane)
      bars[lane] = queries.thresholds[lane] + queries.code_sums[lane];
    copy_quads();
    configure_tiles();
    std::size_t count = 0;
    for (std::size_t row = 0; row < tile.rows; row += kBlockRows) {
      const std::uint8_t* codes = tile.codes + row * tile.width;
      for (std::size_t byte = 0; byte < kBlockRows * tile.width; byte += 64)
        _mm_prefetch(reinterpret_cast<const char*>(codes + kPrefetchBytes + byte), _MM_HINT_T0);
      if (is_aligned) {
        multiply(codes, tile.width, kTileBytes);
      } else {
        copy_rows(codes);
        multiply(rows, kTileBytes, kBlockRows * kTileBytes);
      }
      compare(codes);
      count = collect(row, hits, count);
    }
    _tile_release();
    return count;
  }

  void copy_quads() {
    const std::size_t bytes = (tile.width - chunks.left) * kLanes;
    const std::size_t all = chunks.count * kChunkQuads * kQuadBytes;
    __builtin_memcpy(quads, queries.by_quad, bytes);
    __builtin_memset(quads + bytes, 0, all - bytes);
  }

  /// Rows [chunks.count, kBlockRows, kTileBytes].
  void copy_rows(const std::uint8_t* codes) {
    for (std::size_t c = 0; c < chunks.count; ++c) {
      const std::size_t begin = c * kTileBytes, left = tile.width - begin;
      const __mmask64 some = left < kTileBytes ? (std::uint64_t{1} << left) - 1 : ~std::uint64_t{0};
      std::uint8_t* to = rows + c * kBlockRows * kTileBytes;
      for (std::size_t r = 0; r < kBlockRows; ++r)
        _mm512_store_si512(to + r * kTileBytes,
                           _mm512_maskz_loadu_epi8(some, codes + r * tile.width + begin));
    }
  }

  /// Sets `sums` for a block of rows. Registers 0 to 3 hold sums, 4 and 5 codes, 6 and 7 queries.
  void multiply(const std::uint8_t* codes, std::size_t row_bytes, std::size_t chunk_bytes) {
    constexpr auto kSumsStride = static_cast<long>(sizeof(std::int32_t) * kLanes);
    for (std::size_t lane = 0; lane < kLanes; lane += 32) {
      _tile_zero(0);
      _tile_zero(1);
      _tile_zero(2);
      _tile_zero(3);
      const std::uint8_t* chunk = codes;
      const std::int8_t* of_lanes = quads + 4 * lane;
      for (std::size_t c = 0; c < chunks.count; ++c) {
        _tile_loadd(4, chunk, static_cast<long>(row_bytes));
        _tile_loadd(5, chunk + kTileRows * row_bytes, static_cast<long>(row_bytes));
        _tile_loadd(6, of_lanes, static_cast<long>(kQuadBytes));
        _tile_dpbusd(0, 4, 6);
        _tile_dpbusd(1, 5, 6);
        if constexpr (kSets > 1) {
          _tile_loadd(7, of_lanes + 64, static_cast<long>(kQuadBytes));
          _tile_dpbusd(2, 4, 7);
          _tile_dpbusd(3, 5, 7);
        }
        chunk += chunk_bytes;
        of_lanes += kChunkQuads * kQuadBytes;
      }
      _tile_stored(0, sums + lane, kSumsStride);
      _tile_stored(1, sums + kTileRows * kLanes + lane, kSumsStride);
      if constexpr (kSets > 1) {
        _tile_stored(2, sums + lane + 16, kSumsStride);
        _tile_stored(3, sums + kTileRows * kLanes + lane + 16, kSumsStride);
      }
    }
  }

  /// Adds what the chunks left, and sets the bits of the rows that begin with `codes`.
  void compare(const std::uint8_t* codes) {
    __m512i bar[kSets], sum[kSets];
#pragma GCC unroll 4
    for (std::size_t s = 0; s < kSets; ++s) bar[s] = _mm512_load_si512(bars + 16 * s);
    for (std::size_t r = 0; r < kBlockRows; ++r) {
#pragma GCC unroll 4
      for (std::size_t s = 0; s < kSets; ++s)
        sum[s] = _mm512_load_si512(sums + r * kLanes + 16 * s);
      for (std::size_t byte = tile.width - chunks.left; byte < tile.width; byte += 4) {
        std::int32_t four;
        __builtin_memcpy(&four, codes + r * tile.width + byte, 4);
        const __m512i of_row = _mm512_set1_epi32(four);
        const std::int8_t* of_lanes = queries.by_quad + byte * kLanes;
#pragma GCC unroll 4
        for (std::size_t s = 0; s < kSets; ++s)
          sum[s] = _mm512_dpbusd_epi32(sum[s], of_row, _mm512_loadu_si512(of_lanes + 64 * s));
      }
#pragma GCC unroll 4
      for (std::size_t s = 0; s < kSets; ++s)
        passed[r * kSets + s] = _mm512_cmpge_epi32_mask(sum[s], bar[s]);
    }
  }

  /// Turns the bits of the block from `row` on to hits; returns how many there are by now.
  std::size_t collect(std::size_t row, ScanHit* hits, std::size_t count) {
    const std::size_t found = find_nonzero_words(passed, kBlockRows * kSets / 4, places);
    for (std::size_t k = 0; k < found; ++k) {
      const std::size_t first_set = 4 * places[k];
      std::uint64_t bits;
      __builtin_memcpy(&bits, passed + first_set, sizeof bits);
      for (; bits != 0; bits &= bits - 1) {
        const auto bit = static_cast<std::size_t>(__builtin_ctzll(bits));
        const std::size_t set = first_set + bit / 16;
        const std::size_t at = set / kSets, lane = set % kSets * 16 + bit % 16;
        hits[count] = {
            static_cast<std::uint16_t>(row + at), static_cast<std::uint16_t>(lane),
            sums[at * kLanes + lane] + left_of(row + at, lane) - queries.code_sums[lane]};
        count += row + at < tile.rows ? 1 : 0;
      }
    }
    return count;
  }

  std::int32_t left_of(std::size_t row, std::size_t lane) const {
    std::int32_t sum = 0;
    for (std::size_t byte = tile.width - chunks.left; byte < tile.width; ++byte)
      sum += tile.codes[row * tile.width + byte] * queries.by_lane[lane * tile.width + byte];
    return sum;
  }
};

}  // namespace

std::size_t scan_amx(const ScanTile& tile, const ScanQueries& queries, ScanHit* hits) {
  if (tile.width > kChunksMax * kTileBytes) return scan_avx512vnni(tile, queries, hits);
  if (queries.lanes == 64) return AmxScan<4>(tile, queries).scan(hits);
  if (queries.lanes == 32) return AmxScan<2>(tile, queries).scan(hits);
  return AmxScan<1>(tile, queries).scan(hits);
}

}  // namespace freshet
