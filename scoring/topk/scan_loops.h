#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "scoring/topk/scan_kernels.h"

// The scan over codes, for a struct `Isa` that names an instruction set's vectors. Included by
// files that are compiled for one instruction set: all of it is of internal linkage, and nothing of
// the standard library is called, so that no such code is linked where others need it.
#define FRESHET_SCAN_INLINE [[gnu::always_inline]] static inline

namespace freshet {
namespace {

/// Codes this far ahead are brought into the cache while a block is scored.
constexpr std::size_t kPrefetchBytes = 4096;

/// Registers' worth of scores: kRows rows for kVectors vectors of queries.
template <class Isa, int kVectors, int kRows>
struct Block {
  static constexpr int kWords = kRows * kVectors / 4;
  static_assert(kRows * kVectors % 4 == 0 && kScanRows % kRows == 0);

  /// Sets a bit of `words` [kWords] for every score that reaches its threshold: each sum starts at
  /// minus the threshold, so that it is its sign bit. Four vectors fill a word.
  FRESHET_SCAN_INLINE void score(const std::uint8_t* codes, std::size_t width,
                                 const std::int8_t* queries, std::size_t lanes,
                                 const std::int32_t* starts, typename Isa::Word* words) {
    using Vector = typename Isa::Vector;
    Vector sums[kRows][kVectors];
#pragma GCC unroll 24
    for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) sums[r][v] = Isa::load(starts + v * Isa::kLanes);
    }
    for (std::size_t d = 0; d < width; d += 4) {
      Vector query[kVectors];
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) query[v] = Isa::load(queries + 4 * v * Isa::kLanes);
#pragma GCC unroll 24
      for (int r = 0; r < kRows; ++r) {
        const Vector row = Isa::broadcast(codes + static_cast<std::size_t>(r) * width + d);
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) Isa::add_products(sums[r][v], row, query[v]);
      }
      queries += 4 * lanes;
    }
#pragma GCC unroll 24
    for (int w = 0; w < kWords; ++w) {
      const auto at = [&](int k) { return sums[(4 * w + k) / kVectors][(4 * w + k) % kVectors]; };
      words[w] = Isa::not_negative(at(0), at(1), at(2), at(3));
    }
  }
};

/// dot(codes, query) of two unpadded arrays of `width` bytes.
template <class Isa>
FRESHET_SCAN_INLINE std::int32_t dot_of(const std::uint8_t* codes, const std::int8_t* query,
                                        std::size_t width) {
  constexpr std::size_t kBytes = 4 * Isa::kLanes;
  auto sums = Isa::zero();
  std::size_t d = 0;
  for (; d + kBytes <= width; d += kBytes)
    Isa::add_products(sums, Isa::load(codes + d), Isa::load(query + d));
  std::int32_t dot = Isa::sum(sums);
  for (; d < width; ++d) dot += codes[d] * query[d];
  return dot;
}

/// The scan of one tile by blocks of one shape.
template <class Isa, int kVectors, int kRows>
struct TileScan {
  using Word = typename Isa::Word;
  using Shape = Block<Isa, kVectors, kRows>;
  static constexpr std::size_t kSetLanes = kVectors * Isa::kLanes;

  FRESHET_SCAN_INLINE std::size_t scan(const ScanTile& tile, const ScanQueries& queries,
                                       ScanHit* hits) {
    const std::size_t sets = queries.lanes / kSetLanes;
    alignas(64) std::int32_t starts[kScanLanes];
    for (std::size_t lane = 0; lane < queries.lanes; ++lane)
      starts[lane] = -queries.thresholds[lane] - queries.code_sums[lane];
    alignas(64) Word words[kScanRows * kScanLanes / (4 * Isa::kLanes)];
    Word* word = words;
    for (std::size_t row = 0; row < tile.rows; row += kRows) {
      const std::uint8_t* codes = tile.codes + row * tile.width;
      for (std::size_t byte = 0; byte < kRows * tile.width; byte += 64)
        _mm_prefetch(reinterpret_cast<const char*>(codes + kPrefetchBytes + byte), _MM_HINT_T0);
      for (std::size_t set = 0; set < sets; ++set) {
        const std::size_t lane = set * kSetLanes;
        Shape::score(codes, tile.width, queries.by_quad + 4 * lane, queries.lanes, starts + lane,
                     word);
        word += Shape::kWords;
      }
    }
    return collect(words, static_cast<std::size_t>(word - words), tile, queries, hits);
  }

  /// Turns set bits to hits: words that are not zero are found without branches, then scored again,
  /// which is cheaper than to keep all sums.
  FRESHET_SCAN_INLINE std::size_t collect(const Word* words, std::size_t word_count,
                                          const ScanTile& tile, const ScanQueries& queries,
                                          ScanHit* hits) {
    alignas(64) std::uint16_t places[kScanRows * kScanLanes / (4 * Isa::kLanes) + 32];
    const std::size_t places_count = Isa::find_nonzero(words, word_count, places);
    const std::size_t sets = queries.lanes / kSetLanes;
    std::size_t count = 0;
    for (std::size_t k = 0; k < places_count; ++k) {
      const std::size_t place = places[k];
      const std::size_t block = place / Shape::kWords;
      const std::size_t first_row = block / sets * kRows;
      const std::size_t first_lane = block % sets * kSetLanes;
      for (Word bits = words[place]; bits != 0; bits &= bits - 1) {
        const auto bit = static_cast<std::size_t>(__builtin_ctzll(bits));
        // Packing interleaves the four vectors by quarters of 128 bits.
        const std::size_t vector = place % Shape::kWords * 4 + bit / 4 % 4;
        const std::size_t row = first_row + vector / kVectors;
        const std::size_t lane =
            first_lane + vector % kVectors * Isa::kLanes + bit / 16 * 4 + bit % 4;
        hits[count] = {static_cast<std::uint16_t>(row), static_cast<std::uint16_t>(lane), 0};
        count += row < tile.rows ? 1 : 0;
      }
    }
    // Apart from the branches above, so that the dot products overlap.
    for (ScanHit* hit = hits; hit != hits + count; ++hit) {
      const std::uint8_t* codes = tile.codes + hit->row * tile.width;
      const std::int8_t* query = queries.by_lane + hit->lane * tile.width;
      hit->dot = dot_of<Isa>(codes, query, tile.width) - queries.code_sums[hit->lane];
    }
    return count;
  }
};

}  // namespace
}  // namespace freshet
